"""Atoms: the different event filters that triggers use. Each becomes a group of columns in the rollup."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any

from expansion.language.conditions import Where
from expansion.language.values import Percent
from expansion.usage.properties import column_of
from expansion.usage.spelling import DUCK, Spelling

_SIGNS = {"at_least": ">=", "more_than": ">", "at_most": "<=", "less_than": "<", "before": "<", "after": ">"}


@dataclass(frozen=True)
class Atom:
    """Events of these names whose properties fit. `where` holds (property, word, value as canonical JSON)."""

    events: tuple[str, ...]
    where: tuple[tuple[str, str, str], ...] = ()

    def __hash__(self) -> int:
        return hash(self.id)

    @cached_property
    def id(self) -> str:
        """A short name made of the meaning: the same filter in two triggers is one atom."""
        meaning = json.dumps([sorted(self.events), sorted(self.where)])
        return hashlib.sha256(meaning.encode()).hexdigest()[:10]

    @property
    def properties(self) -> set[str]:
        """The properties that it asks for."""
        return {name for name, _, _ in self.where}

    @property
    def numbers(self) -> set[str]:
        """The properties that it compares as numbers: their relation has a column `number_of(name)`."""
        return {name for name, _, value in self.where if _has_number(json.loads(value))}

    def sql(self, spelling: Spelling = DUCK) -> str:
        """The filter over the columns of events. A property that is missing does not fit."""
        names = [spelling.one_of("event", sorted(self.events))] if self.events else []
        return " AND ".join([*names, *(_fits(spelling, *part) for part in self.where)]) or "true"

    def count(self, spelling: Spelling = DUCK) -> str:
        """How many events fit."""
        if self.events and not self.where:
            return spelling.count_of("event", sorted(self.events))
        if not self.events and len(self.where) == 1 and (texts := _only_texts(*self.where[0])):
            return spelling.count_of(spelling.prop(self.where[0][0]), texts)
        return spelling.count(self.sql(spelling))


def atom_of(events: tuple[str, ...], where: Mapping[str, Any]) -> Atom:
    """The atom of a condition's `event` and `where`. The event name `any event` stands for all of them."""
    names = () if events == ("any event",) else tuple(sorted(set(events)))
    return Atom(names, tuple(sorted(_part(name, wanted) for name, wanted in where.items())))


def number_of(name: str) -> str:
    """The column that holds a property as a number, see rollup.with_numbers."""
    return f"n{column_of(name)}"


def _part(name: str, wanted: Any) -> tuple[str, str, str]:
    if isinstance(wanted, Where):
        word, value = wanted.comparison()
        return name, word, json.dumps(_plain(value))
    if isinstance(wanted, list):
        return name, "is_one_of", json.dumps([_plain(one) for one in wanted])
    return name, "is", json.dumps(_plain(wanted))


def _plain(value: Any) -> Any:
    match value:
        case bool() | str():
            return value
        case int() | Decimal():
            return {"number": str(value)}
        case Percent():
            return {"number": _decimal(value.value)}
        case datetime():
            return value.isoformat()
        case list():
            return [_plain(one) for one in value]
    return str(value)


def _decimal(value: Fraction) -> str:
    return str(Decimal(value.numerator) / Decimal(value.denominator))


def _only_texts(name: str, word: str, value: str) -> list[str]:
    """The texts of which a property has to be one, where that is all that is asked."""
    wanted = json.loads(value)
    texts = wanted if word == "is_one_of" else [wanted] if word == "is" else []
    return sorted(texts) if all(isinstance(one, str) for one in texts) else []


def _has_number(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(map(_has_number, value)))


def _fits(spelling: Spelling, name: str, word: str, value: str) -> str:
    wanted = json.loads(value)
    text = spelling.prop(name)
    match word:
        case "is" | "is_one_of":
            return _equals_any(spelling, name, wanted if word == "is_one_of" else [wanted])
        case "is_not" | "is_not_one_of":
            same = _equals_any(spelling, name, wanted if word == "is_not_one_of" else [wanted])
            return f"({text} IS NOT NULL AND NOT coalesce({same}, false))"
        case "contains":
            return spelling.contains(text, _text(wanted))
        case "starts_with":
            return spelling.starts_with(text, _text(wanted))
        case "exists":
            return f"({text} IS {'NOT ' if wanted else ''}NULL)"
        case "between":
            return f"({_ordered(spelling, name, '>=', wanted[0])} AND {_ordered(spelling, name, '<=', wanted[1])})"
    return _ordered(spelling, name, _SIGNS[word], wanted)


def _text(wanted: Any) -> str:
    return str(wanted["number"]) if isinstance(wanted, dict) else str(wanted)


def _equals_any(spelling: Spelling, name: str, wanted: list[Any]) -> str:
    texts = sorted({one for one in wanted if isinstance(one, str)})
    parts = [spelling.one_of(spelling.prop(name), texts)] if texts else []
    for one in wanted:
        if isinstance(one, bool):
            parts.append(f"lower({spelling.prop(name)}) = '{str(one).lower()}'")
        elif isinstance(one, dict):
            parts.append(f"{number_of(name)} = {spelling.literal(one['number'])}")
    return "(" + " OR ".join(parts) + ")"


def _ordered(spelling: Spelling, name: str, sign: str, wanted: Any) -> str:
    if isinstance(wanted, dict):
        return f"({number_of(name)} {sign} {spelling.literal(wanted['number'])})"
    # A date is a whole day, as the source wrote it: `after: 2026-03-01` begins on the second.
    return f"({spelling.day(spelling.prop(name))} {sign} DATE {spelling.text(str(wanted)[:10])})"
