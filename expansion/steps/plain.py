"""What authors wrote as plain JSON that reads back to the same: a waiting step keeps it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, TypeAdapter

from expansion.language.model.conditions import Clause
from expansion.language.model.following import WorkingSpan
from expansion.language.model.values import Counted, Percent, Periods, Span

_CLAUSES: TypeAdapter[list[Clause]] = TypeAdapter(list[Clause])


def as_plain(value: Any) -> Any:
    """What the author wrote, as plain JSON: only what was set, in the author's words."""
    match value:
        case BaseModel():
            return _model(value)
        case Percent():
            return _percent(value)
        case Span() | Counted() | Periods() | WorkingSpan():
            return str(value)
        case date():  # a datetime is one too
            return value.isoformat()
        case Mapping():
            return {str(key): as_plain(each) for key, each in value.items()}
        case str():
            return str(value)
        case Sequence():
            return [as_plain(each) for each in value]
        case _:
            return _number(value)


def read_clauses(plain: Sequence[Any]) -> list[Clause]:
    """Clauses from their plain JSON."""
    return _CLAUSES.validate_python(list(plain))


def _model(model: BaseModel) -> dict[str, Any]:
    names = {name: field.alias or name for name, field in type(model).model_fields.items()}
    return {names[name]: as_plain(getattr(model, name)) for name in names if name in model.model_fields_set}


def _percent(percent: Percent) -> str:
    """With all its digits; the text for people has two decimals at most."""
    hundred = percent.value * 100
    return f"{Decimal(hundred.numerator) / Decimal(hundred.denominator):f}%"


def _number(value: Any) -> Any:
    """ruamel's own number types become Python's; the language reads a fraction back through its shortest text."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Decimal | float):
        return float(value)
    if isinstance(value, int):
        return int(value)
    raise TypeError(f"{type(value).__name__} has no plain form")
