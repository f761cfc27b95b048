"""The few filters of templates. They take texts and lists of texts, and never fail on either."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from expansion.language.model.values import format_number
from expansion.text.escapes import Bullets

_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


@dataclass(frozen=True)
class Filter:
    """What it does, what it takes, and how it is written."""

    run: Callable[..., Any]
    takes: type | None
    example: str


def _each(change: Callable[[str], str]) -> Callable[[Any], Any]:
    def run(value: Any) -> Any:
        if isinstance(value, Bullets):
            return Bullets([change(one) for one in value])
        return [change(str(one)) for one in value] if isinstance(value, list | tuple) else change(str(value))

    return run


def _rounded(digits: int) -> Callable[[re.Match[str]], str]:
    def run(found: re.Match[str]) -> str:
        number = Decimal(found[0].replace(",", ""))
        return format_number(number.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))

    return run


def _round(value: Any, digits: int = 0) -> Any:
    """The numbers inside a text such as `$1,234.56`, rounded."""
    return _each(lambda text: _NUMBER.sub(_rounded(min(max(digits, 0), 2)), text))(value)


def _plain_number(text: str) -> str:
    """`3600` of `$3,600`, `93.75` of `93.75%`; a text without a number as it is."""
    found = _NUMBER.search(text)
    if found is None:
        return text
    is_negative = text[: found.start()].rstrip("$€£¥ ").endswith(("-", "−"))
    return f"{'-' if is_negative else ''}{found[0].replace(',', '')}"


def _default(value: Any, other: str = "") -> Any:
    return other if value in (None, "", "unknown", [], ()) else value


def _join(value: Any, between: str = ", ") -> str:
    return between.join(str(one) for one in value) if isinstance(value, list | tuple) else str(value)


def _first(value: Any) -> str:
    if isinstance(value, list | tuple):
        return str(value[0]) if value else ""
    return str(value)


FILTERS: dict[str, Filter] = {
    "upper": Filter(_each(str.upper), None, "{{ account.name | upper }}"),
    "lower": Filter(_each(str.lower), None, "{{ account.name | lower }}"),
    "title": Filter(_each(str.title), None, "{{ account.name | title }}"),
    "round": Filter(_round, int, "{{ worth | round }} or {{ worth | round(1) }}"),
    "number": Filter(_each(_plain_number), None, "{{ worth | number }}"),
    "default": Filter(_default, str, '{{ account.owner | default("nobody") }}'),
    "join": Filter(_join, str, '{{ people | join(" and ") }}'),
    "first": Filter(_first, None, "{{ reasons | first }}"),
}
