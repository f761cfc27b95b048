"""What counts as an outcome, in policy.yaml: by an event, by a fact that changed, or by what a system tells."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from expansion.language.model.comparing import WhereField
from expansion.language.model.fields import Name, PercentField, Strict, goes_together
from expansion.language.model.mistakes import did_you_mean

OutcomeKind = Literal["expansion", "contraction"]

_TIER = "The tier that was sold, where that is always the same one; left out: any."


class OutcomeEvent(Strict):
    """Each event of this name is an outcome."""

    event: str = Field(description="The event by the name that the source sends.", examples=["Plan Upgraded"])
    is_: OutcomeKind = Field(
        alias="is",
        description="`expansion`: they buy more. `contraction`: they buy less, or leave.",
        examples=["expansion"],
    )
    where: dict[str, WhereField] = Field(
        default_factory=dict,
        description="Only events whose properties fit: a value, a list of values, or a comparison for each property.",
        examples=[{"plan": "Business"}],
    )
    tier: Name | None = Field(None, description=_TIER, examples=["plan_change"])
    amount: str | None = Field(
        None,
        description="The event property that says what it is worth a year, in the policy's currency.",
        examples=["added_arr"],
    )


class OutcomeFact(Strict):
    """Each change of a fact by so much is an outcome; of money the difference is its amount."""

    fact: str = Field(description="A fact about the account: money or a number, from a source.", examples=["arr"])
    rises: PercentField | None = Field(
        None,
        description="An expansion each time the value rises by this share of what it was, or more.",
        examples=["5%"],
    )
    falls: PercentField | None = Field(
        None,
        description="A contraction each time the value falls by this share of what it was, or more.",
        examples=["5%"],
    )
    tier: Name | None = Field(None, description=_TIER, examples=["seat_upgrade"])

    @goes_together
    def _a_change(self) -> OutcomeFact:
        if self.rises is None and self.falls is None:
            raise ValueError("what of the fact is an outcome is not said; write `rises: 5%`, `falls: 5%` or both")
        return self


class OutcomeFrom(Strict):
    """What a system tells of deals that were won or lost."""

    from_: str = Field(
        alias="from",
        description="A source of outcomes, such as `salesforce.won_opportunity`; `expansion facts` lists them.",
        examples=["salesforce.won_opportunity"],
    )
    called: list[str] = Field(
        default_factory=list,
        description="Only what the system calls so, in its own words, such as the types of opportunities; capitals do"
        " not matter. Left out: all that the source tells.",
        examples=[["Upsell", "Expansion"]],
    )
    is_: OutcomeKind | None = Field(
        None,
        alias="is",
        description="`expansion` or `contraction`, whatever the system says of it; left out: as the source tells.",
        examples=["expansion"],
    )
    tier: Name | None = Field(None, description=_TIER, examples=["add_on"])

    def takes(self, source: str, called: str | None) -> bool:
        """Whether an outcome of this source, called so there, is meant."""
        named = {one.strip().lower() for one in self.called}
        return source == self.from_ and (not named or (called or "").strip().lower() in named)


_BY_WORD: dict[str, type[Strict]] = {
    **dict.fromkeys(("event", "where", "amount"), OutcomeEvent),
    **dict.fromkeys(("fact", "rises", "falls"), OutcomeFact),
    **dict.fromkeys(("from", "called"), OutcomeFrom),
}


def _sort_of_outcome(value: Any) -> str:
    if isinstance(value, Strict):
        return type(value).__name__
    words = list(value) if isinstance(value, dict) else []
    near = (did_you_mean(word, _BY_WORD) for word in words if isinstance(word, str))
    known = next((_BY_WORD[word] for word in words if word in _BY_WORD), None)
    meant = known or next((_BY_WORD[word] for word in near if word), OutcomeEvent)
    return meant.__name__


OutcomeDefinition = Annotated[
    Annotated[OutcomeEvent, Tag("OutcomeEvent")]
    | Annotated[OutcomeFact, Tag("OutcomeFact")]
    | Annotated[OutcomeFrom, Tag("OutcomeFrom")],
    Discriminator(_sort_of_outcome),
]

__all__ = ["OutcomeDefinition", "OutcomeEvent", "OutcomeFact", "OutcomeFrom", "OutcomeKind"]
