"""What a map says of columns, cells and rows, whatever its table is of."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator

from expansion.files.read.words import ReadWords
from expansion.language.model.fields import Strict

Kind = Literal["number", "money", "percent", "yes_no", "date", "text"]


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


def no_values(word: str, column: Any) -> None:
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


__all__ = ["Cell", "Column", "Covers", "Kind", "MadeFrom", "ReadMap", "RowTest", "RowTests", "TableMap", "no_values"]
