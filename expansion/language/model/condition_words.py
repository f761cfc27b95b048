"""The words of a condition, before it is asked whether they belong together."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from expansion.language.model.comparing import Comparing, WhereField
from expansion.language.model.fields import Days, DaysField, People, PercentField, PeriodsField, ScalarField, SpanField
from expansion.language.model.sequences import EventField, ExcludedField, SequenceStep, StepField, names_of, step_of
from expansion.language.model.values import Span

SUBJECTS = ("fact", "event", "cohort", "sequence", "trigger")
PATTERNS = ("first_within", "stopped_for", "came_back_after")
OF_PROPERTY = ("distinct", "sum", "average", "max", "latest")  # what is made of a property of the events


class ConditionWords(Comparing):
    """What may be written; a `Condition` is that of which the words go together."""

    fact: str | None = Field(None, description="A fact from facts.yaml.", examples=["seat_usage"])
    event: EventField | None = Field(
        None,
        description="An event by the name that the source sends, or a list: any of them. `any event` is every one.",
        examples=["Report Exported", ["Report Exported", "Report Shared"]],
    )
    cohort: str | None = Field(
        None, description="A cohort from facts.yaml: yes for the accounts in it.", examples=["paying-accounts"]
    )
    sequence: Annotated[list[StepField], Field(min_length=2, max_length=8)] | None = Field(
        None,
        description="Two to eight events, each later than the one before; anything may happen in between.",
        examples=[["Trial Started", "Invite Sent"], ["Trial Started", {"event": "Invite Sent", "where": {"seats": 5}}]],
    )
    trigger: str | None = Field(
        None, description="Another trigger: yes where all its own conditions hold.", examples=["seat-limit"]
    )

    where: dict[str, WhereField] = Field(
        default_factory=dict,
        description="Only events whose properties fit: a value, a list of values, or a comparison for each property.",
        examples=[{"feature": "sso"}, {"feature": ["sso", "audit log"], "seats": {"at_least": 5}}],
    )
    count: Literal["times", "people", "days"] = Field(
        "times",
        description="What is counted: `times`, different `people`, or different `days`.",
        examples=["people"],
    )
    distinct: str | None = Field(
        None, description="How many different values this property has, in the window.", examples=["use_case"]
    )
    sum: str | None = Field(None, description="This property added up, over all events in the window.", examples=["gb"])
    average: str | None = Field(
        None, description="The mean of this property, over the events in the window that have it.", examples=["minutes"]
    )
    max: str | None = Field(None, description="The largest value of this property in the window.", examples=["rows"])
    latest: str | None = Field(
        None, description="The newest value of this property in the window, as text.", examples=["plan"]
    )
    over: SpanField | None = Field(
        None,
        description="The window. Days, weeks and months are calendar days, and the last one is today; hours and minutes"
        " are exact. Of a fact that grew: how long ago the base was.",
        examples=["28 days", "6 hours"],
    )
    by_at_least: People | None = Field(
        None, description="And by at least so many different people.", examples=["3 people"]
    )
    on_at_least: Days | None = Field(None, description="And on at least so many different days.", examples=["3 days"])
    in_at_least: PeriodsField | None = Field(
        None,
        description="The condition is asked of each of the last days, weeks or months by itself, and holds in at least"
        " so many of them.",
        examples=["3 of the last 4 weeks"],
    )

    first_within: DaysField | None = Field(
        None, description="The event happened within this time, and never before.", examples=["14 days"]
    )
    stopped_for: DaysField | None = Field(
        None,
        description="The event did not happen within this time, and it did before. With `over`, a comparison,"
        " `by_at_least` or `on_at_least`: that much of it, in the window that ends where the silence begins.",
        examples=["14 days"],
    )
    came_back_after: DaysField | None = Field(
        None,
        description="The event happened in the window `over`, after at least so long without it.",
        examples=["30 days"],
    )

    within: SpanField | None = Field(
        None,
        description="The most time from the first step of a sequence to its last; a day ends at that time of the next.",
        examples=["14 days"],
    )
    same_user: bool = Field(
        False,
        description="`true`: one person takes every step. Left out: colleagues may take turns.",
        examples=[True],
    )
    not_between: ExcludedField | None = Field(
        None,
        description="No such event between the first step and the last: a name, a list of names, or an event with"
        " `where`.",
        examples=["Plan Upgraded", {"event": "Plan Changed", "where": {"direction": "down"}}],
    )

    grew_at_least: PercentField | None = Field(
        None, description="So much more than in the window before, or for a fact: than `over` ago.", examples=["20%"]
    )
    fell_at_least: PercentField | None = Field(
        None, description="So much less than in the window before, or for a fact: than `over` ago.", examples=["50%"]
    )
    from_at_least: ScalarField | None = Field(
        None,
        description="With growth: the base was at least this, so that from 1 to 2 is no growth. With `among_top`: the"
        " own number is at least this.",
        examples=[20],
    )
    among_top: PercentField | None = Field(
        None,
        description="Among this share of all known accounts, by their number: fewer than this share have a larger one.",
        examples=["10%"],
    )
    of: str | None = Field(
        None,
        description="With `among_top`: compared only with accounts that have the same value of this fact.",
        examples=["plan"],
    )

    for_: DaysField | None = Field(
        None,
        alias="for",
        description="Dwell: the condition holds today and on each of the days before, so many in all.",
        examples=["14 days"],
    )
    clears_below: ScalarField | None = Field(
        None,
        description="Hysteresis: once fired, the episode ends when the number is below this, and not before.",
        examples=["70%"],
    )

    @property
    def subject(self) -> str:
        """`fact`, `event`, `cohort`, `sequence` or `trigger`."""
        return self.subjects[0] if self.subjects else ""

    @property
    def subjects(self) -> tuple[str, ...]:
        """Every subject that was written; a condition that was checked has one."""
        return tuple(word for word in SUBJECTS if getattr(self, word) is not None)

    @property
    def words(self) -> frozenset[str]:
        """The words that were written."""
        return frozenset(name.rstrip("_") for name in self.model_fields_set if getattr(self, name) is not None)

    @property
    def events(self) -> tuple[str, ...]:
        """The event names of an event condition, or of a sequence with what must not happen in it."""
        if self.event is not None:
            return names_of(self.event)
        every = (*self.steps, self.excluded) if self.excluded else self.steps
        return tuple(dict.fromkeys(name for step in every for name in step.events))

    @property
    def steps(self) -> tuple[SequenceStep, ...]:
        """The steps of a sequence, however they were written."""
        return tuple(map(step_of, self.sequence or ()))

    @property
    def excluded(self) -> SequenceStep | None:
        """What must not happen between the first step and the last."""
        return None if self.not_between is None else step_of(self.not_between)

    @property
    def aggregate(self) -> tuple[str, str | None]:
        """What is counted of the events: (`times`|`people`|`days`|`distinct`|…|`latest`, property or None)."""
        for word in OF_PROPERTY:
            if name := getattr(self, word):
                return word, name
        return self.count, None

    @property
    def pattern(self) -> tuple[str, Span] | None:
        """`first_within`, `stopped_for` or `came_back_after`, with its length."""
        return next(((word, span) for word in PATTERNS if (span := getattr(self, word)) is not None), None)

    @property
    def has_comparison(self) -> bool:
        """False where a pattern, `by_at_least` or `on_at_least` says all there is to say."""
        return bool(self.compared())

    @property
    def grows(self) -> bool:
        """Compared with the window before."""
        return self.grew_at_least is not None or self.fell_at_least is not None
