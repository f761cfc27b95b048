"""Conditions: one subject, one comparison, and what narrows it; and the groups that join them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag

from expansion.language.model.comparing import COMPARISONS, GROWTH, Where
from expansion.language.model.condition_rules import Refused, refusals
from expansion.language.model.condition_words import ConditionWords
from expansion.language.model.fields import Strict, goes_together
from expansion.language.model.sequences import SequenceStep
from expansion.language.model.values import Scalar


class Condition(ConditionWords):
    """One subject, one comparison, and what narrows it."""

    @goes_together
    def _belongs_together(self) -> Condition:
        if problems := refusals(self):
            raise Refused(problems)
        return self


class AllOf(Strict):
    """Yes when every one of its conditions is."""

    all_of: list[Clause] = Field(
        min_length=1,
        description="Every one of these. A list after `when` means the same.",
        examples=[[{"fact": "arr", "at_least": 5000}, {"fact": "plan", "is": "Team"}]],
    )


class AnyOf(Strict):
    """Yes when one of its conditions is."""

    any_of: list[Clause] = Field(
        min_length=1,
        description="One of these is enough.",
        examples=[[{"fact": "arr", "at_least": 5000}, {"fact": "plan", "is": "Team"}]],
    )


class NoneOf(Strict):
    """Yes when every one of its conditions is a plain no."""

    none_of: list[Clause] = Field(
        min_length=1,
        description="Not one of these. If one of them cannot be told, and none is a yes, the answer is *cannot tell*.",
        examples=[[{"fact": "plan", "is": "Enterprise"}]],
    )


class Some(Strict):
    """How many, and of which conditions."""

    need: int = Field(ge=1, description="How many of them must be true.", examples=[2])
    of: list[Clause] = Field(
        min_length=1,
        description="The conditions.",
        examples=[[{"fact": "arr", "at_least": 5000}, {"fact": "plan", "is": "Team"}, {"cohort": "champions"}]],
    )

    @goes_together
    def _can_be_reached(self) -> Some:
        if self.need > len(self.of):
            raise ValueError(f"`need` {self.need} of {len(self.of)} can never be true; lower it, or add to `of`")
        return self


class SomeOf(Strict):
    """Yes when at least `need` of its conditions are."""

    some_of: Some = Field(
        description="At least so many of these.",
        examples=[{"need": 1, "of": [{"fact": "arr", "at_least": 5000}, {"fact": "plan", "is": "Team"}]}],
    )


GROUPS: dict[str, type[Strict]] = {"all_of": AllOf, "any_of": AnyOf, "none_of": NoneOf, "some_of": SomeOf}


def _sort_of_clause(value: Any) -> str:
    if isinstance(value, dict):
        return next((word for word in GROUPS if word in value), "condition")
    return next((word for word, model in GROUPS.items() if isinstance(value, model)), "condition")


# A callable discriminator: a plain union turns one typo into one message per branch.
Clause = Annotated[
    Annotated[Condition, Tag("condition")]
    | Annotated[AllOf, Tag("all_of")]
    | Annotated[AnyOf, Tag("any_of")]
    | Annotated[NoneOf, Tag("none_of")]
    | Annotated[SomeOf, Tag("some_of")],
    Discriminator(_sort_of_clause),
]
for _model in (AllOf, AnyOf, NoneOf, Some, SomeOf):
    _model.model_rebuild()

__all__ = [
    "COMPARISONS",
    "GROUPS",
    "GROWTH",
    "AllOf",
    "AnyOf",
    "Clause",
    "Condition",
    "NoneOf",
    "Scalar",
    "SequenceStep",
    "SomeOf",
    "Strict",
    "Where",
]
