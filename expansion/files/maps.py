"""Map files: which column of a table is what. docs/import.md says each word with the table that it is for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from expansion.files.from_words import From
from expansion.files.read.words import ReadWords
from expansion.language.model.fields import SpanField, Strict
from expansion.language.model.mistakes import did_you_mean
from expansion.usage.failures import MapError

Kind = Literal["number", "money", "percent", "yes_no", "date", "text"]
FactSource = Literal["files.accounts", "files.people", "warehouse.accounts", "warehouse.people"]


class Cell(Strict):
    """What a row says of one thing: a column, a part of one, several, or always the same."""

    from_: str | None = Field(None, alias="from")  # a column, or a way inside one: `properties.company.0`
    path: list[str | int] | None = None  # the same, for keys with dots in them
    first_of: list[Column] | None = Field(None, min_length=2)  # the first that says something
    join: list[Column] | None = Field(None, min_length=2)  # all, with `with` in between
    with_: str = Field(" ", alias="with")
    always: str | None = None  # the same for each row
    key: str | int | None = None  # of a list of objects, each with a `key` (`name`, `id`) and a `value`
    before: str | None = None  # what stands before this text
    after: str | None = None  # what stands after it
    as_: Kind | None = Field(None, alias="as")  # read as this, and kept as plain text of it
    divide_by: Decimal | None = Field(None, gt=0)  # cents: 100
    counter: bool = False  # of a property: how much more than in the row before

    @model_validator(mode="after")
    def _one_place(self) -> Cell:
        given = [word for word in ("from_", "path", "first_of", "join", "always") if getattr(self, word) is not None]
        if len(given) != 1:
            raise ValueError("say one of `from`, `path`, `first_of`, `join` and `always`")
        if self.before is not None and self.after is not None:
            raise ValueError('say either `before: "/"` or `after: "@"`')
        if self.join is None and "with_" in self.model_fields_set:
            raise ValueError("`with` goes with `join`: what stands between its columns")
        if self.key is not None and self.from_ is None and self.path is None:
            raise ValueError("`key` goes with `from` or `path`: the list in which it stands")
        if self.divide_by is not None and self.as_ not in (None, "number", "money"):
            raise ValueError(f"only numbers and money can be divided, not `as: {self.as_}`")
        for one in (*(self.first_of or ()), *(self.join or ())):
            if isinstance(one, Cell) and one.of_values:
                raise ValueError(f"`{one.of_values[0]}` goes with the whole cell, not with a part of it")
        return self

    @property
    def of_values(self) -> list[str]:
        """The words in it that only values have: properties and facts."""
        given = {"as": self.as_, "divide_by": self.divide_by, "counter": self.counter or None}
        return [word for word, value in given.items() if value is not None]


def _no_values(word: str, column: Any) -> None:
    """Raises ValueError where an id, a name or a time is given words that only values have."""
    for one in column if isinstance(column, list) else [column]:
        if isinstance(one, Cell) and one.of_values:
            raise ValueError(f"`{word}` has no `{one.of_values[0]}`: that is for values")


Column = str | Cell
Cell.model_rebuild()


class MadeFrom(Strict):
    """An id for rows that have none: made from what they say. Rows that say the same are told apart by their number."""

    made_from: Literal["row"] | Annotated[list[str], Field(min_length=1)]


class RowTest(Strict):
    """What a cell has to say for a row to count."""

    is_not: str | bool | int | None = None
    contains: str | None = None
    starts_with: str | None = None
    ends_with: str | None = None
    exists: bool | None = None

    @model_validator(mode="after")
    def _one(self) -> RowTest:
        if len(self.model_fields_set) != 1:
            raise ValueError("say one of `is_not`, `contains`, `starts_with`, `ends_with` and `exists`")
        return self


RowTests = dict[str, bool | int | str | list[bool | int | str] | RowTest]


class ReadMap(Strict):
    """How a file is read, where that cannot be told by looking at it."""

    sheet: str | None = None
    encoding: str | None = None
    separator: str | None = None
    quote: str | None = None
    heading_line: int | None = Field(None, ge=1)
    columns: list[str] | None = Field(None, min_length=1)  # of a file without a heading
    rows_at: str | None = None  # the key of a JSON file under which its rows stand

    @property
    def words(self) -> ReadWords:
        return ReadWords(**self.model_dump())


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(f"`{name}` is no time zone; write one such as `America/New_York`") from error
    return name


class TableMap(Strict):
    """What maps of events and of facts have in common."""

    table: str | None = Field(
        None, min_length=1, pattern=r"^[^/|]+$"
    )  # what its rows are; left out: by the file's name
    read: ReadMap = ReadMap()
    zone: Annotated[str, AfterValidator(_zone)] | None = None  # of times without one
    dates: Literal["day first", "month first"] | None = None
    empty: list[str] | None = None  # texts that say nothing; left out: cells.NOTHING
    yes: list[str] | None = Field(None, min_length=1)
    no: list[str] | None = Field(None, min_length=1)
    decimal: Literal["point", "comma"] = "point"
    only: RowTests = Field(default_factory=dict)
    leave_out: RowTests = Field(default_factory=dict)


class Covers(Strict):
    """The days for which a table holds everything that happened."""

    from_: date | None = Field(None, alias="from")
    until: date | Literal["import"] | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Covers:
        if self.from_ and isinstance(self.until, date) and self.until < self.from_:
            raise ValueError("`until` lies before `from`")
        return self


class EventMap(TableMap):
    """A table of things that happened, one a row."""

    id: str | Annotated[list[Column], Field(min_length=2)] | MadeFrom
    event: Column | list[Column]
    time: Column | list[Column]
    account: Column | list[Column] | None = None
    user: Column | list[Column] | None = None
    received_at: Column | list[Column] | None = None
    properties: list[str] | dict[str, Column] | None = None
    update: bool = False  # a later row of the same id replaces the stored one
    late_after: SpanField | None = None
    covers: Covers | None = None

    @model_validator(mode="after")
    def _plain(self) -> EventMap:
        for word in ("id", "event", "time", "account", "user", "received_at"):
            _no_values(word, getattr(self, word))
        return self

    def columns(self) -> Iterator[tuple[str, Column]]:
        """Each column or cell that the map names, with the word that names it."""
        parts = self.id.made_from if isinstance(self.id, MadeFrom) else self.id
        given = {"id": None if parts == "row" else parts, "event": self.event, "time": self.time}
        given |= {"account": self.account, "user": self.user, "received_at": self.received_at}
        for word, value in given.items():
            yield from ((word, one) for one in (value if isinstance(value, list) else [value]) if one is not None)
        yield from (("properties", cell) for cell in self.kept().values())
        yield from ((word, name) for word in ("only", "leave_out") for name in getattr(self, word))

    def kept(self) -> dict[str, Column]:
        """The properties that the map names, each with its column."""
        named = self.properties or {}
        return named if isinstance(named, dict) else {name: name for name in named}


class FactMap(TableMap):
    """A table of what is known of accounts, or of people: one a row, or one value a row."""

    source: FactSource = "files.accounts"
    account: Column | list[Column]
    user: Column | list[Column] | None = None
    at: Column | list[Column] | None = None  # since when it is so
    until: Column | None = None  # when it ended
    known_at: Column | None = None  # since when it could be known
    fields: list[str] | dict[str, Column] | None = None
    name: str | None = None  # of a long table: the column that says which field
    value: Column | None = None  # and the one with its value
    complete: bool = False  # who is not in it is not there any more
    deleted_when: RowTests = Field(default_factory=dict)  # what was known ends with such a row
    several_rows: Literal["sum"] | dict[Literal["newest", "largest", "smallest"], str] | None = None

    @model_validator(mode="after")
    def _goes_together(self) -> FactMap:
        if (self.name is None) != (self.value is None):
            raise ValueError("`name` and `value` go together: the columns of a long table")
        if self.name is not None and (self.fields is not None or self.several_rows or self.complete):
            raise ValueError("a long table (`name`, `value`) has no `fields`, `several_rows` or `complete`")
        if isinstance(self.several_rows, dict) and len(self.several_rows) != 1:
            raise ValueError("`several_rows` has one rule: `newest`, `largest` or `smallest` with a column, or `sum`")
        if self.source.endswith(".people") and self.user is None:
            raise ValueError(f"`source: {self.source}` needs `user`: the column with the person's id")
        if self.until is not None and self.at is None:
            raise ValueError("`until` needs `at`: since when the value was so")
        if self.known_at is not None and self.at is None:
            raise ValueError("`known_at` needs `at`: since when the value was so")
        for word in ("account", "user", "at", "until", "known_at"):
            _no_values(word, getattr(self, word))
        for cell in [self.value, *(self.fields.values() if isinstance(self.fields, dict) else ())]:
            if isinstance(cell, Cell) and cell.counter:
                raise ValueError("`counter` is for properties of events; a fact is what it is on each day")
        return self

    def columns(self) -> Iterator[tuple[str, Column]]:
        """Each column or cell that the map needs, with the word that names it; fields that may be missing aside."""
        given: dict[str, Any] = {"account": self.account, "user": self.user, "at": self.at, "until": self.until}
        given |= {"known_at": self.known_at, "name": self.name, "value": self.value}
        for word, value in given.items():
            yield from ((word, one) for one in (value if isinstance(value, list) else [value]) if one is not None)
        if isinstance(self.several_rows, dict):
            yield from (("several_rows", name) for name in self.several_rows.values())
        yield from ((word, name) for word in ("only", "leave_out", "deleted_when") for name in getattr(self, word))


class FileMap(Strict):
    """A map file holds one of the two; and `from`, where a pull is to read the rows by itself."""

    from_: From | None = Field(None, alias="from")
    events: EventMap | None = None
    facts: FactMap | None = None

    @model_validator(mode="after")
    def _one(self) -> FileMap:
        if (self.events is None) == (self.facts is None):
            raise ValueError("a map says either `events:` or `facts:`")
        if self.facts is not None and self.from_ is not None and self.from_.cursor is not None:
            _fits_a_part(self.facts, self.from_.cursor)
        return self

    @property
    def table(self) -> EventMap | FactMap:
        """The one that it holds."""
        found = self.events or self.facts
        assert found is not None, "a map holds one of the two"
        return found


def _fits_a_part(facts: FactMap, cursor: str) -> None:
    """Raises ValueError for what takes all rows together, where a pull reads only those that are new."""
    if facts.several_rows is not None:
        raise ValueError(
            "`several_rows` takes all rows of an account together, and with `cursor` only new ones are read; leave "
            "`cursor` out, or give one row an account by a `query`"
        )
    if facts.complete and facts.at != cursor:
        raise ValueError(
            "`complete` ends who is not there, and with `cursor` only new rows are read; leave `cursor` out, or let it "
            "be the day of the snapshot, which is also `at`"
        )


def load_map(path: Path) -> FileMap:
    """Read a map file; raises MapError with one sentence per mistake."""
    return read_map(text_of(path), str(path))


def text_of(path: Path) -> str:
    """What stands in a map file; raises MapError where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise MapError(f"{path}: cannot be read as YAML: {' '.join(str(error).split())}") from error


