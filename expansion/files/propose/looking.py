"""A look at a table: what each of its columns, and each way inside one, says in the rows that were read."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

from expansion.files.propose.forms import DAYS, NUMBERS, TIMES, says_nothing, share
from expansion.usage.forms.cells import NOTHING, is_nothing

Way = tuple[str | int, ...]  # a column, then keys and places inside its value

_DEEPEST = 4
_MOST_WAYS = 300  # objects with a key for each customer have thousands
_MOST = 0.98  # of the cells: a few that are wrong make no column something else
_BOUND = re.compile(r"([a-z0-9])([A-Z])")


@dataclass(frozen=True)
class Table:
    """Rows of one table, as they were read: texts, or what JSON and Parquet hold."""

    name: str
    columns: tuple[str, ...]
    rows: Sequence[Mapping[str, Any]]
    is_whole: bool = True  # every row was read
    is_json: bool = False  # each row is an object
    read: Mapping[str, Any] = field(default_factory=dict)  # the words of `read:` by which it was read


@dataclass
class Seen:
    """What the rows say in one column, or at one way inside it."""

    way: Way
    rows: int
    key: str | None = None  # of a list of keys and values
    texts: Counter[str] = field(default_factory=Counter)
    nothing: Counter[str] = field(default_factory=Counter)  # words for nothing that were met
    lists: int = 0
    parts: int = 0  # cells that hold an object, or a list of them

    @property
    def name(self) -> str:
        """As a map writes it in short, dots between the parts."""
        return ".".join(map(str, self.way)) + (f"[{self.key}]" if self.key else "")

    @cached_property
    def plain_name(self) -> str:
        """Its own name, small, with underscores: `context.groupId`, `GROUP_ID` and `groupId` are `group_id`."""
        return plain_name(self.key or next(part for part in reversed(self.way) if isinstance(part, str)))

    @property
    def filled(self) -> int:
        return sum(self.texts.values())

    @property
    def is_filled(self) -> bool:
        """In nearly every row."""
        return self.filled >= _MOST * self.rows

    @property
    def different(self) -> int:
        return len(self.texts)

    @property
    def is_inside(self) -> bool:
        return len(self.way) > 1 or self.key is not None

    @cached_property
    def is_time(self) -> bool:
        """Moments or days; numbers only where the name says that they are."""
        said = share(self.texts, lambda found: bool(found & (TIMES - {"since 1970", "bare day"})))
        return said >= _MOST or (looks_like_a_time(self.plain_name) and self._most(TIMES))

    @cached_property
    def is_day(self) -> bool:
        return self.is_time and self._most(DAYS)

    @cached_property
    def is_number(self) -> bool:
        return self._most(NUMBERS)

    @cached_property
    def is_yes_no(self) -> bool:
        return 0 < self.different <= 4 and self._most(frozenset(("yes_no",)))

    def is_all(self, form: str) -> bool:
        """Whether nearly all cells have this form."""
        return self._most(frozenset((form,)))

    def has(self, form: str) -> bool:
        """Whether some cells have this form."""
        return share(self.texts, lambda found: form in found) > 0

    def samples(self, count: int = 3) -> tuple[str, ...]:
        return tuple(self.texts)[:count]

    def _most(self, wanted: frozenset[str]) -> bool:
        known = Counter({text: count for text, count in self.texts.items() if not says_nothing(text)})
        return bool(known) and share(known, lambda found: bool(found & wanted)) >= _MOST


def plain_name(name: str) -> str:
    """A name in small letters with underscores."""
    snake = _BOUND.sub(r"\1_\2", name)
    return re.sub(r"[^a-z0-9]+", "_", snake.lower()).strip("_")


_TIME_NAMES = re.compile(
    r"(?:^|_)(?:ts|time|timestamp|tstamp|date|datetime|day|dt|created|updated|createdate|occurred|happened|month)$|_at$"
)


def looks_like_a_time(name: str) -> bool:
    """Whether a column's name says that it holds times."""
    return bool(_TIME_NAMES.search(name)) or ("time" in name and name.endswith(("_ms", "_micros")))


def look(table: Table) -> list[Seen]:
    """Each column and each way inside one, in the order in which they were met."""
    found: dict[tuple[Way, str | None], Seen] = {
        ((column,), None): Seen((column,), len(table.rows)) for column in table.columns
    }
    for row in table.rows:
        for column, value in row.items():
            for way, key, said in _inside((column,), value):
                if (way, key) not in found:
                    if len(found) >= _MOST_WAYS + len(table.columns):
                        continue
                    found[way, key] = Seen(way, len(table.rows), key)
                _note(found[way, key], said)
    return list(found.values())


def _inside(way: Way, value: Any) -> Iterator[tuple[Way, str | None, Any]]:
    """A value and what is inside it: objects, lists of keys and values, the first of a list."""
    value = _opened(value)
    yield way, None, value
    if len(way) > _DEEPEST:
        return
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _inside((*way, str(key)), part)
    elif isinstance(value, list) and value and all(_is_pair(one) for one in value):
        for one in value:
            yield way, str(one["key"]), value_of_pair(one["value"])
    elif isinstance(value, list) and value:
        yield from _inside((*way, 0), value[0])


def _opened(value: Any) -> Any:
    """JSON inside a text, as what it says."""
    if isinstance(value, str) and value[:1] in ("{", "[") and value[-1:] in ("}", "]"):
        try:
            return json.loads(value)
        except ValueError:
            return value
    if isinstance(value, tuple):
        return list(value)
    return value


def _is_pair(one: Any) -> bool:
    return isinstance(one, Mapping) and {"key", "value"} <= set(one)


def value_of_pair(value: Any) -> Any:
    """Of GA4's `{string_value: …, int_value: …}` the one that is filled."""
    if isinstance(value, Mapping):
        return next((one for one in value.values() if one is not None), None)
    return value


def _note(seen: Seen, value: Any) -> None:
    if isinstance(value, Mapping):
        seen.parts += 1
        return
    if isinstance(value, list):
        seen.lists += 1
        seen.parts += any(isinstance(one, Mapping) for one in value)
        value = json.dumps(value, ensure_ascii=False, default=str) if value else None
    if is_nothing(value):
        word = value.strip() if isinstance(value, str) else ""
        if word in NOTHING:
            seen.nothing[word] += 1
        return
    seen.texts[as_text(value)] += 1


def as_text(value: Any) -> str:
    """A cell as a CSV would write it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    return str(value).strip()
