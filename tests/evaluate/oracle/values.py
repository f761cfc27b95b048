"""Values as sources send them, read exactly; and numbers and texts compared with what a condition wants."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from tests.evaluate.oracle.answers import CANNOT_TELL, NO, YES, all_of, any_of, opposite, said


@dataclass(frozen=True)
class AtLeast:
    """A number that was only seen in part: it is this, or more."""

    number: Fraction


def number_of(text: Any) -> Fraction | None:
    try:
        value = Decimal(str(text).strip())
    except InvalidOperation:
        return None
    return Fraction(value) if value.is_finite() else None


def without_thousands(text: str) -> str:
    """1,200 is 1200; 12,00 stays what it is."""
    return text.replace(",", "") if re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?", text) else text


def threshold(written: Any) -> Fraction:
    text = str(written)
    return Fraction(text[:-1]) / 100 if text.endswith("%") else Fraction(text)


def read(text: str | None, kind: str, zone: ZoneInfo) -> Any:
    """What a source sent for a fact, as its kind; None where it cannot be read as that."""
    if text is None or not text.strip():
        return None
    text = text.strip()
    if kind in ("number", "money"):
        return number_of(without_thousands(text.removeprefix("$") if kind == "money" else text))
    if kind == "percent":
        share = number_of(without_thousands(text.removesuffix("%")))
        return share / 100 if share is not None and text.endswith("%") else share
    if kind == "yes_no":
        return {"true": True, "yes": True, "t": True, "1": True, "1.0": True, "no": False}.get(text.lower())
    if kind == "list":
        items = json.loads(text) if text.startswith("[") else [item.strip() for item in text.split(";")]
        return tuple(item for item in items if item) or None
    if kind == "date":
        moment = datetime.fromisoformat(text)
        if moment.tzinfo:
            return moment
        return moment.replace(tzinfo=zone if moment.time() == time() else UTC)
    return text


def is_nothing(text: str | None, kind: str) -> bool:
    """An answer that holds no value: nothing, blanks, a list without an item."""
    return text is None or not text.strip() or (kind == "list" and text.strip() in ("[]", ";"))


# --- properties of events ---------------------------------------------------------------------------------------------


def property_number(value: Any) -> Fraction | None:
    """Properties are kept to twelve digits after the point."""
    if value is None or isinstance(value, bool):
        return None
    number = number_of(value)
    if number is None or abs(number) >= 10**20:
        return None
    return Fraction(Decimal(str(value)).quantize(Decimal("1e-12"), ROUND_HALF_UP))


def property_text(value: Any) -> str | None:
    if value in (None, "", []):
        return None
    return json.dumps(value) if isinstance(value, bool | int | float) else str(value)


def fits(properties: dict[str, Any], name: str, wanted: Any) -> bool:
    """One part of `where`. A property that is missing fits nothing but `exists: false`."""
    value = None if properties.get(name) in ("", []) else properties.get(name)
    if isinstance(wanted, list):
        return fits(properties, name, {"is_one_of": wanted})
    if not isinstance(wanted, dict):
        return fits(properties, name, {"is": wanted})
    ((word, edge),) = wanted.items()
    if word == "exists":
        return (value is not None) == edge
    if value is None:
        return False
    if word in ("is_not", "is_not_one_of"):
        return not fits(properties, name, {word.replace("_not", ""): edge})
    if not isinstance(value, list):
        return passes(value, word, edge)
    if word == "contains":
        return str(edge).lower() in [(property_text(item) or "").lower() for item in value]
    return word in ("is", "is_one_of", "starts_with") and any(passes(item, word, edge) for item in value)


def passes(value: Any, word: str, edge: Any) -> bool:
    """A plain value, or an item of a list."""
    if word == "is":
        return equals(value, edge)
    if word == "is_one_of":
        return any(equals(value, one) for one in edge)
    if word in ("contains", "starts_with"):
        return text_fits(property_text(value) or "", word, edge)
    if word in ("before", "after"):
        try:
            day = date.fromisoformat(str(value)[:10])
        except ValueError:
            return False
        return day < date.fromisoformat(edge) if word == "before" else day > date.fromisoformat(edge)
    number = property_number(value)
    return number is not None and compared(number, word, edge) == YES


def equals(value: Any, wanted: Any) -> bool:
    if value is None:
        return False
    if isinstance(wanted, bool):
        return (property_text(value) or "").lower() == str(wanted).lower()
    if isinstance(wanted, int | float | Decimal):
        return property_number(value) == Fraction(str(wanted))
    return property_text(value) == wanted


# --- comparing --------------------------------------------------------------------------------------------------------


def compared(value: Any, word: str, wanted: Any) -> str:
    """A number against a threshold. What may be larger settles only what every larger number would."""
    if value is None:
        return CANNOT_TELL
    if word == "between":
        return all_of([compared(value, "at_least", wanted[0]), compared(value, "at_most", wanted[1])])
    if word == "is_one_of":
        return any_of(compared(value, "is", one) for one in wanted)
    if word == "is_not_one_of":
        return opposite(any_of(compared(value, "is", one) for one in wanted))
    edge = threshold(wanted)
    if isinstance(value, AtLeast):
        least = value.number
        settled = {
            "at_least": YES if least >= edge else CANNOT_TELL,
            "more_than": YES if least > edge else CANNOT_TELL,
            "at_most": NO if least > edge else CANNOT_TELL,
            "less_than": NO if least >= edge else CANNOT_TELL,
            "is": NO if least > edge else CANNOT_TELL,
            "is_not": YES if least > edge else CANNOT_TELL,
        }
        return settled[word]
    exact = {
        "at_least": value >= edge,
        "more_than": value > edge,
        "at_most": value <= edge,
        "less_than": value < edge,
        "is": value == edge,
        "is_not": value != edge,
    }
    return said(exact[word])


def items_fit(items: list[Any], word: str, wanted: Any) -> bool:
    """A list, compared as a whole: what any of its items passes, or none does."""
    texts = [property_text(item) or "" for item in items]
    if word in ("is_not", "is_not_one_of"):
        return not items_fit(items, word.replace("_not", ""), wanted)
    if word == "contains":
        return str(wanted).lower() in [text.lower() for text in texts]
    return any(text_fits(text, word, wanted) for text in texts)


def text_fits(value: str, word: str, wanted: Any) -> bool:
    if word in ("is_one_of", "is_not_one_of"):
        return (value in [str(one) for one in wanted]) == (word == "is_one_of")
    wanted = str(wanted)
    return {
        "is": value == wanted,
        "is_not": value != wanted,
        "contains": wanted.lower() in value.lower(),
        "starts_with": value.lower().startswith(wanted.lower()),
    }[word]
