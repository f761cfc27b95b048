"""A backtest over a real store: what counts, what does not, and that nothing later leaks into it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from expansion.measure.scores import Base, Score
from expansion.records.ledger import FiringFilter
from expansion.records.outcomes import OutcomeRecord
from jobs.backtest import Backtest, CannotBacktest, backtest, draft_of, stretch, triggers_of
from jobs.days import ends_of_days
from jobs.decide import decide_and_record, evaluate, triggers_to_check
from jobs.forecast import OutOfDate, forecast
from jobs.place import Place
from tests.measure.village import (
    FIRST,
    NOW,
    POLICY,
    TRIGGER,
    Happened,
    bought,
    every_day,
    on,
    paywall,
    place,
    put,
    write,
)

ACCOUNTS = ("a", "b", "c", "d", "e", "f")
# a and c buy in time, b too late; d buys without a sign; e had bought just before; f is at it on the first day.
SIGNS = [*paywall("a", 10), *paywall("b", 11), *paywall("c", 12), *paywall("e", 14), *paywall("f", 4)]
BUYS = [bought("a", on(15)), bought("b", on(25)), bought("c", on(21)), bought("d", on(22)), bought("e", on(12))]
FROM, TO = FIRST + timedelta(days=5), FIRST + timedelta(days=27)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "playbooks")
    put(tmp_path / ".expansion", [*every_day(ACCOUNTS), *SIGNS])
    return tmp_path


def a_backtest(folder: Path, outcomes: Sequence[OutcomeRecord] = BUYS, first: date = FROM, last: date = TO) -> Backtest:
    opened = place(folder)
    try:
        definitions = opened.definitions
        return backtest(opened, definitions, triggers_of(definitions, ()), outcomes, first, last, NOW)
    finally:
        opened.close()


def the_score(folder: Path, **more: object) -> Score:
    (score,) = a_backtest(folder, **more).scores  # type: ignore[arg-type]
    return score


def fired(score: Score) -> list[tuple[str, date, bool]]:
    return [(one.account_id, one.at.date(), one.hit is not None) for one in score.firings]


def test_what_fired_and_what_came_of_it(folder: Path):
    score = the_score(folder)
    assert fired(score) == [("a", on(10).date(), True), ("b", on(11).date(), False), ("c", on(12).date(), True)]
    assert (len(score.settled), len(score.hits), score.open) == (3, 2, 0)
    assert score.bought_before == 1, "e bought two days before it fired, and is no candidate"
    assert score.true_at_first == 1, "nobody knows since when f is at it"
    # b, c and d bought later than a window after the first day; c alone had a firing in the window before.
    assert (score.announced, score.expansions) == (1, 3)
    assert score.leads is not None
    assert score.leads.median == pytest.approx((4.4 + 8.4) / 2, abs=0.1)
    # By lot, one window apart: all six at the end of day 5, of whom a and e buy; b, c, d and f at that of day 15, of
    # whom three buy; a, e and f at that of day 25.
    assert score.base == Base(6 + 4 + 3, 2 + 3 + 0)
    assert sum(one.amount or 0 for one in score.came) == 200
    assert {one.expected for one in score.firings} == {Decimal(150)}


def test_a_firing_whose_window_goes_on_is_neither_right_nor_wrong(folder: Path):
    put(folder / ".expansion", paywall("d", 36), "late")
    score = the_score(folder, first=FIRST + timedelta(days=34), last=FIRST + timedelta(days=37))
    assert (score.open, len(score.settled)) == (1, 0)


def test_an_outcome_of_another_tier_does_not_count(folder: Path):
    other = [bought("a", on(15), tier="add_on")]
    assert the_score(folder, outcomes=other, last=FIRST + timedelta(days=11)).hits == []


def test_nothing_later_changes_what_fired(folder: Path):
    short = FIRST + timedelta(days=16)
    before = a_backtest(folder, last=short)
    put(folder / ".expansion", [Happened("Paywall", "d", on(8, n), received=on(30)) for n in range(5)], "late")
    put(folder / ".expansion", [*paywall("d", 17), Happened("Unheard Of", "a", on(18)), *paywall("new", 17)], "later")
    after = a_backtest(folder, [*BUYS, bought("b", on(40))], last=short)
    assert after.replayed == before.replayed
    assert fired(after.scores[0]) == fired(before.scores[0])
    assert after.scores[0].base == before.scores[0].base


def test_each_day_is_decided_as_a_run_at_its_end_decides(folder: Path):
    """With the ledger of the days before it: the same firings, episode by episode."""
    first, last = FIRST + timedelta(days=8), FIRST + timedelta(days=21)
    put(folder / ".expansion", paywall("a", 19), "again")
    replayed = a_backtest(folder, first=first, last=last).replayed
    opened = place(folder, looking=False)
    try:
        for moment in ends_of_days(first, last, opened.definitions.zone):
            _run(opened, moment)
        ran = {
            (one.account_id, one.episode, one.fired_at, one.decision) for one in opened.ledger.firings(FiringFilter())
        }
    finally:
        opened.close()
    assert {(one.account_id, one.episode, one.at, one.decision) for one in replayed.onsets} == ran
    assert len(ran) == 5, "a twice"


def _run(opened: Place, moment: datetime) -> None:
    definitions = opened.definitions
    run_id = opened.ledger.start_run("expansion", as_of=moment, now=moment)
    asked = evaluate(opened, definitions, triggers_to_check(definitions), moment)
    decide_and_record(opened, run_id, asked, moment, lambda: moment)
    opened.ledger.finish_run(run_id, "completed", moment)


def test_a_draft_takes_the_place_of_what_is_in_force(folder: Path):
    draft = folder / "elsewhere" / "paywall.yaml"
    draft.parent.mkdir()
    draft.write_text(TRIGGER.replace("at_least: 3", "at_least: 4").replace("status: live", "status: draft"))
    opened = place(folder)
    try:
        name, drafted = draft_of(opened, draft)
        found = backtest(opened, drafted, triggers_of(drafted, (name,)), BUYS, FROM, TO, NOW)
        (score,) = found.scores
    finally:
        opened.close()
    assert found.is_draft
    assert score.firings == ()


def test_the_cohort_says_who_is_drawn_by_lot(folder: Path):
    write(folder / "playbooks", trigger=TRIGGER.replace("when:", "accounts: known\nwhen:"))
    put(folder / ".expansion", [Happened("Paywall", "stranger", on(1))], "stranger")
    assert the_score(folder, last=FIRST + timedelta(days=6)).base.asked == 6, "who never opened anything is not asked"


def test_left_out_days_end_where_events_end(folder: Path):
    opened = place(folder)
    try:
        first, last = stretch(opened, opened.definitions, None, None, NOW)
    finally:
        opened.close()
    assert last == FIRST + timedelta(days=42)
    assert (last - first).days == 179


def test_nothing_stored_is_no_history(tmp_path: Path):
    write(tmp_path / "playbooks")
    with pytest.raises(CannotBacktest, match="nothing is stored"):
        a_backtest(tmp_path)


def test_days_the_wrong_way_round_are_refused(folder: Path):
    with pytest.raises(CannotBacktest, match="lies before the first"):
        a_backtest(folder, first=TO, last=FROM)


def test_a_day_that_is_not_over_is_refused(folder: Path):
    with pytest.raises(CannotBacktest, match="not over yet"):
        a_backtest(folder, last=NOW.date())


def test_without_outcomes_nothing_is_right(folder: Path):
    score = the_score(folder, outcomes=[], last=FIRST + timedelta(days=11))
    assert (len(score.hits), score.expansions, score.base.came) == (0, 0, 0)


def test_left_alone_are_those_that_a_suppression_holds(folder: Path):
    suppress = "suppress:\n  - {reason: Never b, when: [{event: Opened, at_least: 1, over: 7 days}]}\n"
    write(folder / "playbooks", policy=POLICY + suppress)
    score = the_score(folder, last=FIRST + timedelta(days=12))
    assert score.firings == ()
    assert score.left_alone == {"left alone: Never b": 3}


def test_a_forecast_from_after_the_end_of_what_is_stored_is_refused(folder: Path):
    write(folder / "playbooks")
    sold = [Happened("Upgraded", account, on(day), added=1200) for account, day in (("a", 15), ("c", 21), ("d", 22))]
    put(folder / ".expansion", sold, "sold")
    opened = place(folder)
    try:
        with pytest.raises(OutOfDate, match="ends on 12 February 2026"):
            forecast(opened, NOW + timedelta(days=30))
        assert forecast(opened, on(43)).counted == 3
    finally:
        opened.close()
