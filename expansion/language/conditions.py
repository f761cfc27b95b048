"""Conditions: one subject, one comparison, and what narrows it; and the groups that join them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, WithJsonSchema, model_validator

from expansion.language.values import (
    Counted,
    Percent,
    Scalar,
    Span,
    parse_counted,
    parse_percent,
    parse_scalar,
    parse_span,
)


class Strict(BaseModel):
    """Every model of the language refuses a key it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, populate_by_name=True)


SpanField = Annotated[
    Span,
    BeforeValidator(parse_span),
    WithJsonSchema({"type": "string", "pattern": r"^\d+ (minute|hour|day|week|month)s?$", "examples": ["14 days"]}),
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

SUBJECTS = ("fact", "event", "cohort")

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
}


class Comparing(Strict):
    """The comparison words, shared by conditions and by `where`."""

    at_least: ScalarField | None = Field(None, description="This number or percentage, or more.")
    more_than: ScalarField | None = Field(None, description="More than this.")
    at_most: ScalarField | None = Field(None, description="This or less. Zero is a count: no such event matches.")
    less_than: ScalarField | None = Field(None, description="Less than this.")
    is_: ScalarField | None = Field(None, alias="is", description="Exactly this value.")
    is_not: ScalarField | None = Field(None, description="Any known value but this.")
    is_one_of: list[ScalarField] | None = Field(None, min_length=1, description="Any of these values.")
    is_not_one_of: list[ScalarField] | None = Field(None, min_length=1, description="A known value, and none of these.")
    contains: ScalarField | None = Field(None, description="The text contains this, or the list has this item.")
    starts_with: ScalarField | None = Field(None, description="The text starts with this; capitals do not matter.")
    exists: bool | None = Field(None, description="true: a value is known. false: none is.")
    before: ScalarField | None = Field(None, description="An earlier date than this one, such as 2026-03-01.")
    after: ScalarField | None = Field(None, description="A later date than this one.")
    older_than: SpanField | None = Field(None, description="The date lies further back than this, such as 90 days.")
    newer_than: SpanField | None = Field(None, description="The date lies within this time before the check.")
    between: Annotated[list[ScalarField], Field(min_length=2, max_length=2)] | None = Field(
        None, description="Two numbers or dates; both ends count."
    )

    def comparison(self) -> tuple[str, Any]:
        """The one comparison word that was used, and its value."""
        return self._used()[0]

    def _used(self) -> list[tuple[str, Any]]:
        fields = ((word, "is_" if word == "is" else word) for word in COMPARISONS)
        pairs = ((word, getattr(self, name, None)) for word, name in fields)
        return [(word, value) for word, value in pairs if value is not None]


class Where(Comparing):
    """A comparison on one property of an event, such as `{at_least: 5}`."""

    @model_validator(mode="after")
    def _one_comparison(self) -> Where:
        if len(self._used()) != 1:
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


