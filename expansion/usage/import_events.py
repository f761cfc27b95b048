"""Events that sources send into the store. What cannot be read is reported row by row, in a file beside."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

import duckdb
import pyarrow as pa

from expansion.contract import EventRow
from expansion.usage.cells import id_sql, text_sql
from expansion.usage.checking import reasons
from expansion.usage.duck import identifier, quote
from expansion.usage.forgotten import forgotten_people
from expansion.usage.moment_sql import moment_sql
from expansion.usage.rejects import Reject, Rejects, list_rejects
from expansion.usage.spans import Span, Spans
from expansion.usage.store import UsageStore
from expansion.usage.tables import Stored
from expansion.usage.unmatched import Reading


@dataclass
class Imported:
    """What became of one pull. `rejects` holds the reasons and how often; `report` the file with every row.

    `new_rejects`: how many of them no earlier pull had listed.
    """

    source: str
    stored: int = 0
    duplicates: int = 0
    rejects: dict[str, int] = field(default_factory=dict)
    new_rejects: int = 0
    report: Path | None = None
    notes: list[str] = field(default_factory=list)  # what may not be as it was meant

    def add(self, stored: Stored) -> None:
        self.stored += stored.rows
        self.duplicates += stored.duplicates
        if stored.differing:
            self.notes.append(
                _DIFFERING.format(ids="an id stands" if stored.differing == 1 else f"{stored.differing:,} ids stand")
            )

    def refused(self, some: Rejects) -> None:
        for reason, count in some.counts.items():
            self.rejects[reason] = self.rejects.get(reason, 0) + count
        self.new_rejects += some.new
        self.report = some.report or self.report


_DIFFERING = (
    "{ids} for several different events, of which the first to arrive is stored; name an id that no two events share, "
    "or several columns together: `id: [user_id, happened_at, name]`"
)

_PULLED = ("id", "event", "time", "account", "user", "received_at", "properties")


def import_rows(
    store: UsageStore,
    source: str,
    rows: Iterable[EventRow],
    covered: Span | None,
    *,
    users: Mapping[str, str] | None = None,
    batch: int = 200_000,
) -> Imported:
    """Store events that a source yields, batch by batch, so that a source that breaks half-way loses nothing read.

    `covered` is the span that the source was asked for; it counts as known once all of it was read. Without it, each
    batch speaks for itself.
    """
    result = Imported(source)
    con = store.connect()
    _load_users(con, users or {})
    spans: Spans | None = None if covered is None else ()
    reading = Reading()
    listed = forgotten_people(store.root)
    rows = map(listed.event, rows) if listed else iter(rows)
    first = 0
    while True:
        some, failure = _take(rows, batch)
        if some:
            con.register("pulled", _table(some, first))
            checked = _checked_pull(covered[1] if covered else None)
            reading.add(con, store, checked)
            events = f"SELECT * FROM ({checked}) WHERE reason IS NULL"
            if known := _known_before(store, con, some, first):
                events += f" AND line NOT IN ({', '.join(map(str, known))})"
            result.add(store.add_events(con, events, spans, source=source))
            result.duplicates += len(known)
            _report(store, con, result, checked, by_line=False)
            first += len(some)
        if failure is not None:
            raise failure
        if len(some) < batch:
            break
    spans = () if covered is None else (covered,)
    store.note(lambda now: reading.noted(now.with_spans(source, spans), source, covered))
    return result


def _known_before(store: UsageStore, con: duckdb.DuckDBPyConnection, rows: Sequence[EventRow], first: int) -> list[int]:
    """The numbers of rows that are stored already under a former id."""
    former = {row.former_id: number for number, row in enumerate(rows, first + 1) if row.former_id}
    stored = store.events_of([segment for segment in store.manifest().segments if not segment.table])
    if not former or stored is None:
        return []
    con.register("former", pa.table({"former_id": pa.array(former, pa.string())}))
    found = con.execute(f"SELECT former_id FROM former SEMI JOIN {stored} AS s ON former_id = s.event_id").fetchall()
    con.unregister("former")
    return sorted(former[one] for (one,) in found)


def _take(rows: Iterator[EventRow], batch: int) -> tuple[list[EventRow], Exception | None]:
    """The next rows; a failure of the source is handed back, so that what came before it is kept."""
    some: list[EventRow] = []
    try:
        for row in islice(rows, batch):
            some.append(row)
    except Exception as failure:  # whatever a source raises is raised again after the rows are stored
        return some, failure
    return some, None


def _table(rows: list[EventRow], first: int) -> pa.Table:
    """Rows as columns of text, each row with its number."""
    columns = zip(*(_cells(row) for row in rows), strict=True)
    numbers = pa.array(range(first + 1, first + 1 + len(rows)), pa.int64())
    texts = [pa.array(list(column), pa.string()) for column in columns]
    return pa.table([numbers, *texts], names=["line", *_PULLED])


def _cells(row: EventRow) -> tuple[str | None, ...]:
    plain = (row.event_id, row.event, row.time, row.account_id, row.user_id, row.received_at)
    return *(_text(value) for value in plain), json.dumps(dict(row.properties), default=str)


def _text(value: object) -> str | None:
    if value is None:
        return None
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    return text.encode("utf-8", "replace").decode()  # half a surrogate is no text


def _checked_pull(by: datetime | None) -> str:
    """SQL for the events of `pulled`, with line, text and `reason`: NULL for an event.

    It joins `user_accounts(known_user, known_account)`, for events that name no account.
    """
    wrong = "CASE WHEN NOT json_valid(properties) THEN 'its properties are not valid JSON' END AS broken"
    texts = f"{text_sql('id')} AS event_id, {text_sql('event')} AS event, {text_sql('time')} AS time_text, "
    texts += f"{text_sql('received_at')} AS received_text, {id_sql('account')} AS said_account, "
    user = id_sql(identifier("user"))
    texts += f"{user} AS said_user, {moment_sql('time')} AS ts, {moment_sql('received_at')} AS received"
    account = "coalesce(said_account, known_account)"
    shown = ", ".join(f"{quote(name)}, {identifier(name)}" for name in _PULLED)
    why = f"CASE WHEN broken IS NOT NULL THEN broken {' '.join(reasons(account, by))} END AS reason"
    return (
        f"SELECT event_id, event, ts, greatest(ts, coalesce(received, ts)) AS seen_at, {account} AS account_id, "
        f"coalesce(said_user, '') AS user_id, properties, line, CAST(json_object({shown}) AS VARCHAR) AS text, {why} "
        f"FROM (SELECT * EXCLUDE (event), {wrong}, {texts} FROM pulled) "
        "LEFT JOIN user_accounts ON said_user = known_user"
    )


def _load_users(con: duckdb.DuckDBPyConnection, users: Mapping[str, str]) -> None:
    names = pa.table(
        [pa.array(users.keys(), pa.string()), pa.array(users.values(), pa.string())], ["known_user", "known_account"]
    )
    con.register("user_accounts", names)


def _report(
    store: UsageStore, con: duckdb.DuckDBPyConnection, result: Imported, checked: str, *, by_line: bool
) -> None:
    """Write down the rows that could not be stored, beside the store, and count the reasons."""
    con.execute(f"SELECT line, reason, text FROM ({checked}) WHERE reason IS NOT NULL ORDER BY line")
    result.refused(list_rejects(store.root, result.source, _fetched(con), by_line=by_line))


def _fetched(con: duckdb.DuckDBPyConnection) -> Iterator[Reject]:
    while some := con.fetchmany(10_000):
        yield from some


__all__ = ["Imported", "import_rows"]
