"""SQL from the rows of a file to events: what a map says is what, and for every row that is no event the reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from expansion.files.columns import Columns, one_cell
from expansion.files.filters import left_out
from expansion.files.items import only_item, several_accounts
from expansion.files.maps import EventMap, MadeFrom
from expansion.files.noting import BROKEN, SKIPPED
from expansion.files.values import value_sql
from expansion.usage.checking import reasons, unread
from expansion.usage.forms.cells import id_sql
from expansion.usage.forms.clock import Clock
from expansion.usage.forms.duck import quote
from expansion.usage.forms.properties import MOST, column_of


@dataclass(frozen=True)
class EventSql:
    """Of the rows of files of one table."""

    columns: Columns
    mapping: EventMap
    clock: Clock
    by: datetime | None = None  # when all of them had arrived

    @property
    def properties(self) -> tuple[str, ...] | None:
        """The properties that the map names, or that are columns; None where only the rows themselves can tell."""
        if self.mapping.properties is not None:
            return tuple(self.mapping.kept())
        columns = self.columns.rows.columns
        return None if columns is None or len(columns) > MOST else self.columns.of_the_table

    def checked(self) -> str:
        """SQL for events with file, line, `reason` (NULL for an event), `said` (what could not be read) and the row.

        It joins `user_accounts(known_user, known_account)`, for events that name no account.
        """
        given = ", ".join(f"{sql} AS {name}" for name, sql in (self._fields() | self._properties()).items())
        empty = self.columns.nothing
        ids = ", ".join(f"{id_sql(f'raw_{name}', empty)} AS said_{name}" for name in ("account", "user"))
        shown = f"coalesce(text, {self.columns.as_json})"
        account = "coalesce(said_account, known_account)"
        # The columns of the file come along, so that a row is only put together again where it is to be shown.
        return (
            f"SELECT *, greatest(ts, coalesce(received, ts)) AS seen_at, {account} AS account_id, "
            f"coalesce(said_user, '') AS user_id, {shown} AS shown, {self._said()} AS said, "
            f"{self._reason(account)} AS reason FROM (SELECT *, {ids} FROM (SELECT *, {given} FROM {self._rows()})) "
            "LEFT JOIN user_accounts ON said_user = known_user"
        )

    def _rows(self) -> str:
        """The rows; where they have no id, with their number among those of a file that say the same."""
        if not isinstance(self.mapping.id, MadeFrom):
            return self.columns.relation
        made = self._made(self.mapping.id)
        nth = "row_number() OVER (PARTITION BY file, made ORDER BY line)"
        return f"(SELECT *, {nth} AS nth FROM (SELECT *, {made} AS made FROM {self.columns.relation}))"

    def _made(self, made: MadeFrom) -> str:
        columns = self.columns.rows.columns
        if made.made_from == "row":
            parts = ["row"] if columns is None else list(map(self.columns.text, columns))
        else:
            parts = list(map(self.columns.text, made.made_from))
        return f"md5(concat_ws(chr(31), {', '.join(f'coalesce({part}, chr(30))' for part in parts)}))"

    def _fields(self) -> dict[str, str]:
        mapping, text = self.mapping, self.columns.said
        time, received = (one_cell(column, "join") for column in (mapping.time, mapping.received_at))
        account, user = (one_cell(column, "first_of") for column in (mapping.account, mapping.user))
        return {
            "event_id": self._event_id(),
            "event": text(one_cell(mapping.event, "join")),
            "time_text": text(time),
            "ts": self.columns.moment(time, self.clock),
            "received_text": text(received),
            "received": self.columns.moment(received, self.clock),
            "raw_account": only_item(self.columns.text(account)) if account is not None else "NULL::VARCHAR",
            "raw_user": self.columns.text(user),
            "skipped": left_out(self.columns, mapping),
        }

    def _event_id(self) -> str:
        given = self.mapping.id
        if isinstance(given, MadeFrom):
            return "CASE WHEN nth = 1 THEN made ELSE made || '-' || nth END"
        if isinstance(given, str):
            return self.columns.said(given)
        # a|b and c are not a and b|c; a part may be empty, where others are not.
        parts = [self.columns.said(part) for part in given]
        kept = " || '|' || ".join(f"coalesce(replace(replace({part}, '\\', '\\\\'), '|', '\\|'), '')" for part in parts)
        return f"CASE WHEN coalesce({', '.join(parts)}) IS NOT NULL THEN {kept} END"

    def _properties(self) -> dict[str, str]:
        """SQL for the columns of a row's properties, or for the one column that holds them as JSON."""
        names = self.properties
        if names is not None:
            kept = self.mapping.kept() or {name: name for name in names}
            return {column_of(name): value_sql(self.columns, kept[name], self.mapping, self.clock) for name in names}
        if self.columns.rows.columns is not None:
            return {"properties": self.columns.as_json}
        # Vendors' exports keep what belongs to the event in `properties`.
        inside = "CASE WHEN json_type(row, '/properties') = 'OBJECT' THEN json_extract(row, '/properties') END"
        return {"properties": f"CASE WHEN broken IS NULL THEN CAST(TRY(coalesce({inside}, row::JSON)) AS VARCHAR) END"}

    def _reason(self, account: str) -> str:
        return f"CASE {' '.join(self._reasons(account))} END"

    def _reasons(self, account: str) -> Iterator[str]:
        yield f"WHEN broken IS NOT NULL THEN {quote(BROKEN)} || broken"
        yield f"WHEN skipped THEN {quote(SKIPPED)}"
        yield several_accounts("raw_account")
        yield from reasons(account, self.by, self.clock)

    def _said(self) -> str:
        """What could not be read, for a row with a reason."""
        pairs = (("ts", "time_text"), ("received", "received_text"))
        return f"CASE {' '.join(f'WHEN {unread(*pair)} THEN {pair[1]}' for pair in pairs)} END"


def kept_columns(properties: Sequence[str] | None) -> Iterator[str]:
    """The names under which `EventSql.checked` gives properties."""
    yield from ["properties"] if properties is None else map(column_of, properties)
