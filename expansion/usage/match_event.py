"""Whether one event fits an atom, told in this process as events come in: the same as atoms.py says in SQL."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from expansion.usage.forms.duck import connect
from expansion.usage.forms.items import items_of
from expansion.usage.forms.sql_dialect import BEYOND, DIGITS, DUCK, PLACES
from expansion.usage.storage.atoms import Atom

# What DuckDB reads as a decimal: digits may be set apart by single underscores.
_DIGITS = r"\d(?:_?\d)*"
_NUMBER = re.compile(rf"\s*[+-]?(?:({_DIGITS})(?:\.(?:{_DIGITS})?)?|\.{_DIGITS})(?:[eE][+-]?{_DIGITS})?\s*", re.ASCII)
_UNIT = Decimal(1).scaleb(-PLACES)
_EXACT = Context(prec=200)


def fits(atom: Atom, event: str, texts: Mapping[str, str | None]) -> bool:
    """True for an event of one of the atom's names whose properties, given as the texts that are stored, all fit."""
    if atom.events and event not in atom.events:
        return False
    return all(_fits(texts.get(name), word, json.loads(value)) for name, word, value in atom.where)


def number(text: str | None) -> int | None:
    """A property as a whole number of its last digit kept (10^-12), rounded half up; None where it is no number."""
    found = _NUMBER.fullmatch(text) if text is not None else None
    if text is None or not found or len((found[1] or "").replace("_", "").lstrip("0")) > DIGITS - PLACES:
        return None
    try:
        value = _EXACT.create_decimal(text.strip().replace("_", ""))
        rounded = value.quantize(_UNIT, ROUND_HALF_UP, _EXACT)
    except InvalidOperation:
        return None
    return int(rounded.scaleb(PLACES, _EXACT)) if abs(rounded) < BEYOND else None


def _fits(text: str | None, word: str, wanted: Any) -> bool:
    if word == "exists":
        return (text is not None) is bool(wanted)
    if text is None:
        return False
    if word in ("is_not", "is_not_one_of"):
        return not _fits(text, word.replace("_not", ""), wanted)
    items = items_of(text) if word in ("is", "is_one_of", "contains", "starts_with") else None
    if items is None:
        return _passes(text, word, wanted)
    if word == "contains":
        return _said(wanted).lower() in (item.lower() for item in items)
    return any(_passes(item, word, wanted) for item in items)


def _passes(text: str, word: str, wanted: Any) -> bool:
    match word:
        case "is" | "is_one_of":
            return _equals_any(text, wanted if word == "is_one_of" else [wanted])
        case "contains":
            return _said(wanted).lower() in text.lower()
        case "starts_with":
            return text.lower().startswith(_said(wanted).lower())
        case "between":
            return _ordered(text, "at_least", wanted[0]) and _ordered(text, "at_most", wanted[1])
    return _ordered(text, word, wanted)


def _said(wanted: Any) -> str:
    return str(wanted["number"]) if isinstance(wanted, dict) else str(wanted)


def _equals_any(text: str, wanted: list[Any]) -> bool:
    return any(_equals(text, one) for one in wanted)


def _equals(text: str, wanted: Any) -> bool:
    if isinstance(wanted, bool):
        return text.lower() == str(wanted).lower()
    if isinstance(wanted, dict):
        value = number(text)
        return value is not None and value == _threshold(wanted)
    return text == str(wanted)


def _ordered(text: str, word: str, wanted: Any) -> bool:
    value: Any
    edge: Any
    if isinstance(wanted, dict):
        value, edge = number(text), _threshold(wanted)
    else:
        value, edge = _day(text), date.fromisoformat(str(wanted)[:10])
    if value is None:
        return False
    match word:
        case "at_least":
            return bool(value >= edge)
        case "at_most":
            return bool(value <= edge)
        case "more_than" | "after":
            return bool(value > edge)
    return bool(value < edge)


def _threshold(wanted: Mapping[str, str]) -> Decimal:
    return Decimal(wanted["number"]).scaleb(PLACES, _EXACT)


@lru_cache(maxsize=10_000)
def _day(text: str) -> date | None:
    """There are more ways to write a date than anybody should tell twice: DuckDB is asked."""
    ((day,),) = connect(threads=1).execute(f"SELECT {DUCK.day('$1')}", [text]).fetchall()
    return day if isinstance(day, date) else None