def read_map(text: str, name: str) -> FileMap:
    """The map that a text is; `name` is what mistakes call it."""
    return map_of(words_of(text, name), name)


def words_of(text: str, name: str) -> dict[str, Any]:
    """The words of a map as they stand there."""
    try:
        raw = YAML(typ="safe").load(text)
    except YAMLError as error:
        raise MapError(f"{name}: cannot be read as YAML: {' '.join(str(error).split())}") from error
    if not isinstance(raw, dict):
        raise MapError(f"{name}: holds no map; it should begin with `events:` or `facts:`")
    return raw


def map_of(raw: dict[str, Any], name: str) -> FileMap:
    """The words of a map, checked."""
    try:
        return FileMap.model_validate(raw)
    except ValidationError as error:
        lines = dict.fromkeys(f"{name}: {sentence}" for sentence in _sentences(error))
        raise MapError(
            "\n".join([*lines, "", "hint: docs/import.md shows each word with a table it is for"])
        ) from error


# --- mistakes ---------------------------------------------------------------------------------------------------------

# What pydantic adds to the place of a mistake: which form of a value it tried.
_FORMS = (
    "str",
    "Cell",
    "MadeFrom",
    "RowTest",
    "bool",
    "int",
    "list[",
    "dict[",
    "literal[",
    "constrained",
    "date",
    "func",
)


