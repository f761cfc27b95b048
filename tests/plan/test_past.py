"""The last weeks by both versions: onsets counted by week, and the accounts that fire by one of them alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from expansion.plan.past import past_of

ZONE = ZoneInfo("Europe/London")
MONDAY = datetime(2026, 3, 2, 23, 0, tzinfo=UTC)
DAYS = [MONDAY + timedelta(days=day) for day in range(10)]


@dataclass(frozen=True)
class Fired:
    account_id: str
    at: datetime
    trigger: str = "seat-limit"


def test_accounts_of_one_version_alone_are_named():
    before, after = [Fired("acme", DAYS[0]), Fired("beta", DAYS[1])], [Fired("beta", DAYS[3]), Fired("cara", DAYS[4])]
    found = past_of("seat-limit", before, after, DAYS, ZONE)
    assert (found.added, found.dropped, found.in_both) == (("cara",), ("acme",), 1)


def test_an_account_that_fires_twice_counts_twice_as_a_firing_and_once_as_an_account():
    twice = [Fired("acme", DAYS[0]), Fired("acme", DAYS[8])]
    found = past_of("seat-limit", [], twice, DAYS, ZONE)
    assert (found.after, found.added) == (2, ("acme",))


def test_weeks_begin_on_the_monday_of_the_zone_and_one_without_a_firing_is_shown():
    late_on_sunday = Fired("acme", datetime(2026, 3, 8, 23, 30, tzinfo=UTC))
    found = past_of("seat-limit", [late_on_sunday], [], DAYS, ZONE)
    assert [(week.begins, week.days, week.before) for week in found.weeks] == [
        (date(2026, 3, 2), 7, 1),
        (date(2026, 3, 9), 3, 0),
    ]


def test_what_other_triggers_fired_is_left_out():
    found = past_of("seat-limit", [Fired("acme", DAYS[0], "paywall")], [], DAYS, ZONE)
    assert (found.before, found.dropped) == (0, ())
