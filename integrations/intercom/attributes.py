"""Values for attributes of people in Intercom: an attribute has a type, and takes values of that type alone.

Types: developers.intercom.com, "Create a data attribute".
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from expansion.contract import Refused
from integrations.kit import values as values
from integrations.kit.said import moment, number

_TEXTS = ("string", "options")
_WANTS = {
    "integer": "a whole number",
    "float": "a number",
    "boolean": "true or false",
    "date": "a day",
    "datetime": "a moment",
}


def as_type(name: str, value: object, kind: str | None) -> object:
    """The value as its attribute takes it. Raises Refused where it cannot be; of an unknown type, it stays as it is."""
    if kind in _TEXTS and value is not None:
        return values.text(value)
    if kind not in _WANTS:
        return value
    found = _read(value, kind)
    if found is None:
        raise Refused(
            f"Intercom: the attribute {name} takes {_WANTS[kind]}, and `{str(value)[:40]}` is none; change the "
            "playbook, or the attribute under Settings > Data > People"
        )
    return found


def same(known: Any, value: object) -> bool:
    """Whether the attribute has that value already: 78 is 78.0 and `78`, and true is not 1."""
    if isinstance(known, bool) or isinstance(value, bool):
        return known is value
    left, right = number(known), number(value)
    return bool(known == value) if left is None or right is None else left == right


def _read(value: object, kind: str) -> object:
    if kind == "boolean":
        return value if isinstance(value, bool) else {"true": True, "false": False}.get(str(value).strip().lower())
    if isinstance(value, bool):
        return None
    text = str(value).strip()
    if kind in ("integer", "float"):
        read = values.number(value)  # a share is one too: 93.75% is 0.9375
        found = None if read is None else float(read)
        if found is None or (kind == "integer" and not found.is_integer()):
            return None
        return int(found) if kind == "integer" else found
    day = moment(text)
    return None if day is None else int(_midnight(day).timestamp() if kind == "date" else day.timestamp())


def _midnight(day: datetime) -> datetime:
    return day.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
