"""Whether what facts.yaml takes a CRM field for goes with what the CRM says it is, in words for people.

A share is held in two ways: Salesforce's percent field has 12 for 12 %, HubSpot's has 0.12. A source gives it with its
sign (`12%`), so that it is a share wherever it is read, and can be read as nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from expansion.language.check.kinds import CALLED
from integrations.kit.declare import Finding

# What a field holds, in the CRM's own description -> the kinds of facts that it can be.
Fits = Mapping[str, Collection[str]]
FITS: Fits = {
    "number": ("number", "money", "text"),
    "text": ("text", "list"),
    "currency": ("money", "number", "text"),
    "percent": ("percent", "number", "text"),
    "boolean": ("yes_no", "text"),
    "date": ("date", "text"),
    "datetime": ("date", "text"),
    "list": ("list", "text"),
}
_CALLED = {
    "number": "a plain number",
    "text": "text",
    "currency": "an amount of money",
    "percent": "a percentage",
    "boolean": "a checkbox",
    "date": "a date",
    "datetime": "a moment",
    "list": "a list",
}
CONTRADICTS = "its values cannot be read"


def misfits(field: str, holds: str, kinds: Collection[str]) -> Iterator[Finding]:
    """One finding for each kind that does not go with what the field holds. A text may hold anything: a warning."""
    if holds not in FITS:
        return
    for kind in sorted(set(kinds) - set(FITS[holds])):
        what = f"`{field}` is {_CALLED[holds]} there, and {CALLED[kind]} in facts.yaml"
        if holds == "text":
            remedy = (
                f"what of its values cannot be read as {CALLED[kind]} is unknown; see how many with `expansion run`"
            )
            yield Finding(what, True, remedy, mark="warning")
        elif kind == "percent" and holds == "number":
            remedy = "a plain number is taken for the share itself: 0.8 is 80%, and 80 is 8,000%"
            yield Finding(what, True, f"{remedy}; make it a percent field there", mark="warning")
        else:
            yield Finding(what, False, f"{CONTRADICTS} as {CALLED[kind]}: change its `kind` in facts.yaml")


def as_share(value: Any, times: int = 1) -> Any:
    """A share with its sign; nothing stays nothing. `times`: what makes hundredths of it."""
    if value is None or value == "":
        return value
    try:
        return f"{Decimal(str(value)) * times:f}%"
    except InvalidOperation:
        return value
