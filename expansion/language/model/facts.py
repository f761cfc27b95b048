"""facts.yaml: the words that triggers may use, each with where it comes from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from expansion.language.model.comparing import WhereField
from expansion.language.model.conditions import Clause
from expansion.language.model.expects import Expects, ExpectsAnswers
from expansion.language.model.fields import DaysField, Name, ScalarField, SpanField, Strict, goes_together
from expansion.language.model.mistakes import did_you_mean
from expansion.language.model.not_words import IN_FACTS
from expansion.language.model.sequences import EventField, names_of
from expansion.language.model.words import HABITS

Kind = Literal["number", "money", "percent", "text", "yes_no", "date", "list"]
Who = Literal["accounts", "users"]
_TITLE = "What people read in tasks in place of its name."

Pair = Annotated[list[str], Field(min_length=2, max_length=2)]


class SourcedFact(Strict):
    """A fact that a source knows, such as a field of the CRM."""

    from_: str = Field(
        alias="from",
        description="The source, such as `salesforce.account`; `expansion facts` lists them.",
        examples=["salesforce.account"],
    )
    field: str = Field(description="The field's name there.", examples=["ARR__c"])
    kind: Kind = Field(
        description="What its values are: `number`, `money`, `percent`, `text`, `yes_no`, `date` or `list`.",
        examples=["money"],
    )
    who: Who = Field(
        "accounts",
        description="`accounts`: one value for an account. `users`: one for each person; such a fact may stand in"
        " `when` and `unless` of triggers with `who: users`, and nowhere else.",
        examples=["users"],
    )
    unlimited: ScalarField | list[ScalarField] | None = Field(
        None,
        description="Of a limit: the value, or a list of values, by which the source says that there is none, such as"
        " `-1`. Without it, a limit below zero is not known. `never`: every number is one, also below zero.",
        examples=[-1, [-1, "Unlimited"]],
    )
    title: str | None = Field(None, description=_TITLE, examples=["ARR"])

    @property
    def meaning_unlimited(self) -> tuple[Any, ...]:
        """The values that mean that there is no limit."""
        if self.unlimited is None or self.unlimited == "never":
            return ()
        return tuple(self.unlimited) if isinstance(self.unlimited, list) else (self.unlimited,)


class CountedFact(Strict):
    """A fact counted from events, such as the people who saw a paywall."""

    times: EventField | None = Field(
        None, description="How often this event happened, or any of a list.", examples=["Report Exported"]
    )
    people: EventField | None = Field(
        None, description="How many different people did it.", examples=["Session Started"]
    )
    days: EventField | None = Field(
        None, description="On how many different days it happened.", examples=[["Report Exported", "Report Shared"]]
    )
    over: SpanField = Field(
        description="The window: calendar days, weeks or months, the last one today; or exact hours and minutes.",
        examples=["28 days"],
    )
    where: dict[str, WhereField] = Field(
        default_factory=dict,
        description="Only events whose properties fit: a value, a list of values, or a comparison for each property.",
        examples=[{"feature": "sso"}],
    )
    title: str | None = Field(None, description=_TITLE, examples=["People who worked in the last four weeks"])

    @goes_together
    def _one_count(self) -> CountedFact:
        if sum(getattr(self, word) is not None for word in ("times", "people", "days")) != 1:
            raise ValueError("a fact counts one thing; keep one of `times`, `people` and `days`")
        return self

    @property
    def counted(self) -> tuple[str, tuple[str, ...]]:
        """(`times`|`people`|`days`, event names)."""
        word = next((w for w in ("times", "people", "days") if getattr(self, w) is not None), "times")
        return word, names_of(getattr(self, word))


class RatioFact(Strict):
    """One fact divided by another; unknown where either is unknown or the second is zero."""

    ratio: Pair = Field(
        description="The first fact divided by the second: a percentage.", examples=[["seats_used", "seats_bought"]]
    )
    title: str | None = Field(None, description=_TITLE, examples=["Share of seats in use"])

    @property
    def parts(self) -> tuple[str, str]:
        """The two facts it is made of."""
        return self.ratio[0], self.ratio[1]


class DifferenceFact(Strict):
    """One fact less another; unknown where either is unknown."""

    difference: Pair = Field(
        description="The first fact less the second, in the kind of both; a number where they differ.",
        examples=[["seats_bought", "seats_used"]],
    )
    title: str | None = Field(None, description=_TITLE, examples=["Seats left"])

    @property
    def parts(self) -> tuple[str, str]:
        """The two facts it is made of."""
        return self.difference[0], self.difference[1]


class HeadroomFact(Strict):
    """What is left of a limit, as a percentage of it; unknown where either is unknown or the limit is zero."""

    headroom: Pair = Field(
        description="What is used, and its limit: the share of the limit that is left, a percentage.",
        examples=[["seats_used", "seats_bought"]],
    )
    title: str | None = Field(None, description=_TITLE, examples=["Room for more people"])

    @property
    def parts(self) -> tuple[str, str]:
        """What is used, and its limit."""
        return self.headroom[0], self.headroom[1]


class PaceFact(Strict):
    """In how many days a limit is reached, at the pace of late; 3,660 where it is not growing."""

    days_to_limit: Pair = Field(
        description="What is used, and its limit: in how many days the limit is reached. 0 where it is reached already,"
        " 3,660 where that takes more than ten years.",
        examples=[["seats_used", "seats_bought"]],
    )
    pace_over: DaysField = Field(
        description="The time whose pace is taken to go on: days, weeks or months.", examples=["28 days"]
    )
    title: str | None = Field(None, description=_TITLE, examples=["Days until the seats run out"])

    @property
    def parts(self) -> tuple[str, str]:
        """What is used, and its limit."""
        return self.days_to_limit[0], self.days_to_limit[1]


class LimitFact(Strict):
    """A limit of the account's plan, from `plans` in policy.yaml; unknown where the plan is, or names no such limit."""

    limit_of: str = Field(description="The name of a limit under `plans` in policy.yaml.", examples=["seats"])
    title: str | None = Field(None, description=_TITLE, examples=["Seats in the plan"])


