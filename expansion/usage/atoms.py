"""Atoms: the different event filters that triggers use. Each becomes a group of columns in the rollup."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from typing import Any

from expansion.language.conditions import Where
from expansion.language.values import Percent
from expansion.usage.duck import quote, quote_list

# Properties are numbers of at most 20 digits before the point and 12 after; what has more after it is rounded there.
# So a sum of a million of the largest still fits the 38 digits that DuckDB has.
_NUMBER = "DECIMAL(32, 12)"
_BEYOND = Decimal(10) ** 20  # every number that can be read is smaller


@dataclass(frozen=True)
class Atom:
    """Events of these names whose properties fit. `where` holds (property, word, value as canonical JSON)."""

    events: tuple[str, ...]
    where: tuple[tuple[str, str, str], ...] = ()

    @property
    def id(self) -> str:
        """A short name made of the meaning: the same filter in two triggers is one atom."""
        meaning = json.dumps([sorted(self.events), sorted(self.where)])
        return hashlib.sha256(meaning.encode()).hexdigest()[:10]

    def sql(self) -> str:
        """The filter over the columns `event` and `properties`. A property that is missing does not fit."""
        names = [f"event IN ({quote_list(sorted(self.events))})"] if self.events else []
        return " AND ".join([*names, *(_fits(*part) for part in self.where)]) or "true"


def atom_of(events: tuple[str, ...], where: Mapping[str, Any]) -> Atom:
    """The atom of a condition's `event` and `where`. The event name `any event` stands for all of them."""
    names = () if events == ("any event",) else tuple(sorted(set(events)))
    return Atom(names, tuple(sorted(_part(name, wanted) for name, wanted in where.items())))


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


def pointer(*names: str) -> str:
    """A property's name, or a way through nested ones, as a JSON pointer in SQL: any name can be asked for."""
    return quote("".join("/" + name.replace("~", "~0").replace("/", "~1") for name in names))


def property_text(name: str) -> str:
    """SQL for a property as text. Empty text is no value, as in facts and in the cells of a CSV."""
    return f"nullif(json_extract_string(properties, {pointer(name)}), '')"


def property_number(name: str) -> str:
    """SQL for a property as an exact number, NULL where it cannot be read as one."""
    return f"TRY_CAST({property_text(name)} AS {_NUMBER})"


def _fits(name: str, word: str, value: str) -> str:
    wanted = json.loads(value)
    text = property_text(name)
    match word:
        case "is":
            return _equals(name, wanted)
        case "is_not":
            return _known_but(text, [_equals(name, wanted)])
        case "is_one_of":
            return "(" + " OR ".join(_equals(name, one) for one in wanted) + ")"
        case "is_not_one_of":
            return _known_but(text, [_equals(name, one) for one in wanted])
        case "contains":
            return f"contains(lower({text}), lower({quote(_text(wanted))}))"
        case "starts_with":
            return f"starts_with(lower({text}), lower({quote(_text(wanted))}))"
        case "exists":
            return f"({text} IS {'NOT ' if wanted else ''}NULL)"
        case "between":
            return f"({_ordered(name, '>=', wanted[0])} AND {_ordered(name, '<=', wanted[1])})"
    return _ordered(name, _SIGNS[word], wanted)


_SIGNS = {"at_least": ">=", "more_than": ">", "at_most": "<=", "less_than": "<", "before": "<", "after": ">"}


def _known_but(text: str, values: list[str]) -> str:
    any_of = " OR ".join(f"coalesce({value}, false)" for value in values)
    return f"({text} IS NOT NULL AND NOT ({any_of}))"


def _text(wanted: Any) -> str:
    return str(wanted["number"]) if isinstance(wanted, dict) else str(wanted)


def _equals(name: str, wanted: Any) -> str:
    if isinstance(wanted, bool):
        return f"(lower({property_text(name)}) = '{str(wanted).lower()}')"
    if isinstance(wanted, dict):
        return f"({property_number(name)} = {_literal(wanted['number'])})"
    return f"({property_text(name)} = {quote(wanted)})"


def _ordered(name: str, sign: str, wanted: Any) -> str:
    if isinstance(wanted, dict):
        return f"({property_number(name)} {sign} {_literal(wanted['number'])})"
    # A date is a whole day, as the source wrote it: `after: 2026-03-01` begins on the second.
    day = f"CAST(TRY_CAST({property_text(name)} AS TIMESTAMP) AS DATE)"
    return f"({day} {sign} DATE {quote(str(wanted)[:10])})"


def _literal(number: str) -> str:
    """A threshold as SQL. One that no number reaches becomes the first that none does: DuckDB would stop instead."""
    value = max(-_BEYOND, min(_BEYOND, Decimal(number)))
    exact = value.quantize(Decimal("1e-17"), ROUND_HALF_UP, Context(prec=40))
    return f"CAST('{exact:f}' AS DECIMAL(38, 17))"
