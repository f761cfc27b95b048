"""What a step says of the time after it: `when_cleared`, and `sla` in working hours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from expansion.language.model.fields import Strict

WhenCleared = Literal["close", "annotate", "take_back", "leave"]
FALLBACK = "fallback owner"

_WORKING = re.compile(r"(\d{1,4}) +working +(hour|day)s?")
_NEARLY = re.compile(r"(\d{1,4})\s*(?:working|business|work)?\s*(h|hr|hour|d|day)s?")
_MOST = {"hours": 1000, "days": 120}


@dataclass(frozen=True)
class WorkingSpan:
    """A length of working time: `8 working hours`, `2 working days`. A day is as long as policy.yaml says."""

    count: int
    unit: Literal["hours", "days"]

    def __str__(self) -> str:
        return f"{self.count} working {self.unit if self.count != 1 else self.unit[:-1]}"


def parse_working_span(text: object) -> WorkingSpan:
    """Read `8 working hours`; raises ValueError with a sentence for the author of the YAML."""
    if isinstance(text, WorkingSpan):
        return text
    found = _WORKING.fullmatch(str(text).strip())
    if not found:
        near = _NEARLY.fullmatch(str(text).strip().lower())
        meant = f"did you mean `{near[1]} working {'hours' if near[2].startswith('h') else 'days'}`?" if near else None
        raise ValueError(f"`{text}` is not working time; {meant or 'write it like `8 working hours`'}")
    span = WorkingSpan(int(found[1]), "hours" if found[2] == "hour" else "days")
    if span.count < 1:
        raise ValueError(f"`{text}` is no time at all; the least is 1")
    if span.count > _MOST[span.unit]:
        raise ValueError(f"`{text}` is more than anybody waits; the most is {_MOST[span.unit]} working {span.unit}")
    return span


WorkingSpanField = Annotated[
    WorkingSpan,
    BeforeValidator(parse_working_span),
    WithJsonSchema({"type": "string", "pattern": r"^\d+ working (hour|day)s?$", "examples": ["8 working hours"]}),
]


def _channel(text: object) -> object:
    if isinstance(text, str) and text.startswith("#"):
        raise ValueError(f"write the channel without the #: `{text.lstrip('#')}`")
    return text


Channel = Annotated[str, BeforeValidator(_channel), Field(min_length=1)]
_AFTER = (
    "How much working time, counted as that for the first touch; left out: when the time for the first touch is over."
)


_CHANNEL = "A channel of Slack, or of what `announce_by` in policy.yaml names"


class Remind(Strict):
    """A reminder that nobody has touched the task."""

    after: WorkingSpanField | None = Field(None, description=_AFTER, examples=["6 working hours"])
    channel: Channel | None = Field(
        None, description=f"{_CHANNEL}; left out: a note on the task itself.", examples=["expansion"]
    )


class Reassign(Strict):
    """The task goes to somebody else."""

    after: WorkingSpanField | None = Field(None, description=_AFTER, examples=["12 working hours"])
    to: str = Field(
        description="`fallback owner` of policy.yaml, an e-mail address, or a fact that holds one, such as the"
        " manager's.",
        examples=["manager_email"],
    )


class Escalate(Strict):
    """A message to those who answer for the team."""

    after: WorkingSpanField | None = Field(None, description=_AFTER, examples=["16 working hours"])
    channel: Channel = Field(description=f"{_CHANNEL}.", examples=["expansion-managers"])


class Sla(Strict):
    """How soon somebody has to touch the task, and what follows if nobody does: each once, in this order."""

    first_touch: WorkingSpanField = Field(
        description="The time for the first touch, from the firing or from when the time of a step that waits came:"
        " `8 working hours`, `2 working days`. It stands still outside working_hours of policy.yaml, while policy.yaml"
        " says to leave the account alone, and while its trigger or playbook is paused.",
        examples=["8 working hours"],
    )
    remind: Remind | None = Field(
        None, description="First: a reminder. It may come before the time is over.", examples=[{"channel": "expansion"}]
    )
    reassign: Reassign | None = Field(
        None,
        description="Then: the task goes to somebody else.",
        examples=[{"after": "12 working hours", "to": "fallback owner"}],
    )
    escalate: Escalate | None = Field(
        None,
        description="Then: a message to those who answer for the team.",
        examples=[{"after": "16 working hours", "channel": "expansion-managers"}],
    )

    @property
    def speaks(self) -> bool:
        """Whether one of its parts is a message in a channel."""
        return self.escalate is not None or (self.remind is not None and self.remind.channel is not None)

    def parts(self) -> Iterator[tuple[str, WorkingSpan]]:
        """What follows, in order, each with its time."""
        for name in ("remind", "reassign", "escalate"):
            part: Remind | Reassign | Escalate | None = getattr(self, name)
            if part is not None:
                yield name, part.after or self.first_touch
