"""Quiet hours: what reaches people waits for their end, in the zone of the account's owner."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from expansion.language.model.models import Policy, QuietHours
from expansion.steps.quiet import is_held, opens_at, why_later, zones
from expansion.steps.steps import plan_steps
from tests.decide.fakes import FakeEvaluator, catalog, playbook, policy
from tests.steps.test_steps import NUDGE, TASK, work

LONDON, NEW_YORK = ZoneInfo("Europe/London"), ZoneInfo("America/New_York")
NIGHT = {"from": "19:00", "to": "08:00", "days": ["sat", "sun"]}


def quiet(**changes: Any) -> QuietHours:
    return QuietHours.model_validate(NIGHT | changes)


def utc(day: int, hour: int, minute: int = 0, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        (utc(3, 9), utc(3, 9)),
        (utc(3, 8), utc(3, 8)),  # at the end it is open
        (utc(3, 7, 59), utc(3, 8)),
        (utc(3, 18, 59), utc(3, 18, 59)),
        (utc(3, 19), utc(4, 8)),
        (utc(6, 20), utc(9, 8)),  # Friday evening to Monday morning
        (utc(7, 12), utc(9, 8)),
        (utc(28, 12), utc(30, 7)),  # the clocks go forward on Sunday: 08:00 is an hour sooner
        (utc(24, 12, month=10), utc(26, 8, month=10)),  # and back
    ],
)
def test_it_opens_at_the_end_of_the_quiet_hours(at: datetime, opens: datetime) -> None:
    assert opens_at(at, quiet(), LONDON) == opens


def test_an_end_that_the_clocks_skip_is_the_hour_after() -> None:
    early = quiet(days=[], to="01:30")
    assert opens_at(utc(29, 0, 30), early, LONDON) == utc(29, 1, 30)  # 02:30 in London; 01:30 does not exist


def test_an_end_that_comes_twice_is_the_first_that_lies_ahead() -> None:
    early = quiet(days=[], to="01:30")
    first, second = utc(25, 0, 30, month=10), utc(25, 1, 30, month=10)  # 01:30 in London, in summer time and after it
    assert opens_at(utc(25, 0, 15, month=10), early, LONDON) == first
    assert opens_at(utc(25, 1, 15, month=10), early, LONDON) == second


def test_quiet_hours_may_lie_within_a_day() -> None:
    lunch = quiet(days=[], **{"from": "12:00", "to": "13:00"})
    assert opens_at(utc(3, 12, 30), lunch, LONDON) == utc(3, 13)
    assert opens_at(utc(3, 13), lunch, LONDON) == utc(3, 13)


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC)),
    st.sampled_from([LONDON, NEW_YORK, ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Asia/Kolkata")]),
    st.tuples(st.integers(0, 23), st.integers(0, 23)).filter(lambda hours: hours[0] != hours[1]),
)
def test_what_opens_is_open_and_soon(at: datetime, zone: ZoneInfo, hours: tuple[int, int]) -> None:
    rules = quiet(**{"from": f"{hours[0]:02}:00", "to": f"{hours[1]:02}:00"})
    opens = opens_at(at, rules, zone)
    assert at <= opens <= at + timedelta(days=4)
    assert opens_at(opens, rules, zone) == opens


def is_quiet(moment: datetime, rules: QuietHours, zone: ZoneInfo) -> bool:
    """By the clock on the wall, written down as a person would."""
    local = moment.astimezone(zone)
    at, day = f"{local:%H:%M}", f"{local:%a}".lower()
    from_, to = rules.from_, rules.to
    return day in rules.days or (from_ <= at < to if from_ < to else at >= from_ or at < to)


ZONES = [LONDON, NEW_YORK, *map(ZoneInfo, ("Australia/Lord_Howe", "Asia/Kolkata", "America/Santiago", "Africa/Cairo"))]
hours = st.one_of(st.integers(0, 3), st.integers(0, 23))  # clocks change in the first hours of a day
clocks = st.builds("{:02}:{:02}".format, hours, st.sampled_from([0, 15, 30, 45, 59]))


def _turns(zone: ZoneInfo) -> list[datetime]:
    """The hours of 2026 in which the zone's clocks go forward or back."""
    hours = (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=n) for n in range(365 * 24))
    local = [(hour, hour.astimezone(zone).utcoffset()) for hour in hours]
    return [later for (_, one), (later, next_one) in pairwise(local) if one != next_one]


