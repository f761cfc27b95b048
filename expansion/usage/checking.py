"""From rows to events: a map says which column is what, and every row that is no event gets a reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from expansion.usage.cells import NOTHING, id_sql, text_sql
from expansion.usage.duck import identifier, quote
from expansion.usage.mapping import EventMap, Part
from expansion.usage.moment_sql import moment_sql, why_not_sql, within_sql
from expansion.usage.properties import MOST, column_of, pointer
from expansion.usage.reading import Rows

AHEAD = "it happened more than a day after it arrived: the clock of its device was ahead"


def checked_sql(rows: Rows, mapping: EventMap, properties: str | None = None, *, by: datetime | None = None) -> str:
    """SQL that gives events, with line, text and `reason`: NULL for an event, else one sentence on what is wrong.

    It joins `user_accounts(known_user, known_account)`, for events that name no account. `properties` is SQL for a
    row's properties as JSON text, where the map does not say what they are. Properties stand in columns of text where
    `properties_named` knows which there are, else in a column `properties` as JSON. `by` is when all of them had
    arrived: no event happened after it arrived, and what a device with a clock that is ahead says is set aside.
    """
    reader = _Reader(rows, mapping)
    kept = reader.properties() if properties is None else {"properties": properties}
    fields = reader.fields() | kept
    named = ", ".join(f"{sql} AS {name}" for name, sql in fields.items())
    empty, account = empty_words(mapping), "coalesce(said_account, known_account)"
    ids = [f"{id_sql(f'raw_{name}', empty)} AS {name}" for name in ("said_account", "said_user")]
    return (
        f"SELECT event_id, event, ts, greatest(ts, coalesce(received, ts)) AS seen_at, {account} AS account_id, "
        f"coalesce(said_user, '') AS user_id, {''.join(f'{name}, ' for name in kept)}line, text, "
        f"CASE {' '.join(_reasons(account, by))} END AS reason FROM (SELECT *, {', '.join(ids)} "
        f"FROM (SELECT {named} FROM ({rows.sql}))) LEFT JOIN user_accounts ON said_user = known_user"
    )


def names_used(mapping: EventMap) -> Iterator[tuple[str, str]]:
    """Each column that a map names, with the word that names it."""
    for name in [mapping.id] if isinstance(mapping.id, str) else mapping.id:
        yield "id", name
    account = mapping.account.from_ if isinstance(mapping.account, Part) else mapping.account
    named = {"event": mapping.event, "time": mapping.time, "account": account}
    named |= {"user": mapping.user, "received_at": mapping.received_at}
    yield from ((word, name) for word, name in named.items() if name is not None)
    yield from (("properties", name) for name in mapping.properties or ())


def properties_named(rows: Rows, mapping: EventMap) -> tuple[str, ...] | None:
    """The properties that the map names, or that are columns; None where only the rows themselves can tell."""
    if mapping.properties is not None:
        return tuple(dict.fromkeys(mapping.properties))
    return None if rows.columns is None or len(rows.columns) > MOST else rows.columns


def empty_words(mapping: EventMap) -> Sequence[str]:
    """The texts that say nothing in a file."""
    return NOTHING if mapping.empty is None else mapping.empty


def keys_needed(mapping: EventMap) -> tuple[str, ...] | None:
    """The keys of a JSON line that a map needs; None where it needs the whole line."""
    names = dict.fromkeys(name for _, name in names_used(mapping))
    alike = len({name.lower() for name in names}) < len(names)  # DuckDB takes `User` and `user` for one column
    if mapping.properties is None or alike or any("." in name for name in names):
        return None
    return tuple(names)


def _reasons(account: str, by: datetime | None) -> Iterator[str]:
    yield "WHEN broken IS NOT NULL THEN broken"
    yield "WHEN coalesce(event_id, '') = '' THEN 'no event id'"
    yield "WHEN coalesce(event, '') = '' THEN 'no event name'"
    yield "WHEN coalesce(time_text, '') = '' THEN 'no time'"
    for moment, text, what in (("ts", "time_text", "the time"), ("received", "received_text", "the time of arrival")):
        given = "true" if moment == "ts" else f"coalesce({text}, '') <> ''"
        yield f"WHEN {given} AND ({within_sql(moment)}) IS NOT TRUE THEN {why_not_sql(text, moment, what)}"
    arrived = "received" if by is None else f"least(received, TIMESTAMP {quote(str(naive_utc(by)))})"
    yield f"WHEN ts > {arrived} + INTERVAL 1 DAY THEN {quote(AHEAD)}"
    yield f"WHEN coalesce({account}, '') = '' THEN 'no account, and none, or more than one, is known for its user'"


def naive_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


@dataclass(frozen=True)
class _Reader:
    """SQL for the parts of an event in a row."""

    rows: Rows
    mapping: EventMap

    def fields(self) -> dict[str, str]:
        mapping, column = self.mapping, self._column
        return {
            "event_id": self._event_id(),
            "event": text_sql(column(mapping.event), self._empty),
            "time_text": text_sql(column(mapping.time), self._empty),
            "ts": moment_sql(column(mapping.time)),
            "received_text": text_sql(column(mapping.received_at), self._empty),
            "received": moment_sql(column(mapping.received_at)),
            "raw_said_account": self._account(),
            "raw_said_user": column(mapping.user),
            "line": "line",
            "text": f"coalesce(text, CAST({self._whole} AS VARCHAR))",
            "broken": "broken",
        }

    @property
    def _empty(self) -> Sequence[str]:
        return empty_words(self.mapping)

    @property
    def _whole(self) -> str:
        return "row" if self.rows.columns is None else "to_json(row)"

    def _column(self, name: str | None) -> str:
        if name is None:
            return "NULL::VARCHAR"
        if self.rows.columns is not None:
            return f"CAST(row.{identifier(name)} AS VARCHAR)"
        return self._of_json(name, "json_extract_string")

    def _of_json(self, name: str, extract: str) -> str:
        """A key; `properties.time` is a key inside `properties`, unless there is one of just that name."""
        found = f"{extract}(row, {pointer(name)})"
        if "." not in name:
            return found
        return f"coalesce({found}, {extract}(row, {pointer(*name.split('.'))}))"

    def _event_id(self) -> str:
        if isinstance(self.mapping.id, str):
            return text_sql(self._column(self.mapping.id), self._empty)
        # a|b and c are not a and b|c
        parts = (f"replace(replace({self._column(name)}, '\\', '\\\\'), '|', '\\|')" for name in self.mapping.id)
        return " || '|' || ".join(parts)

    def _account(self) -> str:
        part = self.mapping.account
        if not isinstance(part, Part):
            return self._column(part)
        text = self._column(part.from_)
        if part.before is not None:
            return f"split_part({text}, {quote(part.before)}, 1)"
        after = quote(part.after or "")
        return f"CASE WHEN contains({text}, {after}) THEN split_part({text}, {after}, 2) END"

    def properties(self) -> dict[str, str]:
        """SQL for the columns of a row's properties, or for the one column that holds them as JSON."""
        names = properties_named(self.rows, self.mapping)
        if names is not None:
            return {column_of(name): text_sql(self._property(name), self._empty) for name in names}
        if self.rows.columns is not None:
            return {"properties": "CAST(to_json(row) AS VARCHAR)"}
        # Vendors' exports keep what belongs to the event in `properties`.
        inside = "CASE WHEN json_type(row, '/properties') = 'OBJECT' THEN json_extract(row, '/properties') END"
        return {"properties": f"CAST(coalesce({inside}, row) AS VARCHAR)"}

    def _property(self, name: str) -> str:
        if self.rows.columns is None:
            return self._of_json(name, "json_extract_string")
        column = f"row.{identifier(name)}"
        return f"json_extract_string(to_json({column}), '$')" if name in self.rows.typed else column
