"""SQL for what the rows of a file say: a column, a way inside one, several, a part. Texts; NULL where there is none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from expansion.evaluate.untold import meant
from expansion.files.maps import Cell, Column
from expansion.files.read.found import stem_of
from expansion.files.read.rows import Rows
from expansion.usage.forms.cells import text_sql
from expansion.usage.forms.clock import Clock
from expansion.usage.forms.duck import quote, quote_list
from expansion.usage.forms.failures import ImportFailed
from expansion.usage.forms.moment_sql import moment_of_type_sql, moment_sql
from expansion.usage.forms.properties import pointer

# Columns that loaders add for themselves: no property and no fact, unless a map names them.
_LOADERS = ("_fivetran_", "_airbyte_", "_dlt_", "_sdc_")
FILE = "_file"  # in place of a column: the name of the file, without folders and endings
_PLAIN = ("VARCHAR", "BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UBIGINT", "FLOAT", "DOUBLE")
# A list of objects with a key and a value, as GA4 has them: the value is itself an object with one of these.
_VALUES = ("string_value", "int_value", "float_value", "double_value", "value")


@dataclass
class Columns:
    """The columns of `rows`. `nothing` are texts that say that there is none.

    Of JSON rows, all that is asked for is taken out at once: `relation` is complete once everything was asked for.
    """

    rows: Rows
    nothing: Sequence[str]
    keys: tuple[str, ...] | None = None  # of JSON rows, where they were looked at
    _taken: dict[str, str] = field(default_factory=dict)  # SQL of a pointer -> where it stands

    # --- what is there ------------------------------------------------------------------------------------------------

    @cached_property
    def _places(self) -> dict[str, int]:
        return {name: place for place, name in enumerate(self.rows.columns or ())}

    @cached_property
    def _folded(self) -> dict[str, str | None]:
        """Names in small letters; None for several that differ in capitals alone."""
        found: dict[str, str | None] = {}
        for name in self._places:
            low = name.strip().lower()
            found[low] = None if low in found else name
        return found

    def find(self, name: str) -> tuple[str, tuple[str, ...]] | None:
        """The column that a name means, and the way inside it; None where there is none."""
        if name in self._places:
            return name, ()
        if found := self._folded.get(name.strip().lower()):
            return found, ()
        parts = name.split(".")
        for count in range(len(parts) - 1, 0, -1):
            head = self.find(".".join(parts[:count]))
            if head is not None and not head[1]:
                return head[0], tuple(parts[count:])
        return None

    @property
    def of_the_table(self) -> tuple[str, ...]:
        """The names of all columns but those that a loader adds for itself."""
        return tuple(name for name in self.names if not name.lower().startswith(_LOADERS))

    def has(self, column: Column) -> bool:
        """Whether every column that a cell names is there. Of JSON only rows can tell, where they were looked at."""
        return all(name == FILE or self._is_there(name) for name in names_in(column))

    def _is_there(self, name: str) -> bool:
        if self.rows.columns is not None:
            return self.find(name) is not None
        return self.keys is None or name in self.keys or name.partition(".")[0] in self.keys

    def need(self, named: Iterable[tuple[str, Column]]) -> None:
        """Raises ImportFailed for a column that a map names and the file has not."""
        for word, column in named:
            for name in names_in(column):
                if name != FILE and not self._is_there(name):
                    raise ImportFailed(self._missing(word, name))

    def need_one(self, fields: Mapping[str, Column]) -> None:
        """Raises ImportFailed where a file has none of the fields that a map names: it is not the one that is meant."""
        if not fields or any(map(self.has, fields.values())):
            return
        wanted = ", ".join(f"`{name}`" for name in fields)
        near = meant(names_in(next(iter(fields.values())))[0], self.names)
        has = ", ".join(self.names)
        raise ImportFailed(f"has none of the columns that the map gives as `fields`: {wanted}{near}; it has: {has}")

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that are there; of JSON, the keys that were seen."""
        return self.rows.columns or self.keys or ()

    def _missing(self, word: str, name: str) -> str:
        has = ", ".join(self.names)
        near = meant(name, self.names)
        constant = f"; if each row is one, write `event: {{always: {name}}}`" if word == "event" and not near else ""
        return f"has no column `{name}`, which the map gives as `{word}`{near}{constant}; it has: {has}"

    # --- what it says -------------------------------------------------------------------------------------------------

    def text(self, column: Column | None) -> str:
        """SQL for a cell's text as it is written."""
        if column is None:
            return "NULL::VARCHAR"
        if isinstance(column, str):
            return self._named(column)
        return _part(column, self._whole(column))

    def said(self, column: Column | None) -> str:
        """SQL for a cell's text; NULL where it says nothing."""
        return text_sql(self.text(column), self.nothing)

    def type_of(self, column: Column) -> str:
        """The type of a column that is named alone; VARCHAR for all else."""
        found = self.find(column) if isinstance(column, str) and self.rows.columns is not None else None
        return self.rows.types.get(found[0], "VARCHAR") if found and not found[1] else "VARCHAR"

    def _raw(self, column: str) -> str:
        """SQL for a column in its own type."""
        found = self.find(column)
        assert found is not None and not found[1], "asked of columns that are there"
        return f"c{self._places[found[0]]}"

    def moment(self, column: Column | None, clock: Clock) -> str:
        """SQL for the moment that a cell tells, in UTC; NULL where it tells none."""
        if column is None:
            return "NULL::TIMESTAMP"
        kind = self.type_of(column)
        if kind == "VARCHAR" or not isinstance(column, str):
            return moment_sql(self.text(column), clock)
        return moment_of_type_sql(self._raw(column), kind, clock)

    def _whole(self, cell: Cell) -> str:
        if cell.always is not None:
            return quote(cell.always)
        if cell.first_of is not None:
            return f"coalesce({', '.join(map(self.said, cell.first_of))})"
        if cell.join is not None:
            joined = f"concat_ws({quote(cell.with_)}, {', '.join(map(self.said, cell.join))})"
            return f"nullif({joined}, '')"
        if cell.path is not None:
            return self._inside(str(cell.path[0]), tuple(map(str, cell.path[1:])), cell.key)
        assert cell.from_ is not None, "a cell names one place"
        if cell.key is None:
            return self._named(cell.from_)
        head, way = (cell.from_, ()) if self.rows.columns is None else self.find(cell.from_) or (cell.from_, ())
        return self._inside(head, way, cell.key)

    def _named(self, name: str) -> str:
        if name == FILE:
            return f"([{quote_list(stem_of(file.path) for file in self.rows.files)}])[file + 1]"
        if self.rows.columns is None:
            whole = self._take(pointer(name))
            return whole if "." not in name else f"coalesce({whole}, {self._take(pointer(*name.split('.')))})"
        found = self.find(name)
        return "NULL::VARCHAR" if found is None else self._inside(found[0], found[1], None)

    def _inside(self, head: str, way: tuple[str, ...], key: str | int | None) -> str:
        if self.rows.columns is None:
            return self._take(pointer(head, *way)) if key is None else _by_key(self._take(pointer(head, *way)), key)
        place, kind = f"c{self._places[head]}", self.rows.types.get(head, "VARCHAR")
        if not way and key is None:
            if kind == "VARCHAR":
                return place
            return f"CAST({place} AS VARCHAR)" if kind in _PLAIN else f"json_extract_string(to_json({place}), '$')"
        json = f"nullif({place}, '')" if kind == "VARCHAR" else f"CAST(to_json({place}) AS VARCHAR)"
        text = f"TRY(json_extract_string({json}, {pointer(*way)}))" if way else json
        return text if key is None else _by_key(text, key)

    def _take(self, at: str) -> str:
        return self._taken.setdefault(at, f"taken[{len(self._taken) + 1}]")

    @property
    def relation(self) -> str:
        """SQL for the rows; of JSON, with what was asked for in `taken`, and broken where a row is none."""
        if self.rows.columns is not None:
            return f"({self.rows.relation})"
        pointers = ", ".join(self._taken) or pointer("")
        taken = f"TRY(json_extract_string(row, [{pointers}]))"
        wrong = "CASE WHEN taken IS NULL THEN 'not valid JSON' WHEN ltrim(row)[1] <> '{' THEN 'not a JSON object' END"
        return (
            f"(SELECT * REPLACE (CASE WHEN broken IS NULL THEN {wrong} ELSE broken END AS broken) "
            f"FROM (SELECT *, {taken} AS taken FROM ({self.rows.relation})))"
        )

    @property
    def as_json(self) -> str:
        """SQL for a row as it can be shown."""
        if self.rows.columns is None:
            return "row"
        pairs = ", ".join(f"{quote(name)}, c{place}" for name, place in self._places.items())
        return f"CAST(json_object({pairs}) AS VARCHAR)"


