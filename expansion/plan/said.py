"""A definition as its author wrote it, without what stands at its default: plain texts, lists and tables of them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from expansion.language.model.values import format_number

_FIRST = frozenset({"id", "reason", "fact", "event", "cohort", "sequence", "trigger"})  # what an entry is about
Said = str | tuple["Said", ...] | Mapping[str, "Said"]


def said(value: Any) -> Said:
    """Two values that mean the same are said alike: `0.8` and `0.80`, `28 days` however it is spaced."""
    match value:
        case BaseModel():
            return _of_model(value)
        case Mapping():
            return {str(key): said(inner) for key, inner in value.items()}
        case list() | tuple():
            return tuple(said(inner) for inner in value)
        case bool():
            return "true" if value else "false"
        case int() | Decimal():
            return number(value)
    return str(value)


def number(value: int | Decimal) -> str:
    """Every digit there is, thousands set apart: a change of the third decimal is one."""
    return format_number(value) if isinstance(value, int) else f"{value.normalize():,f}"


def _of_model(model: BaseModel) -> dict[str, Said]:
    told = {}
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if field.is_required() or value != field.get_default(call_default_factory=True):
            told[field.alias or name] = said(value)
    return told


def in_line(value: Said) -> str:
    """In one line, as short as YAML: `fact seat_usage at_least 80% for 14 days`."""
    match value:
        case str():
            return " ".join(value.split())
        case tuple():
            return ", ".join(f"({in_line(one)})" if isinstance(one, Mapping) else in_line(one) for one in value)
    return " ".join(_word(key, value[key]) for key in sorted(value, key=_FIRST.__contains__, reverse=True))


def _word(key: str, value: Said) -> str:
    return f"{key} {in_line(value)}" if isinstance(value, str) else f"{key} ({in_line(value)})"
