"""Cases: examples each trigger must satisfy."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from expansion.language.model.case_dates import TODAY
from expansion.language.model.values import Span

Expectation = Literal["fires", "stays quiet", "cannot tell"]


@dataclass(frozen=True)
class CaseEvent:
    """`4 x Paywall Viewed by ana with feature: sso`, some time before the check."""

    ago: Span | None
    times: int
    event: str
    user: str | None
    properties: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class CaseFacts:
    """Facts as they became some time before the check; the earliest given value reaches back for ever.

    Those of a person, where there is a `user`.
    """

    ago: Span | None
    values: dict[str, Any]
    user: str | None = None


@dataclass(frozen=True)
class Case:
    """One example: what is known, and the answer that must come out."""

    trigger: str
    title: str
    facts: tuple[CaseFacts, ...]
    events: tuple[CaseEvent, ...]
    expect: Expectation
    because: str | None
    file: str
    line: int
    today: date = TODAY  # the day on which it plays, at noon in the policy's zone
