"""What `{{ … }}` is to a machine: a field of a CRM takes 1500 and 2026-03-07 where people read 1,500 and 7 March 2026.

Plain JSON, because a waiting step keeps it: numbers as numbers, a share with its sign (`93.75%`: how a field holds it
is that system's business), days and moments as ISO writes them, yes and no, lists of texts. None: not known. A text is
none of these: it is filled in as in any other text, and made as harmless.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from decimal import Decimal
from fractions import Fraction
from typing import Any

from expansion.accounts.priority import Priority
from expansion.evaluate.results import FactValue
from expansion.text.escapes import one_line

_DIGITS = 6  # after the point, of what has no end: a third


def is_text(fact: FactValue | None) -> bool:
    return fact is not None and isinstance(fact.value, str)


def of_fact(fact: FactValue | None) -> Any:
    """A fact's value, which is no text; None where it is not known."""
    value = None if fact is None else fact.value
    match value:
        case bool() | None:
            return value
        case datetime():
            return value.date().isoformat() if value.time() == time() else value.isoformat()
        case tuple():
            return [one_line(item) for item in value]
        case Fraction() if fact is not None and fact.text.endswith("%"):
            return share(value)
    return number(value)


def of_firing(priority: Priority, people: int, fired_on: str) -> dict[str, Any]:
    """By the names of templates, what is no text of a firing."""
    return {
        "worth": None if priority.worth is None else number(Fraction(priority.worth)),
        "likely": share(Fraction(priority.likely)),
        "expected": None if priority.expected is None else number(Fraction(priority.expected)),
        "priority": None if priority.expected is None else round(priority.expected),
        "people_count": people,
        "fired_on": fired_on,
    }


def number(value: Any) -> int | float:
    """A whole number as one; with six digits after the point where it has no end."""
    exact = Fraction(value)
    return exact.numerator if exact.denominator == 1 else float(round(exact, _DIGITS))


def share(value: Fraction) -> str:
    """`93.75%`."""
    hundred = round(value * 100, _DIGITS)
    text = f"{Decimal(hundred.numerator) / Decimal(hundred.denominator):f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text}%"


def by_name(firing: Mapping[str, Any], facts: Mapping[str, Any], worth: str | None) -> dict[str, Any]:
    """All of them, by the name that a template writes. `worth`: the fact that is the account's value."""
    named = {f"facts.{name}": value for name, value in facts.items()}
    return {**firing, **named, **({"account.value": facts[worth]} if worth and worth in facts else {})}
