"""Fourteen real years of 29 organisations, whose events arrive late: a check sees only what had arrived by then."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from expansion.evaluate.engine import Vocabulary
from expansion.explain.evaluator import evaluator
from expansion.files.maps import EventMap
from expansion.language.model.models import Facts, Policy, Trigger
from expansion.usage.storage.store import UsageStore
from tests.usage.builders import import_events

FILE = Path(__file__).parents[2] / "../shared/data/git_history_orgs/events.parquet"
pytestmark = [
    pytest.mark.realdata,
    pytest.mark.no_cover,  # the same wherever these data are not
    pytest.mark.skipif(not FILE.is_file(), reason="the git history is not beside the checkout, in ../shared/data"),
]

MAP = EventMap(
    id=["repo", "commit"],
    event="event",
    time="ts_utc",
    account="account_id",
    user="user_id",
    received_at="received_at",
    properties=["repo", "is_bot"],
)
POLICY = Policy.model_validate(
    {
        "time_zone": "UTC",
        "working_hours": {"days": ["mon"], "from": "09:00", "to": "17:00"},
        "owners": {"fallback": "ops@acme.example"},
        "tiers": {"more": {"title": "More", "worth": {"flat": 1}, "likely": "10%"}},
        "events": {"late_after": "400 days"},  # a quiet month of a small organisation is no broken pipeline
    }
)


def trigger(name: str, *when: dict[str, Any]) -> Trigger:
    base = {"trigger": name, "title": name, "owner": "ops@acme.example", "status": "live", "leads_to": "more"}
    return Trigger.model_validate({**base, "when": list(when), "then": {"playbook": "none"}})


TRIGGERS = [
    trigger("five-people", {"event": "commit", "count": "people", "at_least": 5, "over": "7 days"}),
    trigger("steady", {"event": ["commit", "merge"], "at_least": 20, "on_at_least": "10 days", "over": "28 days"}),
    trigger("growing", {"event": "commit", "grew_at_least": "50%", "from_at_least": 10, "over": "28 days"}),
    trigger("repos", {"event": "commit", "distinct": "repo", "at_least": 2, "over": "3 months"}),
]
MOMENTS = [
    datetime(2016, 5, 20, tzinfo=UTC),
    datetime(2021, 3, 31, 15, 30, tzinfo=UTC),
    datetime(2025, 7, 14, 12, tzinfo=UTC),  # at these two, what arrived later would have given other answers
    datetime(2025, 7, 26, 12, tzinfo=UTC),
]


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    columns = ["account_id", "repo", "user_id", "event", "ts_utc", "received_at", "commit"]
    return list({(r["repo"], r["commit"]): r for r in pq.read_table(FILE, columns=columns).to_pylist()}.values())


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> UsageStore:
    made = UsageStore(tmp_path_factory.mktemp("git") / "usage")
    import_events(made, FILE, MAP)
    return made


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def months_before(day: date, count: int) -> date:
    """None of the moments is a day that a shorter month lacks, but the 31st is."""
    year, month = divmod(day.year * 12 + day.month - 1 - count, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")


def expected(rows: list[dict[str, Any]], as_of: datetime) -> dict[str, set[str]]:
    """The triggers written as loops, over what had happened and arrived."""
    today = as_of.date()
    seen = [r for r in rows if max(_utc(r["ts_utc"]), _utc(r["received_at"])) <= as_of]
    people: dict[str, set[str]] = defaultdict(set)
    repos: dict[str, set[str]] = defaultdict(set)
    days: dict[str, set[date]] = defaultdict(set)
    times, now, was = Counter[str](), Counter[str](), Counter[str]()
    for row in seen:
        day, account = _utc(row["ts_utc"]).date(), row["account_id"]
        back = (today - day).days
        if row["event"] in ("commit", "merge") and back < 28:
            times[account] += 1
            days[account].add(day)
        if row["event"] != "commit":
            continue
        if back < 7:
            people[account].add(row["user_id"])
        now[account] += back < 28
        was[account] += 28 <= back < 56
        if day > months_before(today, 3):
            repos[account].add(row["repo"])
    accounts = {row["account_id"] for row in seen}
    return {
        "five-people": {a for a in accounts if len(people[a]) >= 5},
        "steady": {a for a in accounts if times[a] >= 20 and len(days[a]) >= 10},
        "growing": {a for a in accounts if was[a] >= 10 and 2 * (now[a] - was[a]) >= was[a]},
        "repos": {a for a in accounts if len(repos[a]) >= 2},
    }


@pytest.mark.parametrize("as_of", MOMENTS, ids=lambda moment: f"{moment:%Y-%m-%d}")
def test_a_past_moment_is_seen_as_it_was(store: UsageStore, rows: list[dict[str, Any]], as_of: datetime) -> None:
    answers = evaluator(store, Vocabulary(Facts(), POLICY), as_of).answers(TRIGGERS)
    assert {name: set(found.yes) for name, found in answers.items()} == expected(rows, as_of)


@pytest.mark.parametrize("as_of", MOMENTS[-2:], ids=lambda moment: f"{moment:%Y-%m-%d}")
def test_data_that_arrived_later_changes_nothing(store: UsageStore, tmp_path: Path, as_of: datetime) -> None:
    """A store in which nothing that arrived later ever was gives the same answers, causes and all."""
    table = pq.read_table(FILE)
    arrived = pc.less_equal(table["received_at"].cast(pa.string()), pa.scalar(f"{as_of:%Y-%m-%d %H:%M:%S}"))
    pq.write_table(table.filter(arrived), tmp_path / "arrived.parquet")
    then = UsageStore(tmp_path / "usage")
    assert import_events(then, tmp_path / "arrived.parquet", MAP).rejects == {}
    vocabulary = Vocabulary(Facts(), POLICY)
    assert evaluator(then, vocabulary, as_of).answers(TRIGGERS) == evaluator(store, vocabulary, as_of).answers(TRIGGERS)


def test_the_moments_are_worth_testing(rows: list[dict[str, Any]]) -> None:
    """At one of them at least, seeing what arrived later would give another answer."""
    late = [r for r in rows if _utc(r["received_at"]) - _utc(r["ts_utc"]) > timedelta(days=1)]
    assert len(late) > 1000
    told_later = [{**row, "received_at": row["ts_utc"]} for row in rows]
    assert any(expected(rows, moment) != expected(told_later, moment) for moment in MOMENTS)
    assert all(any(expected(rows, moment).values()) for moment in MOMENTS)