MadeFact = RatioFact | DifferenceFact | HeadroomFact | PaceFact

FACTS_MADE = (SourcedFact, CountedFact, RatioFact, DifferenceFact, HeadroomFact, PaceFact, LimitFact)

_BY_WORD: dict[str, type[Strict]] = {
    "ratio": RatioFact,
    "difference": DifferenceFact,
    "headroom": HeadroomFact,
    "days_to_limit": PaceFact,
    "pace_over": PaceFact,
    "limit_of": LimitFact,
    **dict.fromkeys(("times", "people", "days", "over", "where"), CountedFact),
}


def _sort_of_fact(value: Any) -> str:
    if isinstance(value, Strict):
        return type(value).__name__
    words = value.keys() - {"title"} if isinstance(value, dict) else set()
    model = next((model for word, model in _BY_WORD.items() if word in words), None)
    return (model or _meant(words) or SourcedFact).__name__


def _meant(words: Iterable[str]) -> type[Strict] | None:
    """What a misspelt word stands for, so that it is the only mistake; None where a source is named."""
    if any(word in SourcedFact.model_fields or word == "from" for word in words):
        return None
    near = (did_you_mean(HABITS.get(word, word), _BY_WORD) for word in sorted(words) if word not in IN_FACTS)
    return next((_BY_WORD[word] for word in near if word), None)


FactDefinition = Annotated[
    Annotated[SourcedFact, Tag("SourcedFact")]
    | Annotated[CountedFact, Tag("CountedFact")]
    | Annotated[RatioFact, Tag("RatioFact")]
    | Annotated[DifferenceFact, Tag("DifferenceFact")]
    | Annotated[HeadroomFact, Tag("HeadroomFact")]
    | Annotated[PaceFact, Tag("PaceFact")]
    | Annotated[LimitFact, Tag("LimitFact")],
    Discriminator(_sort_of_fact),
]


class SourcedCohort(Strict):
    """A cohort kept in another system: the accounts of its members."""

    from_: str = Field(
        alias="from",
        description="The source, such as `mixpanel.cohort`; `expansion facts` lists them.",
        examples=["mixpanel.cohort"],
    )
    name: str = Field(description="The cohort's name there.", examples=["Premium builders"])


class RuleCohort(Strict):
    """A cohort made of conditions."""

    when: list[Clause] = Field(
        min_length=1,
        description="Conditions: the accounts for which all of these are true.",
        examples=[[{"fact": "plan", "is_one_of": ["Team", "Business"]}]],
    )


def _sort_of_cohort(value: Any) -> str:
    keys = value.keys() if isinstance(value, dict) else ()
    return "rule" if "when" in keys or isinstance(value, RuleCohort) else "sourced"


