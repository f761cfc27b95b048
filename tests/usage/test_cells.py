"""The same account, the same moment and the same nothing, however a source spells them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from expansion.contract import EventRow
from expansion.files.maps import EventMap
from expansion.react.arriving import arrival
from expansion.usage.forms import cells
from expansion.usage.forms.duck import connect
from expansion.usage.forms.properties import column_of
from expansion.usage.import_events import import_rows
from expansion.usage.storage.store import UsageStore
from tests.usage.builders import MAP, import_events, lines, row, stored

IDS = ["1001.0", " 1001 ", "1001", "1001.000", "-7.0", "7.05", "a.0", "v1.0", "é.0", "x\u00a0", "\tx", "", "  ", "NULL"]
IDS += [" nan ", "\\N", "None", "none", "-", "Nullmann"]


@pytest.mark.parametrize("said", IDS)
def test_an_id_is_the_same_in_a_query_and_in_this_process(said: str) -> None:
    query = f"SELECT {cells.id_sql('said')} FROM (SELECT $1::VARCHAR AS said)"
    ((found,),) = connect(threads=1).execute(query, [said]).fetchall()
    assert found == (None if cells.is_nothing(said) else cells.as_id(said))


def test_numbers_that_are_ids_are_whole() -> None:
    assert {cells.as_id(one) for one in (1001, 1001.0, "1001.0", " 1001")} == {"1001"}
    assert cells.as_id("7.05") == "7.05"


def test_a_column_of_numbers_with_a_gap_names_the_account_that_is_meant(store: UsageStore, tmp_path: Path) -> None:
    path = tmp_path / "events.parquet"
    rows = {"id": ["1", "2"], "event": ["export"] * 2, "time": ["2026-03-01"] * 2}
    ids = {"account": pa.array([1001.0, 1002.0]), "user": pa.array([7.0, None], pa.float64())}
    pq.write_table(pa.table({**rows, **ids}), path)
    import_events(store, path, MAP)
    assert stored(store, "account_id, user_id") == [("1001", "7"), ("1002", "")]


def test_a_pulled_and_a_pushed_event_name_the_account_as_a_file_does(store: UsageStore) -> None:
    pulled = EventRow("1", "export", "2026-03-01T10:00:00Z", " 1001.0 ", "7.0", {"plan": "NULL"})
    import_rows(store, "mixpanel.events", [pulled], None)
    assert stored(store, "account_id, user_id") == [("1001", "7")]
    pushed = arrival(pulled, {})
    assert (pushed.account_id, pushed.user_id, dict(pushed.texts)) == ("1001", "7", {})


@pytest.mark.parametrize(
    "written", ["\\N", "NULL", "null", "NaN", "nan", "None", "#N/A", "N/A", "<NA>", "NaT", "", "[]"]
)
@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_way_of_writing_nothing_is_no_value(store: UsageStore, tmp_path: Path, written: str, kind: str) -> None:
    given = row(plan=written, user=written)
    path = tmp_path / f"events.{kind}"
    if kind == "csv":
        path.write_text(",".join(given) + "\n" + ",".join(map(str, given.values())) + "\n", encoding="utf-8")
    else:
        lines(path, [given])
    import_events(store, path, MAP)
    assert _values(store, "plan") == [None]
    assert stored(store, "user_id") == [""]


def test_a_map_says_what_else_is_nothing_or_that_nothing_is(store: UsageStore, tmp_path: Path) -> None:
    path = lines(tmp_path / "a.jsonl", [row("1", plan="-"), row("2", plan="NULL"), row("3", plan="Team")])
    for key, empty, left in (("a", ["-"], [None, "NULL", "Team"]), ("b", [], ["-", "NULL", "Team"])):
        other = UsageStore(tmp_path / key)
        import_events(other, path, EventMap(**{**MAP.model_dump(), "empty": empty}))
        assert _values(other, "plan") == left


def test_nothing_for_an_account_is_told_as_such(store: UsageStore, tmp_path: Path) -> None:
    done = import_events(store, lines(tmp_path / "a.jsonl", [row("1", account="NULL"), row("2")]), MAP)
    assert done.rejects == {"no account, and none, or more than one, is known for its user": 1}


def test_a_pushed_event_at_any_millisecond_is_taken() -> None:
    when = datetime(2026, 1, 2, 8, 25, 54, 321_000, tzinfo=UTC)
    said = str(int(when.timestamp() * 1000))
    assert arrival(EventRow("1", "export", said, "acme", "ana", {}), {}).ts == when


def _values(store: UsageStore, name: str) -> list[Any]:
    events = store.events_of(store.manifest().segments, [name])
    rows = store.connect().execute(f"SELECT {column_of(name)} FROM {events} ORDER BY event_id").fetchall()
    return [json.loads(json.dumps(value)) for (value,) in rows]