def one_cell(column: Column | list[Column] | None, joining: Literal["join", "first_of"]) -> Column | None:
    """Several columns as one cell: joined, or the first that says something."""
    if not isinstance(column, list):
        return column
    return column[0] if len(column) == 1 else Cell.model_validate({joining: column})


def names_in(column: Column) -> list[str]:
    """The columns that a cell names."""
    if isinstance(column, str):
        return [column]
    several = [*(column.first_of or ()), *(column.join or ())]
    heads = [column.from_] if column.from_ is not None else [str(column.path[0])] if column.path else []
    return [*heads, *(name for one in several for name in names_in(one))]


def _part(cell: Cell, text: str) -> str:
    if cell.before is not None:
        return f"split_part({text}, {quote(cell.before)}, 1)"
    if cell.after is not None:
        after = quote(cell.after)
        return f"CASE WHEN contains({text}, {after}) THEN split_part({text}, {after}, 2) END"
    return text


def _by_key(json: str, key: str | int) -> str:
    """SQL for the value that stands with a key in a list of objects."""
    named = "coalesce(one->>'key', one->>'name', one->>'id')"
    found = f"list_filter(TRY(CAST({json} AS JSON[])), lambda one: {named} = {quote(str(key))})[1]"
    plain = f"json_extract_string({found}, '$.value')"
    inner = ", ".join(f"json_extract_string({found}, '$.value.{name}')" for name in _VALUES)
    return f"CASE WHEN json_type({found}, '$.value') = 'OBJECT' THEN coalesce({inner}) ELSE {plain} END"


__all__ = ["FILE", "Columns", "names_in", "one_cell"]
