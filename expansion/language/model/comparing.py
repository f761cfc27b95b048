"""The comparison words, for conditions and for properties of events."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag

from expansion.language.model.fields import ScalarField, SpanField, Strict, goes_together

# The comparison words, each with the sentence that explain and docs use.
COMPARISONS: dict[str, str] = {
    "at_least": "at least",
    "more_than": "more than",
    "at_most": "at most",
    "less_than": "less than",
    "is": "is",
    "is_not": "is not",
    "is_one_of": "is one of",
    "is_not_one_of": "is not one of",
    "contains": "contains",
    "starts_with": "starts with",
    "exists": "exists",
    "before": "before",
    "after": "after",
    "older_than": "older than",
    "newer_than": "newer than",
    "between": "between",
    "grew_at_least": "grew at least",
    "fell_at_least": "fell at least",
    "among_top": "among the top",
}
GROWTH = ("grew_at_least", "fell_at_least")


class Comparing(Strict):
    """The comparison words, shared by conditions and by `where`."""

    at_least: ScalarField | None = Field(
        None, description="This number or percentage, or more.", examples=["80%", 100_000]
    )
    more_than: ScalarField | None = Field(None, description="More than this number or percentage.", examples=[0])
    at_most: ScalarField | None = Field(
        None,
        description="This number or percentage, or less. Zero is a count: an account without such an event has at most"
        " 3 of them.",
        examples=[3],
    )
    less_than: ScalarField | None = Field(None, description="Less than this number or percentage.", examples=["20%"])
    is_: ScalarField | None = Field(
        None, alias="is", description="Exactly this value. Capitals count.", examples=["Enterprise", True]
    )
    is_not: ScalarField | None = Field(
        None, description="A known value, and another than this.", examples=["Enterprise"]
    )
    is_one_of: list[ScalarField] | None = Field(
        None, min_length=1, description="One of these values.", examples=[["Team", "Business"]]
    )
    is_not_one_of: list[ScalarField] | None = Field(
        None, min_length=1, description="A known value, and none of these.", examples=[["Free", "Trial"]]
    )
    contains: ScalarField | None = Field(
        None, description="The text has this in it, or the list has this item; capitals do not matter.", examples=["EU"]
    )
    starts_with: ScalarField | None = Field(
        None, description="The text starts with this; capitals do not matter.", examples=["Ent"]
    )
    exists: bool | None = Field(
        None, description="`true`: a value is known. `false`: somebody looked, and there is none.", examples=[True]
    )
    before: ScalarField | None = Field(None, description="An earlier day than this one.", examples=["2026-03-01"])
    after: ScalarField | None = Field(None, description="A later day than this one.", examples=["2026-03-01"])
    older_than: SpanField | None = Field(
        None,
        description="A date before the last so many days, as a window of that length has them.",
        examples=["90 days"],
    )
    newer_than: SpanField | None = Field(
        None,
        description="A date within the last so many days, which are today and the days before it, as of a window:"
        " 7 days ago is older than `7 days`. A date that lies ahead is not newer.",
        examples=["45 days"],
    )
    between: Annotated[list[ScalarField], Field(min_length=2, max_length=2)] | None = Field(
        None,
        description="Two numbers, percentages or dates, the smaller one first; both ends count.",
        examples=[[10, 50]],
    )

    def comparison(self) -> tuple[str, Any]:
        """The one comparison word that was used, and its value."""
        return self.compared()[0]

    def compared(self) -> list[tuple[str, Any]]:
        """Every comparison word that was used, and its value."""
        fields = ((word, "is_" if word == "is" else word) for word in COMPARISONS)
        pairs = ((word, getattr(self, name, None)) for word, name in fields)
        return [(word, value) for word, value in pairs if value is not None]


class Where(Comparing):
    """A comparison on one property of an event, such as `{at_least: 5}`."""

    @goes_together
    def _one_comparison(self) -> Where:
        if len(self.compared()) != 1:
            raise ValueError("exactly one comparison belongs here; write one, such as  {at_least: 5}")
        return self


def _sort_of_where(value: Any) -> str:
    if isinstance(value, dict | Where):
        return "comparison"
    return "list" if isinstance(value, list) else "value"


WhereField = Annotated[
    Annotated[ScalarField, Tag("value")]
    | Annotated[list[ScalarField], Tag("list")]
    | Annotated[Where, Tag("comparison")],
    Discriminator(_sort_of_where),
]
