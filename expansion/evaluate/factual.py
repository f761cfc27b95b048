"""Facts as they were: the values that sources gave, read as their kind."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

import duckdb
import numpy as np

from expansion.evaluate.measures import Calendar, FactMeasure
from expansion.evaluate.numbers import Array, Flags, Numbers, from_fractions
from expansion.language.models import Facts, SourcedFact
from expansion.usage.duck import quote

NUMERIC = ("number", "money", "percent")
Read = Fraction | bool | str | datetime | tuple[str, ...]


@dataclass(frozen=True)
class FactColumn:
    """One fact at one moment for the accounts asked: what the source sent, and what could be read of it."""

    kind: str
    texts: Array  # str, or None where nothing is known
    values: list[Read | None]

    @property
    def known(self) -> Flags:
        return np.array([value is not None for value in self.values], dtype=bool)

    def numbers(self) -> Numbers:
        return from_fractions([value if isinstance(value, Fraction) else None for value in self.values])

    def cause(self, index: int, name: str) -> str | None:
        """Why one account's value is not known."""
        if self.values[index] is not None:
            return None
        text = self.texts[index]
        if text is None:
            return f"no value of `{name}` was known then"
        return f"`{name}` is {text!r}, which cannot be read as {self.kind}"


@dataclass
class FactMeasuring:
    """Takes facts for the accounts registered as `asked(idx, account_id)`."""

    con: duckdb.DuckDBPyConnection
    facts: str  # SQL for the fact changes
    vocabulary: Facts
    calendar: Calendar
    size: int
    unreadable: dict[str, int] = field(default_factory=dict)
    _taken: dict[tuple[FactMeasure, int], FactColumn] = field(default_factory=dict)

    def take(self, wanted: Iterable[tuple[FactMeasure, int]]) -> None:
        """Read all of these in one pass per moment."""
        by_moment: dict[datetime, list[tuple[FactMeasure, int]]] = {}
        for measure, point in {one for one in wanted if one not in self._taken}:
            by_moment.setdefault(self.calendar.end(point, measure.back), []).append((measure, point))
        for moment, measures in by_moment.items():
            texts = self._texts({self._where(measure.fact) for measure, _ in measures}, moment)
            for measure, point in measures:
                self._taken[measure, point] = self._column(measure.fact, texts[self._where(measure.fact)])

    def column(self, measure: FactMeasure, point: int) -> FactColumn:
        return self._taken[measure, point]

    def _where(self, fact: str) -> tuple[str, str]:
        """The source and field of a fact; `@source|field` names them directly, for cohorts."""
        if fact.startswith("@"):
            source, _, name = fact[1:].partition("|")
            return source, name
        definition = self.vocabulary.facts[fact]
        assert isinstance(definition, SourcedFact), "only sourced facts are stored"
        return definition.from_, definition.field

    def _texts(self, fields: set[tuple[str, str]], moment: datetime) -> dict[tuple[str, str], Array]:
        chosen = " OR ".join(f"(source = {quote(s)} AND field = {quote(f)})" for s, f in sorted(fields))
        at, seen = (f"TIMESTAMP {quote(_naive(m))}" for m in (moment, self.calendar.as_of))
        rows = self.con.execute(
            f"SELECT source, field, idx, arg_max_null(value, (since, seen_at)) AS value FROM {self.facts} "
            f"JOIN asked USING (account_id) WHERE user_id = '' AND since <= {at} AND seen_at <= {seen} AND ({chosen}) "
            "GROUP BY source, field, idx"
        ).fetchall()
        texts = {key: np.full(self.size, None, dtype=object) for key in fields}
        for source, name, index, value in rows:
            texts[source, name][index] = value
        return texts

    def _column(self, fact: str, texts: Array) -> FactColumn:
        definition = self.vocabulary.facts.get(fact)
        kind = definition.kind if isinstance(definition, SourcedFact) else "yes_no"
        read = {text: read_value(text, kind) for text in set(texts)}
        unread = sum(1 for text in texts if text is not None and read[text] is None)
        if unread:
            self.unreadable[fact] = unread
        return FactColumn(kind, texts, [read[text] for text in texts])


def read_value(text: str | None, kind: str) -> Read | None:
    """What a source sent, as its kind; None where it cannot be read as that."""
    if text is None or not text.strip():
        return None
    read: Read | None = _READERS[kind](text.strip())
    return read


def _number(text: str) -> Fraction | None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return Fraction(value) if value.is_finite() else None


def _percent(text: str) -> Fraction | None:
    """`80%` is 0.8; a plain number is taken as the share itself."""
    if text.endswith("%"):
        number = _number(text[:-1].strip())
        return None if number is None else number / 100
    return _number(text)


def _yes_no(text: str) -> bool | None:
    return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(text.lower())


def _date(text: str) -> datetime | None:
    if re.fullmatch(r"\d{12,14}", text):  # milliseconds since 1970, as HubSpot sends dates
        return datetime.fromtimestamp(int(text) / 1000, UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _list(text: str) -> tuple[str, ...] | None:
    """A JSON list, or items between semicolons as CRMs send them."""
    if text.startswith("["):
        try:
            items = json.loads(text)
        except json.JSONDecodeError:
            return None
        return tuple(str(item) for item in items)
    return tuple(item.strip() for item in text.split(";") if item.strip())


_READERS: dict[str, Callable[[str], Any]] = {
    "number": _number,
    "money": _number,
    "percent": _percent,
    "yes_no": _yes_no,
    "date": _date,
    "list": _list,
    "text": lambda text: text,
}


def _naive(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")
