"""What came of firings: counted when the window is over, and not of who had just bought."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from expansion.language.model.policy import Tier
from expansion.records.outcomes import OutcomeRecord
from jobs.reporting.came import became, came_section
from jobs.reporting.funnel import funnel_section
from jobs.reporting.known import Became
from tests.reporting.builders import LONDON, MONDAY, fired, known, step
from tests.reporting.test_sections import rows

TIERS = {
    "seat_upgrade": Tier.model_validate(
        {"title": "Seats", "worth": {"flat": 100}, "likely": "30%", "attribution": "30 days"}
    )
}
DAY = timedelta(days=1)


def bought(account: str, at: datetime, **rest: Any) -> OutcomeRecord:
    usual = {"kind": "expansion", "tier": "seat_upgrade", "amount": Decimal(100), "currency": "USD"}
    return OutcomeRecord(account, at=at, known_at=at, source="deal", remote_id=f"{account} {at}", **{**usual, **rest})


def what_became(*outcomes: OutcomeRecord, days: int, **rest: Any) -> Became | None:
    """Of a firing that long after which the report ends."""
    one = fired(1, decided_at=MONDAY, **rest)
    return became([one], outcomes, TIERS, LONDON, MONDAY + days * DAY).get(1)


def test_a_firing_is_right_or_wrong_once_its_window_is_over() -> None:
    hit = bought("acme", MONDAY + 5 * DAY)
    assert what_became(hit, days=29) == Became(over=False, hit=hit)
    assert what_became(hit, days=30) == Became(over=True, hit=hit)
    assert what_became(days=30) == Became(over=True, hit=None)


def test_what_comes_after_the_window_or_is_of_another_tier_is_no_hit() -> None:
    assert what_became(bought("acme", MONDAY + 31 * DAY), days=60) == Became(over=True, hit=None)
    assert what_became(bought("acme", MONDAY + 5 * DAY, tier="add_on"), days=60) == Became(over=True, hit=None)
    assert what_became(bought("beta", MONDAY + 5 * DAY), days=60) == Became(over=True, hit=None)


def test_who_had_bought_within_the_window_before_is_in_no_figure() -> None:
    assert what_became(bought("acme", MONDAY - 5 * DAY), days=60) is None
    assert what_became(bought("acme", MONDAY - 31 * DAY), days=60) == Became(over=True, hit=None)


def test_a_tier_that_policy_yaml_has_no_more_is_in_no_figure() -> None:
    assert what_became(bought("acme", MONDAY + DAY), days=60, tier="gone") is None


def test_the_share_is_of_those_that_are_over_with_what_it_may_be() -> None:
    hit = bought("acme", MONDAY)
    firings = [fired(place, f"account-{place}", fired_at=MONDAY - 60 * DAY) for place in range(5)]
    came = {place: Became(over=place < 4, hit=hit if place == 0 else None) for place in range(5)}
    section = came_section(known(*firings, came=came))
    assert section.sentences[0] == (
        "An expansion followed 1 of 4 firings acted on whose window is over (25%, 95% sure: 4.6% to 70%); "
        "of 1 it goes on."
    )
    assert rows(section) == [
        {"trigger": "seat-limit", "acted on": "5", "over": "4", "expanded": "1", "share": "25%",
         "between": "4.6% to 70%"}
    ]  # fmt: skip


def test_months_are_those_of_the_firing_and_one_alone_is_no_picture() -> None:
    early, late = fired(1, decided_at=MONDAY - 31 * DAY), fired(2, decided_at=MONDAY)
    came = {1: Became(True, bought("acme", MONDAY)), 2: Became(True, None)}
    section = came_section(known(early, late, came=came))
    assert [(row["month"], row["precision"]) for row in rows(section, 1)] == [("Jan 2026", "100%"), ("Mar 2026", "0%")]
    assert len(came_section(known(late, came=came)).figures) == 1


def test_before_any_window_is_over_no_figure_stands() -> None:
    section = came_section(known(fired(1), came={1: Became(False, None)}))
    assert section.sentences == ("The window of none of 1 firing acted on is over yet, so none is right or wrong.",)
    assert section.figures == ()


def test_without_any_outcome_it_says_how_they_come_and_the_funnel_has_no_such_column() -> None:
    of = known(fired(1), came=None)
    assert "`outcomes:` in policy.yaml" in came_section(of).missing
    assert "expanded" not in rows(funnel_section(of))[0]


def test_the_funnel_ends_with_who_expanded() -> None:
    one, two = fired(1), fired(2, "beta")
    came = {1: Became(False, bought("acme", MONDAY)), 2: Became(False, None)}
    (row,) = rows(funnel_section(known(one, two, steps=[step(one), step(two)], came=came)))
    assert (row["done"], row["expanded"]) == ("2", "1")
