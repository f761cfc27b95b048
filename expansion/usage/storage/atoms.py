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

from expansion.language.model.conditions import Where
from expansion.language.model.values import Percent
from expansion.usage.forms.properties import column_of
from expansion.usage.forms.sql_dialect import DUCK, Items, Spelling

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
        # A filter whose meaning changed has another name, so that rollups of before are not taken for it.
        meaning = json.dumps([sorted(self.events), sorted(self.where), *(["items"] if self.where else [])])
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


def _has_number(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(map(_has_number, value)))


def _fits(spelling: Spelling, name: str, word: str, value: str) -> str:
    wanted, text = json.loads(value), spelling.prop(name)
    if word == "exists":
        return f"({text} IS {'NOT ' if wanted else ''}NULL)"
    if word in ("is_not", "is_not_one_of"):
        same = _fits(spelling, name, word.replace("_not", ""), value)
        return f"({text} IS NOT NULL AND NOT coalesce({same}, false))"
    asked = Compared(word, wanted)
    plain, texts = _one(spelling, text, number_of(name), asked), _as_texts(asked)
    if texts is None:
        return plain  # a list is not larger than a number, nor before a day

    def item(each: str) -> str:
        return _one(spelling, each, spelling.number(each), asked, of_list=True)

    return spelling.or_of_items(text, plain, item, texts)


@dataclass(frozen=True)
class Compared:
    """A comparison that a text, or an item of a list, has to pass."""

    word: str
    wanted: Any


def _one(spelling: Spelling, text: str, number: str, asked: Compared, *, of_list: bool = False) -> str:
    wanted = asked.wanted
    match asked.word:
        case "is" | "is_one_of":
            return _equals_any(spelling, text, number, wanted if asked.word == "is_one_of" else [wanted])
        case "contains":
            if of_list:  # has this item
                return f"{spelling.lower(text)} = {spelling.lower(spelling.text(_text(wanted)))}"
            return spelling.contains(text, _text(wanted))
        case "starts_with":
            return spelling.starts_with(text, _text(wanted))
        case "between":
            ends = zip((">=", "<="), wanted, strict=True)
            return f"({' AND '.join(_ordered(spelling, text, number, sign, end) for sign, end in ends)})"
    return _ordered(spelling, text, number, _SIGNS[asked.word], wanted)


def _as_texts(asked: Compared) -> Items | None:
    """What an item has to be, as far as that is a matter of texts; None where it is compared as a number or a day."""
    wanted = asked.wanted if asked.word == "is_one_of" else [asked.wanted]
    if asked.word not in ("is", "is_one_of", "contains", "starts_with"):
        return None
    numbers = tuple(_text(one) for one in wanted if isinstance(one, dict))
    texts = tuple(str(one).lower() if isinstance(one, bool) else one for one in wanted if not isinstance(one, dict))
    any_case = asked.word in ("contains", "starts_with") or any(isinstance(one, bool) for one in wanted)
    if asked.word in ("contains", "starts_with"):
        texts, numbers = (*texts, *numbers), ()
    return Items(texts, numbers, whole=asked.word != "starts_with", any_case=any_case)


def _text(wanted: Any) -> str:
    return str(wanted["number"]) if isinstance(wanted, dict) else str(wanted)


def _equals_any(spelling: Spelling, text: str, number: str, wanted: list[Any]) -> str:
    texts = sorted({one for one in wanted if isinstance(one, str)})
    parts = [spelling.one_of(text, texts)] if texts else []
    for one in wanted:
        if isinstance(one, bool):
            parts.append(f"lower({text}) = '{str(one).lower()}'")
        elif isinstance(one, dict):
            parts.append(f"{number} = {spelling.literal(one['number'])}")
    return "(" + " OR ".join(parts) + ")"


def _ordered(spelling: Spelling, text: str, number: str, sign: str, wanted: Any) -> str:
    if isinstance(wanted, dict):
        return f"({number} {sign} {spelling.literal(wanted['number'])})"
    # A date is a whole day, as the source wrote it: `after: 2026-03-01` begins on the second.
    return f"({spelling.day(text)} {sign} DATE {spelling.text(str(wanted)[:10])})"
