"""Steps of a sequence: an event by its name, or with what its properties must be."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag, model_validator

from expansion.language.model.comparing import WhereField
from expansion.language.model.fields import Strict


def _sort_of_event(value: Any) -> str:
    return "list" if isinstance(value, list) else "name"


EventField = Annotated[
    Annotated[str, Tag("name")] | Annotated[list[str], Field(min_length=1), Tag("list")],
    Discriminator(_sort_of_event),
]


class SequenceStep(Strict):
    """One step of a sequence: an event, or one of several, with properties that fit."""

    event: EventField = Field(
        description="An event by the name that the source sends, or a list: any of them.", examples=["Invite Sent"]
    )
    where: dict[str, WhereField] = Field(
        default_factory=dict,
        description="Only events whose properties fit: a value, a list of values, or a comparison for each property.",
        examples=[{"seats": {"at_least": 5}}],
    )

    @property
    def events(self) -> tuple[str, ...]:
        """The event names, one of which it takes."""
        return names_of(self.event)

    @model_validator(mode="before")
    @classmethod
    def _written_out(cls, value: Any) -> Any:
        if isinstance(value, list):
            raise ValueError("a step is one event; write a choice of several as  {event: [A, B]}")
        return value


def names_of(event: str | list[str] | None) -> tuple[str, ...]:
    """Event names as a tuple, whether one was written or a list."""
    return (event,) if isinstance(event, str) else tuple(event or ())


def _sort_of_step(value: Any) -> str:
    return "step" if isinstance(value, dict | list | SequenceStep) else "name"


def _sort_of_excluded(value: Any) -> str:
    return "list" if isinstance(value, list) else _sort_of_step(value)


StepField = Annotated[
    Annotated[str, Tag("name")] | Annotated[SequenceStep, Tag("step")],
    Discriminator(_sort_of_step),
]
ExcludedField = Annotated[
    Annotated[str, Tag("name")]
    | Annotated[list[str], Field(min_length=1), Tag("list")]
    | Annotated[SequenceStep, Tag("step")],
    Discriminator(_sort_of_excluded),
]


def step_of(written: str | list[str] | SequenceStep) -> SequenceStep:
    """A step, however it was written."""
    return written if isinstance(written, SequenceStep) else SequenceStep(event=written)
