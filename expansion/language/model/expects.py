"""`expects` of a source: what of it is right, so that people and the run know when it is not."""

from __future__ import annotations

from pydantic import Field

from expansion.language.model.fields import PercentField, SpanField, Strict, goes_together


class Expects(Strict):
    """How much of a source comes, and how soon, when all is well; else what rests on it cannot be told."""

    at_least: PercentField | None = Field(
        None,
        description="The least of a day, of what the same weekday usually brings. `50%` if left out; `0%` for a source"
        " that may be silent for days.",
        examples=["30%"],
    )
    at_most: PercentField | None = Field(
        None,
        description="The most of a day, of what the same weekday usually brings: more is taken for events that came"
        " twice. If left out, more is never wrong.",
        examples=["500%"],
    )
    lag: SpanField | None = Field(
        None,
        description="How old the newest event may be at the check. Nights and weekends have to fit in.",
        examples=["12 hours"],
    )
    unmatched: PercentField | None = Field(
        None,
        description="The most of a day's events that may be of accounts that nobody knows: without an account, or of"
        " one that no source of facts has.",
        examples=["10%"],
    )

    @goes_together
    def shares(self) -> Expects:
        """A share of what is usual, and a share of all."""
        if self.at_least is not None and not 0 <= self.at_least.value <= 1:
            raise ValueError(f"`at_least: {self.at_least}` is more than what is usual; write 0% to 100%")
        if self.at_most is not None and self.at_most.value < 1:
            raise ValueError(f"`at_most: {self.at_most}` is less than what is usual; write 100% or more, like `500%`")
        if self.unmatched is not None and not 0 <= self.unmatched.value <= 1:
            raise ValueError(f"`unmatched: {self.unmatched}` is no share of all events; write 0% to 100%")
        return self


class ExpectsAnswers(Strict):
    """How soon a source of facts answers again, when all is well; else what rests on its facts cannot be told."""

    lag: SpanField = Field(
        description="How old its last answer may be at the check: an answer to a pull, or an import of its file or"
        " table. Pulls that fail for a while have to fit in.",
        examples=["2 days"],
    )
