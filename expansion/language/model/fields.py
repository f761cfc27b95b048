"""The small values as fields of models: read from text, and shown to editors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, WithJsonSchema, model_validator

from expansion.language.model.values import (
    Counted,
    Percent,
    Periods,
    Rate,
    Span,
    parse_counted,
    parse_days,
    parse_percent,
    parse_periods,
    parse_rate,
    parse_scalar,
    parse_span,
)


class Strict(BaseModel):
    """Every model of the language refuses a key it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, populate_by_name=True)


AS_FAR_AS_IT_GOES = {"reading on": True}  # a context: what does not go together was told, and is read all the same


def goes_together(rule: Callable[[Any], Any]) -> Any:
    """A rule about several words of a model; see AS_FAR_AS_IT_GOES."""

    def checked(self: Any, info: ValidationInfo) -> Any:
        return self if info.context == AS_FAR_AS_IT_GOES else rule(self)

    checked.__doc__ = rule.__doc__
    return model_validator(mode="after")(checked)


Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]

SpanField = Annotated[
    Span,
    BeforeValidator(parse_span),
    WithJsonSchema({"type": "string", "pattern": r"^\d+ (minute|hour|day|week|month)s?$", "examples": ["14 days"]}),
]
DaysField = Annotated[
    Span,
    BeforeValidator(parse_days),
    WithJsonSchema({"type": "string", "pattern": r"^\d+ (day|week|month)s?$", "examples": ["14 days"]}),
]
PeriodsField = Annotated[
    Periods,
    BeforeValidator(parse_periods),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^\d+ of the last \d+ (day|week|month)s?$",
            "examples": ["3 of the last 4 weeks"],
        }
    ),
]
RateField = Annotated[
    Rate,
    BeforeValidator(parse_rate),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^\d+ (an? (hour|day|week|month)|in \d+ (minute|hour|day|week|month)s?)$",
            "examples": ["5 a day", "1 in 14 days"],
        }
    ),
]
PercentField = Annotated[
    Percent,
    BeforeValidator(parse_percent),
    WithJsonSchema({"type": "string", "pattern": r"^-?\d+(\.\d+)?\s*%$", "examples": ["80%"]}),
]
ScalarField = Annotated[Any, BeforeValidator(parse_scalar), WithJsonSchema({"type": ["string", "number", "boolean"]})]


def _reads(what: str, single: str) -> BeforeValidator:
    return BeforeValidator(lambda value: parse_counted(value, what, single))


def _shows(what: str, single: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": rf"^\d+ ({what}|{single})$", "examples": [f"3 {what}"]})


People = Annotated[Counted, _reads("people", "person"), _shows("people", "person")]
Days = Annotated[Counted, _reads("days", "day"), _shows("days", "day")]
Accounts = Annotated[Counted, _reads("accounts", "account"), _shows("accounts", "account")]
