"""A source that brings too little, or too much: its days are not known, and people are told which and since when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from expansion.contract import EventRow, Expected
from expansion.evaluate.engine import Vocabulary
from expansion.evaluate.expecting import Bounds, Expectations
from expansion.evaluate.holes import Judge
from expansion.explain.evaluator import build_rollups, evaluator
from expansion.react.resident import Resident
from expansion.usage.storage.carriers import Bringing, nobody_knows
from expansion.usage.storage.store import UsageStore
from expansion.usage.storage.tables import Table
from expansion.usage.storage.volumes import Share, Volume
from expansion.usage.unmatched import volumes_of
from tests.evaluate.pushing import take
from tests.evaluate.trying import examples
from tests.evaluate.words import trigger, vocabulary

EXPORT = "mixpanel.export"
FIRST = date(2026, 1, 5)  # a Monday
NOW = datetime(2026, 3, 20, 6, tzinfo=UTC)  # a Friday
QUIET = {"event": "Login", "over": "7 days", "at_most": 2}
SEEN = {"event": "Login", "over": "7 days", "at_least": 2}


@pytest.fixture
def store(tmp_path: Path) -> UsageStore:
    return UsageStore(tmp_path / "usage")


def days(**changed: int) -> dict[date, int]:
    """A hundred events on working days and none on others, but for some days: `d03_18=4`."""
    every = (FIRST + timedelta(days=n) for n in range((NOW.date() - FIRST).days + 1))
    usual = {day: 100 if day.weekday() < 5 else 0 for day in every}
    return usual | {date(2026, *map(int, name[1:].split("_"))): count for name, count in changed.items()}


def bring(store: UsageStore, counts: Mapping[date, int], table: Table | None = None) -> None:
    """So many events of each day between six and ten, all of one account but for three of another a day."""
    rows = [(f"{day}-{n}", day, n) for day, count in counts.items() for n in range(count)]
    begin = datetime(1970, 1, 1)
    moments = [datetime.combine(day, begin.time()) + timedelta(hours=6 + n % 4, seconds=n) for _, day, n in rows]
    columns: dict[str, Any] = {
        "event_id": [f"{'file' if table else ''}{key}" for key, _, _ in rows],
        "event": ["Login"] * len(rows),
        "ts": pa.array(moments, pa.timestamp("us")),
        "account_id": ["acme" if n % 50 == 0 else "globex" for _, _, n in rows],
        "user_id": ["ana"] * len(rows),
        "file": pa.array([0] * len(rows), pa.int32()),
        "line": pa.array(range(1, len(rows) + 1), pa.int64()),
    }
    con = store.connect()
    con.register("rows", pa.table(columns))
    whole = ((datetime(2026, 1, 5, tzinfo=UTC), NOW),)
    store.add_events(con, "SELECT *, ts AS seen_at FROM rows", None if table else whole,
                     source=EXPORT, properties=[], table=table)  # fmt: skip


def words(declared: Expected | None = None, **expects: str) -> Vocabulary:
    events = {"from": EXPORT, "account": "a"} | ({"expects": expects} if expects else {})
    made = vocabulary(facts={"events": [events], "facts": {}})
    return Vocabulary(made.facts, made.policy, expected={EXPORT: declared} if declared else {})


def answer(
    store: UsageStore,
    condition: Mapping[str, Any],
    known: Vocabulary | None = None,
    now: datetime = NOW,
    account: str = "acme",
) -> str:
    """By SQL, with rollups that are built and without, in an explanation, and of the account in memory."""
    known, asked = known or words(), trigger(when=[dict(condition)])
    found = evaluator(store, known, now).answers([asked])["t"]
    said = "yes" if account in found.yes else found.unknown.get(account, "no")
    live = Resident.of(store, known, [asked], now).answer(account, "ana", now)["t"]
    assert said == ("yes" if account in live.yes else live.unknown.get(account, "no"))
    lines = evaluator(store, known, now).explain(asked, account, flips=True).lines
    assert (lines[0].cause or lines[0].answer.value) == said
    build_rollups(store, known, [asked])
    assert evaluator(store, known, now).answers([asked])["t"] == found
    return said


TOO_FEW = f"too few events of {EXPORT} came on 2026-03-18: 4, where a Wednesday usually brings 100"


def test_nothing_is_wrong_with_weekends(store: UsageStore) -> None:
    bring(store, days())
    assert answer(store, QUIET) == "no"
    assert answer(store, {**QUIET, "at_most": 20}) == "yes"


def test_a_day_that_brought_too_little_is_no_silence(store: UsageStore) -> None:
    bring(store, days(d03_18=4))
    assert answer(store, {**QUIET, "at_most": 20}) == TOO_FEW
    assert answer(store, SEEN) == "yes"  # what was seen was seen
    assert answer(store, {**SEEN, "at_least": 20}) == TOO_FEW


def test_days_one_after_the_other_are_told_since_the_first(store: UsageStore) -> None:
    bring(store, days(d03_17=0, d03_18=0))
    assert answer(store, {**QUIET, "at_most": 20}) == (
        f"too few events of {EXPORT} came on each day from 2026-03-17 to 2026-03-18: 0 on the last one, "
        "where a Wednesday usually brings 100"
    )


def test_the_day_of_the_check_is_not_over(store: UsageStore) -> None:
    bring(store, days(d03_20=0))
    assert answer(store, {**QUIET, "at_most": 20}) == "yes"


def test_what_lies_before_the_window_is_of_no_concern(store: UsageStore) -> None:
    bring(store, days(d03_11=0))
    assert answer(store, {**QUIET, "at_most": 20}) == "yes"
    assert answer(store, {**QUIET, "over": "28 days", "at_most": 90}).startswith("too few events")


def test_as_of_then_later_days_are_not_judged(store: UsageStore) -> None:
    bring(store, days(d03_18=4))
    assert answer(store, {**QUIET, "at_most": 20}, now=NOW - timedelta(days=2)) == "yes"


def test_a_source_may_be_allowed_to_bring_less(store: UsageStore) -> None:
    bring(store, days(d03_18=4))
    assert answer(store, {**QUIET, "at_most": 20}, words(at_least="0%")) == "yes"
    assert answer(store, {**QUIET, "at_most": 20}, words(Expected(timedelta(days=5), Fraction(1, 100)))) == "yes"


def test_what_facts_yaml_says_counts_more_than_what_the_source_says(store: UsageStore) -> None:
    bring(store, days(d03_18=50))
    declared = Expected(timedelta(days=5), Fraction(1, 10))
    assert answer(store, {**QUIET, "at_most": 20}, words(declared)) == "yes"
    assert answer(store, {**QUIET, "at_most": 20}, words(declared, at_least="70%")).startswith("too few events")


def test_too_much_makes_no_least_of_a_count(store: UsageStore) -> None:
    bring(store, days(d03_18=1000))
    assert answer(store, SEEN) == "yes"
    said = f"too many events of {EXPORT} came on 2026-03-18: 1,000, where a Wednesday usually brings 100"
    assert answer(store, SEEN, words(at_most="500%")) == said
    by_people = {"event": "Login", "over": "7 days", "by_at_least": "1 people"}
    assert answer(store, by_people, words(at_most="500%")) == "yes"  # whoever comes twice is one


def test_an_export_that_is_imported_later_fills_a_day(store: UsageStore) -> None:
    bring(store, days(d03_18=4))
    bring(store, {date(2026, 3, 18): 90}, Table("backfill"))
    assert answer(store, {**QUIET, "at_most": 20}) == "yes"


def test_a_table_is_judged_as_a_source_is(store: UsageStore) -> None:
    counts = {day: count or 1 for day, count in days(d03_18=4).items()}
    bring(store, counts, Table("logins"))
    said = TOO_FEW.replace(EXPORT, "logins")
    assert (
        answer(store, {**QUIET, "at_most": 20}, Vocabulary(vocabulary(facts={"facts": {}}).facts, words().policy))
        == said
    )


def test_the_newest_event_may_be_too_old(store: UsageStore) -> None:
    bring(store, days(d03_19=0, d03_20=0))
    known = words(at_least="0%", lag="12 hours")
    said = f"no events of {EXPORT} are newer than 2026-03-18 10:00, and they are expected within 12 h"
    assert answer(store, {**QUIET, "at_most": 20}, known) == said
    assert answer(store, {**QUIET, "at_most": 20}, words(at_least="0%", lag="3 days")) == "yes"


def test_what_comes_in_since_is_no_news_of_the_days_before(store: UsageStore) -> None:
    bring(store, days(d03_18=4))
    asked = trigger(when=[{**QUIET, "at_most": 20}])
    live = Resident.of(store, words(), [asked], NOW)
    assert take(live, EventRow("new", "Login", NOW, "acme", "ana", {}, NOW, source=EXPORT), NOW)["t"].unknown == {
        "acme": TOO_FEW
    }


def test_what_comes_in_since_is_news_of_the_source(store: UsageStore) -> None:
    bring(store, days(d03_19=0, d03_20=0))
    asked, known = trigger(when=[{**QUIET, "at_most": 20}]), words(at_least="0%", lag="12 hours")
    live = Resident.of(store, known, [asked], NOW)
    assert live.answer("acme", "ana", NOW)["t"].unknown
    found = take(live, EventRow("new", "Login", NOW, "acme", "ana", {}, NOW, source=EXPORT), NOW)["t"]
    assert found.yes and not found.unknown


# --- the rule a second time -------------------------------------------------------------------------------------------


def plainly(counts: Sequence[int], at_least: float, at_most: float | None) -> dict[int, str]:
    """Which days are wrong, and how; the days from the first on."""
    wrong: dict[int, str] = {}
    differed: list[float] = []
    for n, count in enumerate(counts):
        same = [counts[m] for m in range(n % 7, n, 7) if counts[m] > 0][-8:]
        if len(same) < 3:
            continue
        middle = _middle(same)
        spread, away = _middle([abs(one - middle) for one in same]), abs(count - middle)
        is_far = len(differed) >= 5 and away > 6 * max(spread, _middle(differed[-56:])) and away**2 > 16 * middle
        if is_far and count < at_least * middle:
            wrong[n] = "less"
        elif is_far and at_most is not None and count > at_most * middle:
            wrong[n] = "more"
        else:
            differed.append(away)
    return wrong


def _middle(values: Sequence[float]) -> float:
    ordered = sorted(values)
    return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2


ONE_DAY = st.sampled_from([0, 1, 3, 10, 16, 17, 18, 40, 49, 50, 51, 99, 100, 101, 200, 500, 501, 1000])
WEEKS = st.lists(st.lists(ONE_DAY, min_size=7, max_size=7), min_size=1, max_size=14)
STEADY = st.lists(st.tuples(st.sampled_from([17, 64, 100, 800]), ONE_DAY), min_size=40, max_size=90)


def judged(counts: Sequence[int], zone: str, bounds: Bounds) -> dict[int, str]:
    first = datetime(2026, 2, 2, tzinfo=ZoneInfo(zone))
    dated = {first.date() + timedelta(days=n): count for n, count in enumerate(counts)}
    end = datetime.combine(first.date() + timedelta(days=len(counts)), first.time(), first.tzinfo).astimezone(UTC)
    volume = Volume(((first.astimezone(UTC), end),), lambda _: dated, lambda _: None)
    bringing = Bringing({EXPORT: volume.spans}, nobody_knows, volumes={EXPORT: volume})
    judge = Judge(bringing, Expectations({EXPORT: bounds}), ZoneInfo(zone), timedelta(days=2), end)
    return {(day.day - first.date()).days: day.kind for day in judge.judged(EXPORT) if day.kind}


@examples(200)
@given(
    counts=st.one_of(
        WEEKS.map(lambda weeks: [count for week in weeks for count in week]),
        STEADY.map(lambda some: [odd if n % 9 == 8 else usual for n, (usual, odd) in enumerate(some)]),
    ),
    zone=st.sampled_from(["UTC", "America/New_York", "Pacific/Auckland"]),
    at_least=st.sampled_from(["1/2", "3/4", "0", "1"]),
    at_most=st.sampled_from([None, 1, 2, 5]),
)
def test_the_days_that_are_wrong_are_those_of_the_plain_rule(
    counts: list[int], zone: str, at_least: str, at_most: int | None
) -> None:
    bounds = Bounds(Fraction(at_least), None if at_most is None else Fraction(at_most))
    found = judged(counts, zone, bounds)
    assert found == plainly(counts, float(Fraction(at_least)), at_most)


@pytest.mark.parametrize("count", [16, 12, 8])
def test_few_events_a_day_may_be_none(count: int) -> None:
    assert judged([count] * 30 + [0], "UTC", Bounds()) == {}


def test_a_few_busy_people_are_no_rule() -> None:
    """Visits of 24 events, two or three a day: days differ by halves of themselves, and no weekday shows it alone."""
    chance = Random(7)
    days = [24 * sum(chance.random() < 0.3 for _ in range(9)) for _ in range(400)]
    assert judged(days, "UTC", Bounds()) == {}


def test_an_outage_does_not_become_usual() -> None:
    assert list(judged([100] * 28 + [0] * 70, "UTC", Bounds())) == list(range(28, 98))


def test_what_is_less_for_weeks_becomes_usual() -> None:
    assert list(judged([100] * 56 + [40] * 70, "UTC", Bounds())) == list(range(56, 56 + 4 * 7))


def test_so_many_of_nobody_and_the_day_is_not_known() -> None:
    first = datetime(2026, 2, 2, tzinfo=UTC)
    shares = {first.date(): Share(1000, 400), first.date() + timedelta(days=1): Share(1000, 100)}
    volume = Volume(((first, first + timedelta(days=2)),), lambda _: {}, lambda _: None, shares)
    bringing = Bringing({EXPORT: volume.spans}, nobody_knows, volumes={EXPORT: volume})
    bounds = Expectations({EXPORT: Bounds(unmatched=Fraction(1, 10))})
    (hole,) = Judge(bringing, bounds, ZoneInfo("UTC"), timedelta(), first + timedelta(days=2)).holes([EXPORT])
    assert hole.said == (
        f"400 of 1,000 events of {EXPORT} on 2026-02-02 are of accounts that nobody knows, "
        "where at most 10% are expected"
    )


def test_hours_are_counted_for_the_days_of_every_zone(store: UsageStore) -> None:
    bring(store, {date(2026, 1, 6): 40})
    (volume,) = volumes_of(store.manifest()).values()
    assert volume.by_day(ZoneInfo("UTC")) == {date(2026, 1, 6): 40}
    # 06:00 to 10:00 UTC is 20:00 to 24:00 in Honolulu, the day before.
    assert volume.by_day(ZoneInfo("Pacific/Honolulu")) == {date(2026, 1, 5): 40}