near_a_change = st.one_of(
    *(
        st.tuples(st.just(turn), st.one_of(st.integers(-60, 60), st.integers(-3000, 3000)), st.just(zone))
        for zone in ZONES
        for turn in _turns(zone) or [datetime(2026, 3, 3, tzinfo=UTC)]
    )
)
weekends = st.lists(st.sampled_from(["mon", "fri", "sat", "sun"]), unique=True)


@settings(max_examples=400, deadline=None)
@given(near_a_change, clocks, clocks, weekends)
def test_what_is_due_is_never_due_in_quiet_hours(
    near: tuple[datetime, int, ZoneInfo], from_: str, to: str, days: list[str]
) -> None:
    """As the plan says it: the state of the step, and from when it may go out."""
    assume(from_ != to)
    at, zone = near[0] + timedelta(minutes=near[1]), near[2]
    rules = quiet(**{"from": from_, "to": to, "days": days})
    owned = policy(
        quiet_hours={"from": from_, "to": to, "days": days},
        owners={"fallback": "x@y.example", "time_zones": {"dana@acme.example": zone.key}},
    )
    [(state, not_before, _)] = planned(owned, at, NUDGE)
    assert state == "due"
    assert not is_quiet(not_before or at, rules, zone)
    assert at <= (not_before or at) <= at + timedelta(days=5)
    assert (not_before is None) or is_quiet(at, rules, zone)  # nothing waits without a need


def test_the_owners_zone_is_that_of_the_map_then_the_fact_then_the_policys() -> None:
    rules = policy(
        account={"time_zone": "zone"},
        owners={"fallback": "deals@acme.example", "time_zones": {"dana@acme.example": "America/New_York"}},
    )
    facts = {"a": {"zone": "Asia/Kolkata"}, "b": {"zone": "Asia/Kolkata"}, "d": {"zone": "GMT-ish"}}
    owners = [("a", "dana@acme.example"), ("b", "ed@x.example"), ("c", "ed@x.example"), ("d", "ed@x.example")]
    assert zones(rules, owners, FakeEvaluator(facts)) == {
        "a": "America/New_York",
        "b": "Asia/Kolkata",
        "c": "Europe/London",
        "d": "Europe/London",
    }


def test_what_reaches_people_is_held_and_what_is_named() -> None:
    with_chat = policy(quiet_hours=NIGHT | {"also": ["slack.post_message"]})
    assert is_held("intercom.enrol_in_series", policy(quiet_hours=NIGHT), catalog())
    assert not is_held("slack.post_message", policy(quiet_hours=NIGHT), catalog())
    assert is_held("slack.post_message", with_chat, catalog())
    assert not is_held("intercom.enrol_in_series", policy(), catalog())


def planned(rules: Policy, at: datetime, *steps: dict[str, Any]) -> list[tuple[str, datetime | None, str | None]]:
    found = plan_steps(playbook(steps=steps), [work(fired_at=at)], catalog(), rules, FakeEvaluator())["a"]
    return [(step.state, step.not_before, step.reason) for step in found]


def test_a_step_in_quiet_hours_is_due_when_they_end_and_says_so() -> None:
    nudge, task = planned(policy(quiet_hours=NIGHT), utc(6, 20), NUDGE, TASK)
    assert nudge == ("due", utc(9, 8), "quiet hours: not before 08:00 on 2026-03-09 in Europe/London")
    assert task == ("due", None, None)


def test_a_step_in_the_day_goes_out_at_once() -> None:
    assert planned(policy(quiet_hours=NIGHT), utc(3, 9), NUDGE) == [("due", None, None)]


def test_one_who_works_elsewhere_has_other_nights() -> None:
    there = policy(
        quiet_hours=NIGHT, owners={"fallback": "x@y.example", "time_zones": {"dana@acme.example": NEW_YORK.key}}
    )
    assert planned(there, utc(3, 9), NUDGE)[0][1] == utc(3, 13)
    assert why_later(utc(3, 13), NEW_YORK) == "quiet hours: not before 08:00 on 2026-03-03 in America/New_York"
