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
from expansion.usage.checking import reasons
from expansion.usage.forms.cells import id_sql, text_sql
from expansion.usage.forms.duck import identifier, quote
from expansion.usage.forms.moment_sql import moment_sql
from expansion.usage.storage.forgotten import forgotten_people
from expansion.usage.storage.rejects import Reject, Rejects, list_rejects
from expansion.usage.storage.spans import Span, Spans
from expansion.usage.storage.store import UsageStore
from expansion.usage.storage.tables import Stored
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
    run = Importing(store, source, covered, users or {}, batch)
    run.rows(rows)
    return run.done()


class Importing:
    """One pull on its way into the store."""

    def __init__(
        self, store: UsageStore, source: str, covered: Span | None, users: Mapping[str, str], batch: int = 200_000
    ) -> None:
        self.store, self.source, self.covered = store, source, covered
        self.result = Imported(source)
        self.con = store.connect()
        self.reading = Reading()
        self._batch, self._first = batch, 0
        load_users(self.con, users)

    @property
    def by(self) -> datetime | None:
        """When all of it had arrived."""
        return self.covered[1] if self.covered else None

    def rows(self, rows: Iterable[EventRow]) -> None:
        """Store what a source yields. Where it fails, that is raised when all before it is stored."""
        listed = forgotten_people(self.store.root)
        left = map(listed.event, rows) if listed else iter(rows)
        while True:
            some, failure = _take(left, self._batch)
            if some:
                self._add_rows(some)
            if failure is not None:
                raise failure
            if len(some) < self._batch:
                return

    def _add_rows(self, some: Sequence[EventRow]) -> None:
        self.con.register("pulled", _table(some, self._first))
        checked = checked_pull(self.by)
        self.reading.add(self.con, self.store, checked)
        events = f"SELECT * FROM ({checked}) WHERE reason IS NULL"
        if known := _known_before(self.store, self.con, some, self._first):
            events += f" AND line NOT IN ({', '.join(map(str, known))})"
        self.add(events)
        self.result.duplicates += len(known)
        self._report(checked)
        self.con.unregister("pulled")
        self._first += len(some)

    def add(self, events: str, properties: Sequence[str] | None = None) -> None:
        """Store events that were checked; see `UsageStore.add_events`."""
        spans: Spans | None = None if self.covered is None else ()
        self.result.add(self.store.add_events(self.con, events, spans, source=self.source, properties=properties))

    def _report(self, checked: str) -> None:
        """Write down the rows that could not be stored, beside the store, and count the reasons."""
        self.con.execute(f"SELECT line, reason, text FROM ({checked}) WHERE reason IS NOT NULL ORDER BY line")
        self.result.refused(list_rejects(self.store.root, self.source, _fetched(self.con), by_line=False))

    def done(self) -> Imported:
        """All was read: the span that was asked for is known."""
        spans = () if self.covered is None else (self.covered,)
        self.store.note(lambda now: self.reading.noted(now.with_spans(self.source, spans), self.source, self.covered))
        return self.result


def _known_before(store: UsageStore, con: duckdb.DuckDBPyConnection, rows: Sequence[EventRow], first: int) -> list[int]:
    """The numbers of rows that are stored already under a former id."""
    former = {row.former_id: number for number, row in enumerate(rows, first + 1) if row.former_id}
    stored = stored_by_pulls(store)
    if not former or stored is None:
        return []
    con.register("former", pa.table({"former_id": pa.array(former, pa.string())}))
    found = con.execute(f"SELECT former_id FROM former SEMI JOIN {stored} AS s ON former_id = s.event_id").fetchall()
    con.unregister("former")
    return sorted(former[one] for (one,) in found)


def stored_by_pulls(store: UsageStore) -> str | None:
    """SQL for the events that are of no file."""
    return store.events_of([segment for segment in store.manifest().segments if not segment.table])


def _take(rows: Iterator[EventRow], batch: int) -> tuple[list[EventRow], Exception | None]:
    """The next rows; a failure of the source is handed back, so that what came before it is kept."""
    some: list[EventRow] = []
    try:
        for row in islice(rows, batch):
            some.append(row)
    except Exception as failure:  # whatever a source raises is raised again after the rows are stored
        return some, failure
    return some, None


def _table(rows: Sequence[EventRow], first: int) -> pa.Table:
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


def checked_pull(by: datetime | None, pulled: str = "pulled", *more: str, plain: bool = False) -> str:
    """SQL for the events of `pulled`, with line, text and `reason`: NULL for an event; and `more` columns of it.

    `plain`: their properties are certainly JSON, and most of their times whole numbers.

    It joins `user_accounts(known_user, known_account)`, for events that name no account.
    """
    invalid = "false" if plain else "NOT json_valid(properties)"
    wrong = f"CASE WHEN {invalid} THEN 'its properties are not valid JSON' END AS broken"
    at, received = (moment_sql(name, numbers_first=plain) for name in ("time", "received_at"))
    texts = f"{text_sql('id')} AS event_id, {text_sql('event')} AS event, {text_sql('time')} AS time_text, "
    texts += f"{text_sql('received_at')} AS received_text, {id_sql('account')} AS said_account, "
    user = id_sql(identifier("user"))
    texts += f"{user} AS said_user, {at} AS ts, {received} AS received"
    account = "coalesce(said_account, known_account)"
    shown = ", ".join(f"{quote(name)}, {identifier(name)}" for name in _PULLED)
    why = f"CASE WHEN broken IS NOT NULL THEN broken {' '.join(reasons(account, by))} END AS reason"
    kept = ", ".join(["properties", "line", *more])
    return (
        f"SELECT event_id, event, ts, greatest(ts, coalesce(received, ts)) AS seen_at, {account} AS account_id, "
        f"coalesce(said_user, '') AS user_id, {kept}, CAST(json_object({shown}) AS VARCHAR) AS text, {why} "
        f"FROM (SELECT * EXCLUDE (event), {wrong}, {texts} FROM {pulled}) "
        "LEFT JOIN user_accounts ON said_user = known_user"
    )


def load_users(con: duckdb.DuckDBPyConnection, users: Mapping[str, str]) -> None:
    """Make `user_accounts`, which `checked_pull` joins."""
    names = pa.table(
        [pa.array(users.keys(), pa.string()), pa.array(users.values(), pa.string())], ["known_user", "known_account"]
    )
    con.register("user_accounts", names)


def _fetched(con: duckdb.DuckDBPyConnection) -> Iterator[Reject]:
    while some := con.fetchmany(10_000):
        yield from some


__all__ = ["Imported", "Importing", "checked_pull", "import_rows", "load_users", "stored_by_pulls"]
