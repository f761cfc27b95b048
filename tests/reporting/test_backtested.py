"""What a backtest found, on the page."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from expansion.language.model.values import Span
from expansion.measure.calibration import Held
from expansion.measure.scores import Base, Firing, Score
from jobs.backtest import Backtest
from jobs.reporting.backtested import backtest_section
from tests.reporting.builders import MONDAY
from tests.reporting.test_came import bought
from tests.reporting.test_sections import rows

DAY = timedelta(days=1)


def firing(account: str, at: datetime, right: bool, settled: bool = True) -> Firing:
    return Firing(account, at, settled, bought(account, at + 10 * DAY) if right else None, None)


def a_backtest(*scores: Score, outcomes: int = 5) -> Backtest:
    rest: dict[str, Any] = {"triggers": (), "replayed": None, "is_draft": False, "minutes": {}}
    first, last = date(2026, 1, 1), date(2026, 3, 1)
    return Backtest(first, last, ZoneInfo("UTC"), "USD", scores=scores, outcomes=outcomes, **rest)


SCORE = Score(
    trigger="seat-limit", tier="seat_upgrade", window=Span(30, "days"), first=MONDAY - 60 * DAY, last=MONDAY,
    known_until=MONDAY + 60 * DAY,
    firings=(
        firing("a", MONDAY - 50 * DAY, True), firing("b", MONDAY - 40 * DAY, False), firing("c", MONDAY, False),
        firing("d", MONDAY, False, settled=False),
    ),
    true_at_first=0, left_alone={}, held_back=0, bought_before=0, announced=1, expansions=2, base=Base(100, 5),
    days=60, untold=0,
)  # fmt: skip


def test_each_trigger_with_what_its_figures_rest_on() -> None:
    section = backtest_section(a_backtest(SCORE))
    assert section.sentences == (
        "From 2026-01-01 to 2026-03-01, 60 days: 4 firings; an expansion followed 1 of 3 whose window is over "
        "(33%, 95% sure: 6.1% to 79%).",
    )
    (row,) = rows(section)
    assert row["lift"].startswith("6.7")
    assert {**row, "lift": ""} == {
        "trigger": "seat-limit", "fired": "4", "over": "3", "expanded": "1", "precision": "33%",
        "between": "6.1% to 79%", "by lot": "5%", "lift": "", "recall": "50%", "days ahead": "10",
    }  # fmt: skip
    assert [(one["month"], one["precision"]) for one in rows(section, 1)] == [("Jan 2026", "50%"), ("Mar 2026", "0%")]


def test_no_lift_stands_on_a_handful_of_expansions_drawn_by_lot() -> None:
    (row,) = rows(backtest_section(a_backtest(replace(SCORE, base=Base(100, 1)))))
    assert row["lift"] == "–"


def test_without_outcomes_nothing_is_right_and_it_says_how_they_come() -> None:
    section = backtest_section(a_backtest(replace(SCORE, firings=()), outcomes=0))
    assert "`outcomes:` in policy.yaml" in section.missing
    assert "followed" not in section.sentences[0]


def test_before_a_window_is_over_no_share_stands() -> None:
    going = (firing("d", MONDAY, False, settled=False),)
    section = backtest_section(a_backtest(replace(SCORE, firings=going)))
    assert section.sentences[0].endswith("1 firing; no window is over yet.")
    assert rows(section)[0]["precision"] == "–"


# --- chances ----------------------------------------------------------------------------------------------------------


def test_chances_stand_beside_what_came_of_them_and_points_say_why() -> None:
    from types import SimpleNamespace

    from expansion.measure.model import Judged, TooLittle
    from jobs.rank import TierBasis
    from jobs.reporting.calibrated import calibration_section

    judged = Judged(MONDAY, MONDAY, 60, Held(1000, 50, 0.055, 0.05), Held(100, 20, 0.22, 0.2), 0.012, None)
    model: Any = SimpleNamespace(judged=judged, expansions=300)
    bases = (
        TierBasis("seats", "More seats", "shared", model),
        TierBasis("plan", "A bigger plan", "shared", model),
        TierBasis("add_on", "An add-on", "points", why=TooLittle("3 expansions of it are known", "tell more")),
    )
    section = calibration_section(bases)
    assert section.sentences[1] == "An add-on: by points of policy.yaml; 3 expansions of it are known."
    assert rows(section) == [
        {"chances": "More seats, A bigger plan", "learned from": "300", "said": "5.5%", "came": "5%",
         "between": "3.8% to 6.5%", "top tenth said": "22%", "top tenth came": "20%", "off by": "1.2%"}
    ]  # fmt: skip
    assert calibration_section(bases[2:]).figures == ()
