"""Events of several tables: each is known for its own time, and a condition asks for those that bring its events."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from expansion.contract import EventRow
from expansion.evaluate.engine import Vocabulary
from expansion.explain.evaluator import build_rollups, evaluator
from expansion.react.resident import Resident
from expansion.usage.storage.store import UsageStore
from expansion.usage.storage.tables import Table
from tests.evaluate.pushing import take
from tests.evaluate.stores import fill
from tests.evaluate.words import Definition, event, trigger, vocabulary

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
LOGIN, OPENED = "Login", "Ticket Opened"


def day(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}T10:00:00+00:00")


def daily(event: str, first: str, last: str) -> list[tuple[str, datetime]]:
    begin, end = day(first), day(last)
    return [(event, begin + timedelta(days=n, seconds=n % 2)) for n in range((end - begin).days + 1)]


def bring(
    store: UsageStore,
    table: str | Table | None,
    events: Sequence[tuple[str, datetime]],
    source: str = "mixpanel.export",
) -> None:
    """Events of one account, with ids 1, 2, 3 …: of a table, or of a source that is pulled."""
    rows = {
        "event_id": [f"{'' if table else source}{n}" for n in range(1, len(events) + 1)],
        "event": [event for event, _ in events],
        "ts": pa.array([at.replace(tzinfo=None) for _, at in events], pa.timestamp("us")),
        "account_id": ["acme"] * len(events),
        "user_id": ["ana"] * len(events),
        "file": pa.array([0] * len(events), pa.int32()),
        "line": pa.array(range(1, len(events) + 1), pa.int64()),
    }
    con = store.connect()
    con.register("rows", pa.table(rows))
    of = Table(table) if isinstance(table, str) else table
    store.add_events(con, "SELECT *, ts AS seen_at FROM rows", source="mixpanel.export", properties=[], table=of)


def words(*sources: str) -> Vocabulary:
    return vocabulary(facts={"events": [{"from": name, "account": "a"} for name in sources], "facts": {}})


def answer(store: UsageStore, condition: Definition, *sources: str, now: datetime = NOW) -> str:
    """By SQL, with rollups that are built and without, in an explanation, and of the account in memory."""
    asked, known = trigger(when=[condition]), words(*sources)
    found = evaluator(store, known, now).answers([asked])["t"]
    said = "yes" if "acme" in found.yes else found.unknown.get("acme", "no")
    live = Resident.of(store, known, [asked], now).answer("acme", "ana", now)["t"]
    assert said == ("yes" if "acme" in live.yes else live.unknown.get("acme", "no"))
    lines = evaluator(store, known, now).explain(asked, "acme", flips=True).lines
    assert (lines[0].cause or lines[0].answer.value) == said
    build_rollups(store, known, [asked])
    assert evaluator(store, known, now).answers([asked])["t"] == found
    return said


TICKETS_LATE = "events of tickets are known only up to 2026-02-28 10:00"


@pytest.fixture
def masked(store: UsageStore) -> UsageStore:
    """Logins go on; tickets stopped to arrive three weeks ago."""
    bring(store, "usage", daily(LOGIN, "01-01", "03-20"))
    bring(store, "tickets", daily(OPENED, "01-01", "02-28"))
    return store


@pytest.fixture
def store(tmp_path: Path) -> UsageStore:
    return UsageStore(tmp_path)


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ({"event": OPENED, "over": "7 days", "at_most": 0}, TICKETS_LATE),
        ({"event": OPENED, "over": "6 hours", "is": 0}, TICKETS_LATE),
        ({"event": OPENED, "stopped_for": "14 days"}, TICKETS_LATE),
        ({"event": OPENED, "over": "28 days", "fell_at_least": "50%"}, TICKETS_LATE),
        ({"event": OPENED, "over": "28 days", "sum": "n", "at_most": 0}, TICKETS_LATE),
        ({"event": OPENED, "came_back_after": "7 days", "over": "7 days"}, TICKETS_LATE),
        ({"event": [LOGIN, OPENED], "over": "7 days", "at_most": 9}, TICKETS_LATE),
        ({"event": "any event", "over": "7 days", "at_most": 9}, TICKETS_LATE),
        ({"sequence": [LOGIN, OPENED], "within": "7 days"}, TICKETS_LATE),
        ({"event": OPENED, "over": "28 days", "at_least": 5}, "yes"),
        ({"event": LOGIN, "over": "7 days", "at_most": 0}, "no"),
        ({"event": LOGIN, "over": "7 days", "at_least": 8}, "no"),
        ({"event": LOGIN, "stopped_for": "7 days"}, "no"),
        ({"event": LOGIN, "over": "28 days", "fell_at_least": "50%"}, "no"),
        ({"sequence": [LOGIN, LOGIN], "not_between": OPENED, "within": "3 days"}, TICKETS_LATE),
    ],
)  # fmt: skip
def test_a_table_that_stopped_is_not_hidden_by_one_that_goes_on(
    masked: UsageStore, condition: Definition, said: str
) -> None:
    if condition.get("sum") == "n":
        said = f"no `{OPENED}` has ever had a `n`"
    assert answer(masked, condition) == said
    assert answer(masked, condition, "mixpanel.export") == said, "also where facts.yaml names a source"


def test_an_unless_on_a_late_table_cannot_be_told(masked: UsageStore) -> None:
    asks = trigger(
        when=[{"event": LOGIN, "over": "7 days", "at_least": 1}],
        unless=[{"event": OPENED, "over": "7 days", "at_least": 1}],
    )
    assert evaluator(masked, words(), NOW).answers([asks])["t"].unknown == {"acme": TICKETS_LATE}


def test_a_counted_fact_of_a_late_table_is_a_lower_bound(masked: UsageStore) -> None:
    known = vocabulary(facts={"facts": {"tickets": {"times": OPENED, "over": "28 days"}}})
    for wanted, said in (({"at_most": 30}, True), ({"at_least": 5}, False)):
        found = evaluator(masked, known, NOW).answers([trigger(when=[{"fact": "tickets", **wanted}])])["t"]
        assert (found.unknown == {"acme": TICKETS_LATE}) == said


def test_a_map_can_say_when_a_table_is_late(store: UsageStore) -> None:
    bring(store, "usage", daily(LOGIN, "01-01", "03-20"))
    few = {"event": OPENED, "over": "60 days", "at_most": 50}
    bring(store, Table("tickets", late_after="40 days"), daily(OPENED, "01-01", "02-28"))
    assert answer(store, few) == "yes"
    assert answer(store, {**few, "over": "14 days"}) == TICKETS_LATE, "half of a window is seen at least"
    bring(store, Table("tickets", late_after="10 days"), [])
    assert answer(store, few) == TICKETS_LATE


def test_a_file_of_rare_events_can_say_what_it_covers(store: UsageStore) -> None:
    rare = [("Invoice Paid", day(text)) for text in ("01-10", "02-10")]
    few = {"event": "Invoice Paid", "over": "60 days", "at_most": 3}
    bring(store, Table("invoices"), rare)
    assert answer(store, few) == "events of invoices are known only up to 2026-02-10 10:00"
    bring(store, Table("invoices", covers=((day("01-01"), NOW),)), [])
    assert answer(store, few) == "yes"


def test_two_tables_of_one_event_have_to_reach_both(store: UsageStore) -> None:
    none = {"event": LOGIN, "over": "28 days", "at_least": 60}
    bring(store, "web", daily(LOGIN, "01-01", "03-20"))
    bring(store, "mobile", [(LOGIN, at + timedelta(hours=1)) for _, at in daily(LOGIN, "01-01", "03-01")])
    assert answer(store, none) == "events of mobile are known only up to 2026-03-01 11:00"


def test_a_backfill_and_the_table_that_goes_on_are_one_stretch(store: UsageStore) -> None:
    bring(store, "backfill", daily(LOGIN, "01-01", "02-28"))
    bring(store, "usage", daily(LOGIN, "03-01", "03-20"))
    many = {"event": LOGIN, "over": "28 days", "at_least": 60}
    assert answer(store, many) == "no"
    assert answer(store, many, now=NOW + timedelta(days=9)) == "events of usage are known only up to 2026-03-20 10:00"


def test_a_gap_between_a_backfill_and_the_next_table_is_a_hole(store: UsageStore) -> None:
    bring(store, "backfill", daily(LOGIN, "01-01", "02-20"))
    bring(store, "usage", daily(LOGIN, "03-01", "03-20"))
    many = {"event": LOGIN, "over": "28 days", "at_least": 60}
    assert answer(store, many) == "events of backfill are known only up to 2026-02-20 10:00"


def test_a_file_is_the_history_of_a_source_that_brings_the_same_events(store: UsageStore) -> None:
    bring(store, "history", daily(LOGIN, "01-01", "03-05"))
    bring(store, None, daily(LOGIN, "03-01", "03-20"))
    bring(store, "tickets", daily(OPENED, "01-01", "02-28"))
    many = {"event": LOGIN, "over": "28 days", "at_least": 60}
    for sources in ([], ["mixpanel.export"]):
        assert answer(store, many, *sources) == "no"
        assert answer(store, {"event": OPENED, "over": "7 days", "at_most": 0}, *sources) == TICKETS_LATE
        late = answer(store, many, *sources, now=NOW + timedelta(days=9))
        assert late == f"events{' of mixpanel.export' if sources else ''} are known only up to 2026-03-20 10:00"


def test_a_table_that_comes_later_says_nothing_of_before(store: UsageStore) -> None:
    bring(store, "web", daily(LOGIN, "01-01", "03-20"))
    before = answer(store, {"event": LOGIN, "over": "28 days", "at_least": 60}, now=day("03-10"))
    bring(store, "mobile", [(LOGIN, at + timedelta(hours=1)) for _, at in daily(LOGIN, "03-12", "03-20")])
    assert before == answer(store, {"event": LOGIN, "over": "28 days", "at_least": 60}, now=day("03-10")) == "no"


def test_what_is_pushed_makes_a_late_table_no_longer_the_only_one(masked: UsageStore) -> None:
    none = trigger(when=[{"event": OPENED, "over": "7 days", "at_most": 0}])
    resident = Resident.of(masked, words(), [none], NOW)
    row = EventRow("t-900", OPENED, NOW.isoformat(), "acme", "ana", {})
    assert take(resident, row, NOW)["t"].unknown == {}
    login = EventRow("l-900", LOGIN, NOW.isoformat(), "acme", "ana", {})
    other = Resident.of(masked, words(), [none], NOW)
    assert take(other, login, NOW)["t"].unknown == {"acme": TICKETS_LATE}


def test_a_table_of_days_speaks_for_whole_days(store: UsageStore) -> None:
    midnight = [("Usage", at.replace(hour=0, second=0)) for _, at in daily("Usage", "03-01", "03-20")]
    bring(store, "usage", midnight)
    assert answer(store, {"event": "Usage", "over": "1 day", "at_most": 1}) == "yes"
    assert store.manifest().covered["files:usage"][0][1].isoformat() == "2026-03-20T23:59:59.999999+00:00"


def test_a_table_whose_rows_have_times_speaks_up_to_the_last(store: UsageStore) -> None:
    hours = [("Usage", at.replace(hour=n % 5)) for n, (_, at) in enumerate(daily("Usage", "03-01", "03-20"))]
    bring(store, "usage", hours)
    assert store.manifest().covered["files:usage"][-1][1] == hours[-1][1]


# --- what was seen proves it ------------------------------------------------------------------------------------------


def test_a_walk_that_was_seen_whole_is_one_whatever_else_was_not_seen(store: UsageStore) -> None:
    bring(store, "usage", [*daily(LOGIN, "03-10", "03-20"), (OPENED, day("03-12") + timedelta(hours=1))])
    walked = {"sequence": [LOGIN, OPENED], "within": "7 days", "over": "28 days"}
    assert answer(store, walked) == "yes"
    assert answer(store, {**walked, "not_between": "print"}) == "no event called `print` has ever come"
    bring(store, "prints", [("print", day("03-10")), ("print", day("03-11")), ("print", day("03-19"))])
    assert "known only from" in answer(store, {**walked, "not_between": "print"}), "the walk lies in a hole"
    whole = ((day("03-09"), NOW),)
    bring(store, Table("prints", covers=whole), [])
    assert answer(store, {**walked, "not_between": "print"}) == "yes", "the walk does not, although the window does"


def test_the_largest_that_was_seen_is_the_least_there_can_be(tmp_path: Path) -> None:
    seen = [event("acme", "print", day("03-18"), "ana", rows=7), event("acme", "print", day("03-19"), "ana", rows=3)]
    store = fill(tmp_path, [seen], [], [(day("03-18"), NOW)])
    late = "events are known only from 2026-03-18 10:00 on"
    largest = {"event": "print", "over": "28 days", "max": "rows"}
    for asked, said in (
        ({"at_least": 7}, "yes"),
        ({"at_least": 8}, late),
        ({"at_most": 6}, "no"),
        ({"at_most": 7}, late),
    ):
        assert answer(store, {**largest, **asked}) == said
    assert answer(store, {**largest, "exists": True}) == "yes"
    assert answer(store, {"event": "print", "over": "28 days", "average": "rows", "at_least": 1}) == late
    line = evaluator(store, words(), NOW).explain(trigger(when=[{**largest, "at_least": 7}]), "acme").lines[0]
    assert line.seen == "7 or more"


def test_a_trigger_of_what_must_not_be_says_what_is_not_so(store: UsageStore) -> None:
    bring(store, "usage", daily(LOGIN, "01-01", "03-20"))
    bring(store, "tickets", [(OPENED, day("01-02")), (OPENED, day("03-20"))])
    asks = trigger(when=[{"none_of": [{"event": OPENED, "over": "1 day", "at_least": 5}]}])
    evidence = evaluator(store, words(), NOW).explain(asks, "acme")
    assert (evidence.answer.value, evidence.reasons()) == (
        "yes",
        ["not: Ticket Opened at least 5 times over 1 day: 1 time"],
    )


# --- ids --------------------------------------------------------------------------------------------------------------


def test_what_is_pushed_is_known_by_the_rules_of_tables(store: UsageStore) -> None:
    bring(store, "usage", daily(LOGIN, "03-10", "03-20"))
    counted = trigger(when=[{"event": "any event", "over": "11 days", "is": 12}])
    resident = Resident.of(store, words(), [counted], NOW)

    def pushed(key: str, event: str, at: datetime) -> bool:
        return "acme" in take(resident, EventRow(key, event, at.isoformat(), "acme", "ana", {}), NOW)["t"].yes

    assert not pushed("1", LOGIN, day("03-10") + timedelta(milliseconds=300)), "the same event"
    assert pushed("1", OPENED, day("03-10")), "another event with the id of a login"


def test_events_of_two_tables_with_one_id_and_moment_are_two(store: UsageStore) -> None:
    bring(store, "usage", daily(LOGIN, "03-10", "03-20"))
    bring(store, "tickets", daily(OPENED, "03-10", "03-20"))
    assert answer(store, {"event": "any event", "over": "11 days", "is": 22}) == "yes"
    asks = trigger(when=[{"event": "any event", "over": "3 days", "is": 6}])
    evidence = evaluator(store, words(), NOW).explain(asks, "acme")
    assert evidence.answer.value == "yes"
    events = evidence.lines[0].events
    assert [(one.event_id, one.event) for one in events][:2] == [("11", LOGIN), ("11", OPENED)]
