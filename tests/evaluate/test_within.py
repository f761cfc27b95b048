"""`within` of a sequence: so many hours, or so many days at the same time of the day at the latest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expansion.evaluate.measures import back
from expansion.evaluate.sequences import earliest_starts, microseconds
from expansion.explain.evaluator import evaluator
from expansion.language.model.values import Span, parse_span
from expansion.react.resident import Resident
from tests.evaluate.stores import fill
from tests.evaluate.words import event, trigger, vocabulary

ZONE = ZoneInfo("America/New_York")
EVER = [(datetime(2020, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC))]


def local(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=ZONE).astimezone(UTC)


@pytest.mark.parametrize(
    ("within", "first", "last", "counts"),
    [
        ("1 day", "03-03T22:00", "03-04T01:00", True),
        ("1 day", "03-03T22:00", "03-04T22:00", True),
        ("1 day", "03-03T22:00", "03-04T22:01", False),
        ("24 hours", "03-03T22:45", "03-04T22:10", True),
        ("1 day", "03-07T10:00", "03-08T10:00", True),  # clocks go forward: 23 hours
        ("1 day", "11-01T00:30", "11-02T00:30", True),  # and back: 25 hours
        ("24 hours", "11-01T00:30", "11-02T00:30", False),
        ("30 days", "01-30T10:00", "03-01T10:00", True),
        ("30 days", "01-30T10:00", "03-01T10:01", False),
        ("29 days", "01-30T10:00", "03-01T10:00", False),
        ("2 weeks", "03-01T10:00", "03-15T09:00", True),
        ("1 month", "01-31T10:00", "02-28T23:00", True),
        ("1 month", "02-28T10:00", "03-28T11:00", False),
        ("1 month", "02-28T10:00", "03-31T10:00", True),
    ],
)
def test_within_is_the_time_from_the_first_step_to_the_last(
    tmp_path: Path, within: str, first: str, last: str, counts: bool
) -> None:
    steps = [event("acme", "Trial Started", local(first), "ana"), event("acme", "Invite Sent", local(last), "ben")]
    now = local(last) + timedelta(minutes=30)
    store = fill(tmp_path, [steps], [], EVER)
    known = vocabulary("America/New_York", {"facts": {}})
    asks = trigger(when=[{"sequence": ["Trial Started", "Invite Sent"], "within": within}])
    assert evaluator(store, known, now).answers([asks])["t"].yes == ({"acme"} if counts else set())
    assert Resident.of(store, known, [asks], now).answer("acme", "ana", now)["t"].yes == ({"acme"} if counts else set())
    lines = evaluator(store, known, now).explain(asks, "acme").lines
    assert [one.event for one in lines[0].events] == (["Trial Started", "Invite Sent"] if counts else [])


MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))
SPANS = st.sampled_from(["1 day", "30 days", "2 weeks", "1 month", "7 months", "36 hours", "10 minutes"])


@settings(max_examples=200, deadline=None)
@given(st.lists(MOMENTS, max_size=30), SPANS, st.sampled_from(["America/New_York", "Australia/Lord_Howe", "UTC"]))
def test_many_moments_are_as_one_by_one(moments: list[datetime], within: str, zone: str) -> None:
    span, place = parse_span(within), ZoneInfo(zone)
    ends = np.array([microseconds(one) for one in moments], dtype=np.int64)
    assert earliest_starts(span, ends, place).tolist() == [plainly(span, one, place) for one in moments]


def plainly(span: Span, end: datetime, zone: ZoneInfo) -> int:
    if span.exact is not None:
        return microseconds(end - span.exact)
    there = end.astimezone(zone)
    return microseconds(datetime.combine(back(there.date(), span), there.time(), zone).astimezone(UTC))
