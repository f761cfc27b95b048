"""Map files: which column of a table is what. docs/import.md says each word with the table that it is for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from expansion.files.from_words import From
from expansion.files.map_words import (
    Cell,
    Column,
    Covers,
    Kind,
    MadeFrom,
    ReadMap,
    RowTest,
    RowTests,
    TableMap,
    no_values,
)
from expansion.language.model.fields import SpanField, Strict
from expansion.language.model.mistakes import did_you_mean
from expansion.usage.forms.failures import MapError

FactSource = Literal["files.accounts", "files.people", "warehouse.accounts", "warehouse.people"]


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
            no_values(word, getattr(self, word))
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
            no_values(word, getattr(self, word))
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


class MergeMap(TableMap):
    """A table of accounts or people that have another id since: one change a row. With `user`, what this person does in
    the account counts for the other one: the account was split."""

    former: Column | list[Column]
    id: Column | list[Column]
    at: Column | list[Column]
    known_at: Column | None = None
    of: Literal["user", "account"] = "user"
    user: Column | list[Column] | None = None
    complete: bool = False  # what earlier files said, and this one does not hold, is taken back

    @model_validator(mode="after")
    def _plain(self) -> MergeMap:
        for word in ("former", "id", "at", "known_at", "user"):
            no_values(word, getattr(self, word))
        if self.user is not None and self.of != "account":
            raise ValueError("`user` is for `of: account`: whose events count for another account since")
        return self

    def columns(self) -> Iterator[tuple[str, Column]]:
        """Each column or cell that the map names, with the word that names it."""
        given = {"former": self.former, "id": self.id, "at": self.at, "known_at": self.known_at, "user": self.user}
        for word, value in given.items():
            yield from ((word, one) for one in (value if isinstance(value, list) else [value]) if one is not None)
        yield from ((word, name) for word in ("only", "leave_out") for name in getattr(self, word))


AnyMap = EventMap | FactMap | MergeMap


class FileMap(Strict):
    """A map file holds one of the three; and `from`, where a pull is to read the rows by itself."""

    from_: From | None = Field(None, alias="from")
    events: EventMap | None = None
    facts: FactMap | None = None
    merges: MergeMap | None = None

    @model_validator(mode="after")
    def _one(self) -> FileMap:
        if [self.events, self.facts, self.merges].count(None) != 2:
            raise ValueError("a map says one of `events:`, `facts:` and `merges:`")
        if self.facts is not None and self.from_ is not None and self.from_.cursor is not None:
            _fits_a_part(self.facts, self.from_.cursor)
        if self.merges is not None and self.merges.complete and self.from_ is not None:
            raise ValueError(
                "`complete` of merges is for files; a table takes one back by a row with the same id in both columns"
            )
        return self

    @property
    def table(self) -> AnyMap:
        """The one that it holds."""
        found = self.events or self.facts or self.merges
        assert found is not None, "a map holds one of the three"
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
        raise MapError(f"{name}: holds no map; it should begin with `events:`, `facts:` or `merges:`")
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
    models: dict[str, type[Strict]] = {"events": EventMap, "facts": FactMap, "merges": MergeMap, "from": From}
    model = models.get(str(loc[0]), FileMap) if len(loc) == 2 else Cell
    names = (field.alias or name for name, field in model.model_fields.items())
    near = did_you_mean(word, names)
    return f"; did you mean `{near}`?" if near else ""


__all__ = [
    "AnyMap",
    "Cell",
    "Column",
    "Covers",
    "EventMap",
    "FactMap",
    "FileMap",
    "From",
    "Kind",
    "MadeFrom",
    "MapError",
    "MergeMap",
    "ReadMap",
    "RowTest",
    "RowTests",
    "TableMap",
    "load_map",
    "map_of",
    "read_map",
    "text_of",
    "words_of",
]