def _sentences(error: ValidationError) -> Iterator[str]:
    """One for each word that is wrong: of the forms that its value may have, the one that it comes nearest to."""
    by_word: dict[tuple[str, ...], list[Any]] = {}
    for one in error.errors():
        by_word.setdefault(tuple(map(str, one["loc"][:2])), []).append(one)
    for found in by_word.values():
        ours = [one for one in found if one["type"] == "value_error"]
        unknown = [one for one in found if one["type"] == "extra_forbidden"]
        yield from map(_sentence, ours or unknown or found[:1])


def _sentence(one: Any) -> str:
    place = ".".join(str(part) for part in one["loc"] if not str(part).startswith(_FORMS))
    match one["type"]:
        case "extra_forbidden":
            word = str(one["loc"][-1])
            return f"{place}: `{word}` is no word of a map{_near(one['loc'], word)}"
        case "missing":
            return f"{place}: is missing"
        case "string_type":
            return f"{place}: takes a column, or what docs/import.md shows for this word, not {one['input']!r}"
    return f"{place}: {one['msg'].removeprefix('Value error, ')}"


def _near(loc: tuple[int | str, ...], word: str) -> str:
    models: dict[str, type[Strict]] = {"events": EventMap, "facts": FactMap, "from": From}
    model = models.get(str(loc[0]), FileMap) if len(loc) == 2 else Cell
    names = (field.alias or name for name, field in model.model_fields.items())
    near = did_you_mean(word, names)
    return f"; did you mean `{near}`?" if near else ""


__all__ = [
    "Cell",
    "Column",
    "Covers",
    "EventMap",
    "FactMap",
    "FileMap",
    "From",
    "MadeFrom",
    "MapError",
    "RowTest",
    "load_map",
    "map_of",
    "read_map",
    "text_of",
    "words_of",
]