CohortDefinition = Annotated[
    Annotated[SourcedCohort, Tag("sourced")] | Annotated[RuleCohort, Tag("rule")], Discriminator(_sort_of_cohort)
]


class PeopleGroup(Strict):
    """People of an account, by a field of their profile."""

    field: str = Field(description="A field of people's profiles.", examples=["role"])
    is_: ScalarField = Field(alias="is", description="The value of that field.", examples=["admin"])


class EventSource(Strict):
    """Where events come from."""

    from_: str = Field(
        alias="from",
        description="The source, such as `mixpanel.export`; `expansion facts` lists them.",
        examples=["mixpanel.export"],
    )
    account: str | None = Field(
        None,
        description="The event property that holds the account id. Of a source that pushes it may be a kind of group,"
        " or be left out: then the account is the event's group, or the one of its person's last `group` call.",
        examples=["company_id"],
    )
    names: list[str] = Field(
        default_factory=list,
        description="Events that are real although none may have come yet. Of every other name that never came, zero"
        " is not known to be zero: conditions about it cannot be told.",
        examples=[["Plan Cancelled"]],
    )
    properties: list[str] = Field(
        default_factory=list,
        description="Properties that events may have although none had them yet.",
        examples=[["coupon"]],
    )
    expects: Expects | None = Field(
        None,
        description="How much comes, and how soon, when all is well. Days outside of it are not known: what rests on"
        " them cannot be told, and the run says which and since when.",
        examples=[{"at_least": "30%", "lag": "12 hours"}],
    )


def _shared_kind(kinds: set[Kind | None]) -> Kind | None:
    """The kind of a difference; None where a part is no number, which is said where it is made."""
    if not kinds <= {"number", "money", "percent"}:
        return None
    return kinds.pop() if len(kinds) == 1 else "number"


class Facts(Strict):
    """facts.yaml: the words that triggers may use, each with where it comes from."""

    events: list[EventSource] = Field(
        default_factory=list,
        description="Where events come from: pulled, or pushed to `expansion serve`.",
        examples=[[{"from": "mixpanel.export", "account": "company_id"}]],
    )
    facts: dict[Name, FactDefinition] = Field(
        default_factory=dict,
        description="Facts by name: what conditions, texts and policy.yaml may name.",
        examples=[{"seats_used": {"people": "Session Started", "over": "28 days"}}],
    )
    cohorts: dict[Name, CohortDefinition] = Field(
        default_factory=dict,
        description="Groups of accounts by name.",
        examples=[{"paying-accounts": {"when": [{"fact": "arr", "more_than": 0}]}}],
    )
    people: dict[Name, PeopleGroup] = Field(
        default_factory=dict,
        description="Groups of people by name: those whom an action may address.",
        examples=[{"admins": {"field": "role", "is": "admin"}}],
    )
    expects: dict[str, ExpectsAnswers] = Field(
        default_factory=dict,
        description="By source of facts, how soon it answers again when all is well. Where it has not, its facts cannot"
        " be told, and the run says which source and since when. Without it the last answer counts, however old.",
        examples=[{"salesforce.account": {"lag": "2 days"}}],
    )

    def kind(self, fact: str) -> Kind | None:
        """The kind of a fact; None where there is no such fact, or it is made from itself."""
        return self._kind(fact, ())

    def _kind(self, fact: str, made: tuple[str, ...]) -> Kind | None:
        match None if fact in made else self.facts.get(fact):
            case None:
                return None
            case SourcedFact(kind=kind):
                return kind
            case RatioFact() | HeadroomFact():
                return "percent"
            case DifferenceFact(parts=parts):
                return _shared_kind({self._kind(part, (*made, fact)) for part in parts})
        return "number"

    def is_limit(self, fact: str) -> bool:
        """Whether something is made with this fact as its limit, or the whole that it is a share of."""
        whole = (one for one in self.facts.values() if isinstance(one, RatioFact | HeadroomFact | PaceFact))
        return any(one.parts[1] == fact for one in whole)

    def is_subtracted(self, fact: str) -> bool:
        """Whether this fact is part of a difference."""
        return any(fact in one.parts for one in self.facts.values() if isinstance(one, DifferenceFact))

    def of_users(self, fact: str) -> bool:
        """Whether a fact is about a person, not about an account."""
        definition = self.facts.get(fact)
        return isinstance(definition, SourcedFact) and definition.who == "users"
