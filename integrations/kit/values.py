"""What a playbook gives for a typed field, read as that type; None where it is none.

Numbers and days come as such where a template stands alone. Written by hand or filled into text they are text: what
this product itself writes (`1,500`, `$3,600`, `93.75%`, `7 March 2026`) can be read back without guessing, and no more
is.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

_NUMBER = re.compile(r"-?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?", re.ASCII)
_AMOUNT = re.compile(r"(?P<minus>-?)[$€£¥]?(?P<digits>[\d.,]+)(?: [A-Z]{3})?")
_SCALE = 12


def share(value: Any) -> Decimal | None:
    """`93.75%` as 0.9375; None for what has no sign of percent."""
    if not isinstance(value, str) or not value.strip().endswith("%"):
        return None
    hundreds = number(value.strip()[:-1].strip())
    return None if hundreds is None else hundreds / 100


def number(value: Any) -> Decimal | None:
    """A number, or an amount with its currency; a share is one as well."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        found = Decimal(str(value))
        return found if found.is_finite() else None
    text = value.strip() if isinstance(value, str) else ""
    if text.endswith("%"):
        return share(text)
    amount = _AMOUNT.fullmatch(text)
    digits = f"{amount['minus']}{amount['digits']}" if amount else text
    try:
        return Decimal(digits.replace(",", "")) if _NUMBER.fullmatch(digits) else None
    except InvalidOperation:
        return None


def yes_no(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    return {"true": True, "yes": True, "false": False, "no": False}.get(str(value).strip().lower())


def day(value: Any) -> str | None:
    """A day as ISO writes it. The day of a moment is the one that is written."""
    text = value.strip() if isinstance(value, str) else ""
    for written in (text, text[:10] if "T" in text else ""):
        try:
            return date.fromisoformat(written).isoformat()
        except ValueError:
            continue
    try:
        return datetime.strptime(text, "%d %B %Y").date().isoformat()
    except ValueError:
        return None


def moment(value: Any) -> str | None:
    """A moment with its zone, as ISO writes it; a day alone is none."""
    text = value.strip() if isinstance(value, str) else ""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.isoformat() if found.tzinfo and "T" in text else None


def items(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list | tuple) else [str(value)]


def text(value: Any) -> str:
    """As a field of text has it: `true`, `1500`, items with commas between."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return ", ".join(str(one) for one in value)
    return digits(Decimal(str(value))) if isinstance(value, int | float) else str(value)


def digits(value: Decimal) -> str:
    """Without an exponent, and without zeros that say nothing."""
    shown = f"{round(value, _SCALE):f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def json_number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(round(value, _SCALE))
