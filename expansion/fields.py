"""Kinds of text and references that an action's input model may hold.

An action declares its inputs as a pydantic model of these types. The planner reads the markers: it fills templates and
escapes what they put in for where the text goes, turns `account owner` into an e-mail address, `in 2 working days`
into a date, and `admins` into people. The same model validates the YAML before (templates still in it) and the
resolved values after.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict


@dataclass(frozen=True)
class Filled:
    """Text with `{{ … }}`; `escape` names how what is put in is made harmless."""

    escape: Literal["plain", "mrkdwn", "html"]


@dataclass(frozen=True)
class ForMachines(Filled):
    """A value for a typed field: `{{ facts.seats }}` alone is the number itself; other text is filled as text."""


@dataclass(frozen=True)
class OwnerRef:
    """`account owner`, or an e-mail address; resolved to an e-mail address."""


@dataclass(frozen=True)
class DueRef:
    """`in 2 working days`, `in 3 days`, `today`; resolved to an ISO date."""


@dataclass(frozen=True)
class PeopleRef:
    """The name of a people group from facts.yaml, or `involved`; resolved to a list of persons."""


class Person(BaseModel):
    """A person of an account, as the product knows them."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    user_id: str
    email: str | None = None
    name: str | None = None


_DUE = re.compile(r"today|in \d+ (?:working )?days?")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def _due(text: str) -> str:
    if _DUE.fullmatch(text.strip()):
        return text.strip()
    try:
        return date.fromisoformat(text.strip()).isoformat()
    except ValueError:
        raise ValueError(f"`{text}` is not a due date; write `in 2 working days`, `in 3 days` or `today`") from None


def _owner(text: str) -> str:
    if text.strip() == "account owner" or EMAIL.fullmatch(text.strip()):
        return text.strip()
    raise ValueError(f"`{text}` is nobody; write `account owner` or an e-mail address")


def _plain_number(value: object) -> object:
    """YAML reads `subject: 42` as a number; text is what was meant."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _as_json(value: object) -> object:
    """YAML reads `2026-03-07` as a day: it goes into the field as it is written."""
    return value.isoformat() if isinstance(value, date) else value


PlainText = Annotated[str, BeforeValidator(_plain_number), Filled("plain")]
MrkdwnText = Annotated[str, BeforeValidator(_plain_number), Filled("mrkdwn")]
HtmlText = Annotated[str, BeforeValidator(_plain_number), Filled("html")]
# What goes into a field that has a type of its own; left out where it is not known.
FieldValue = Annotated[str | bool | int | float | list[str] | None, BeforeValidator(_as_json), ForMachines("plain")]
Owner = Annotated[str, AfterValidator(_owner), OwnerRef()]
DueDate = Annotated[str, AfterValidator(_due), DueRef()]
People = Annotated[str | list[Person], PeopleRef()]


class Inputs(BaseModel):
    """Base of every action's input model: an unknown key is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)