class Condition(Comparing):
    """One subject (`fact`, `event` or `cohort`), one comparison, and what narrows it."""

    fact: str | None = Field(None, description="A fact from facts.yaml.")
    event: str | list[str] | None = Field(None, description="An event name as the source sends it, or a list of names.")
    cohort: str | None = Field(None, description="A cohort from facts.yaml: true for the accounts in it.")

    where: dict[str, WhereField] = Field(
        default_factory=dict, description="Only events whose properties fit: a value, a list, or a comparison."
    )
    count: Literal["times", "people", "days"] = Field("times", description="What is counted of the events.")
    distinct: str | None = Field(None, description="Count the different values of this property.")
    sum: str | None = Field(None, description="Add up this property.")
    latest: str | None = Field(None, description="The newest value of this property in the window.")
    over: SpanField | None = Field(None, description="The window: calendar days, weeks or months; or exact hours.")
    by_at_least: People | None = Field(None, description="And by at least so many different people.")
    on_at_least: Days | None = Field(None, description="And on at least so many different days.")

    grew_at_least: PercentField | None = Field(None, description="Growth against the window before.")
    fell_at_least: PercentField | None = Field(None, description="Decline against the window before.")
    from_at_least: ScalarField | None = Field(None, description="The base is at least this: tiny bases do not count.")

    for_: SpanField | None = Field(None, alias="for", description="Dwell: true on each of these days.")
    clears_below: ScalarField | None = Field(None, description="Hysteresis: the episode ends below this value.")

    @property
    def subject(self) -> str:
        """`fact`, `event` or `cohort`."""
        return next(word for word in SUBJECTS if getattr(self, word) is not None)

    @property
    def events(self) -> tuple[str, ...]:
        """The event names of an event condition."""
        names = [self.event] if isinstance(self.event, str) else (self.event or [])
        return tuple(names)

    @property
    def aggregate(self) -> tuple[str, str | None]:
        """What is counted of the events: (`times`|`people`|`days`|`distinct`|`sum`|`latest`, property or None)."""
        for word in ("distinct", "sum", "latest"):
            if name := getattr(self, word):
                return word, name
        return self.count, None

    @property
    def has_comparison(self) -> bool:
        """False where `by_at_least` or `on_at_least` says all there is to say."""
        return bool(self._used())

    @model_validator(mode="after")
    def _belongs_together(self) -> Condition:
        subjects = [word for word in SUBJECTS if getattr(self, word) is not None]
        if len(subjects) != 1:
            raise ValueError("a condition has exactly one subject; write `fact: NAME`, `event: NAME` or `cohort: NAME`")
        used = self._used()
        subject = subjects[0]
        if subject == "cohort":
            extra = sorted(self.model_fields_set - {"cohort", "for_"})
            if extra:
                raise ValueError(
                    f"`{extra[0].rstrip('_')}` does not belong to `cohort`; a cohort stands alone, or with `for`"
                )
            return self
        if len(used) > 1:
            raise ValueError(
                f"`{used[1][0]}` is a second comparison beside `{used[0][0]}`; give each a condition of its own"
            )
        counting = self.by_at_least or self.on_at_least
        if not used and not (subject == "event" and counting):
            raise ValueError("a comparison is missing; write one, such as  at_least: 3")
        if subject == "fact":
            words = {"where", "count", "distinct", "sum", "latest", "by_at_least", "on_at_least"}
            if wrong := sorted(self.model_fields_set & words):
                raise ValueError(
                    f"`{wrong[0]}` belongs to events, not to facts; remove it, or write `event:` instead of `fact:`"
                )
            grows = used[0][0] in ("grew_at_least", "fell_at_least")
            if grows != (self.over is not None):
                raise ValueError(
                    f"`{used[0][0]}` needs a window; add  over: 28 days"
                    if grows
                    else "`over` on a fact belongs to growth; remove it, or compare with `grew_at_least`"
                )
        elif self.over is None:
            raise ValueError("an `event` is counted over a window; add  over: 28 days")
        if self.from_at_least is not None and (not used or used[0][0] not in ("grew_at_least", "fell_at_least")):
            raise ValueError("`from_at_least` belongs to `grew_at_least` and `fell_at_least`; remove it")
        if self.clears_below is not None and (not used or used[0][0] not in ("at_least", "more_than")):
            raise ValueError("`clears_below` belongs to `at_least` and `more_than`; remove it")
        if self.for_ is not None and self.for_.exact is not None:
            raise ValueError("`for` counts days; write it in days, weeks or months")
        kinds = [w for w in ("distinct", "sum", "latest") if getattr(self, w)]
        if len(kinds) + (self.count != "times") > 1:
            raise ValueError(
                f"`{kinds[-1]}` is a second thing to count; keep one of `count`, `distinct`, `sum` and `latest`"
            )
        return self


class AllOf(Strict):
    """True when every clause is."""

    all_of: list[Clause] = Field(min_length=1, description="Every one of these.")


class AnyOf(Strict):
    """True when one clause is."""

    any_of: list[Clause] = Field(min_length=1, description="One of these is enough.")


class NoneOf(Strict):
    """True when every clause is false."""

    none_of: list[Clause] = Field(min_length=1, description="Not one of these.")


class Some(Strict):
    need: int = Field(ge=1, description="How many must be true.")
    of: list[Clause] = Field(min_length=1, description="Of these.")

    @model_validator(mode="after")
    def _can_be_reached(self) -> Some:
        if self.need > len(self.of):
            raise ValueError(f"`need` {self.need} of {len(self.of)} can never be true; lower it, or add to `of`")
        return self


class SomeOf(Strict):
    """True when at least `need` clauses are."""

    some_of: Some


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

__all__ = ["COMPARISONS", "AllOf", "AnyOf", "Clause", "Condition", "NoneOf", "Scalar", "SomeOf", "Strict", "Where"]
