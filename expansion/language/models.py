"""What the files of a playbooks folder hold: triggers, playbooks, facts, policy."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from expansion.language.conditions import (
    Accounts,
    Clause,
    PercentField,
    ScalarField,
    SpanField,
    Strict,
    WhereField,
)

Kind = Literal["number", "money", "percent", "text", "yes_no", "date", "list"]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]

# --- triggers/NAME.yaml -----------------------------------------------------------------------------------------------


class Choice(Strict):
    """One branch of `choose`: the first whose `when` holds is taken; one without `when` always fits."""

    playbook: Name
    when: list[Clause] = Field(default_factory=list)


class Then(Strict):
    """What follows a firing: one playbook, or the first that fits."""

    playbook: Name | None = None
    choose: list[Choice] | None = Field(None, min_length=1)

    @model_validator(mode="after")
    def _one_way(self) -> Then:
        if (self.playbook is None) == (self.choose is None):
            raise ValueError(
                "exactly one of `playbook` and `choose` belongs here; write `playbook: NAME`, or `choose:` with a list"
            )
        return self

    @property
    def choices(self) -> tuple[Choice, ...]:
        """The branches in order, a single playbook being one branch."""
        return (Choice(playbook=self.playbook),) if self.playbook else tuple(self.choose or ())


class Trigger(Strict):
    """When to act, and which playbook follows."""

    trigger: Name = Field(description="The trigger's name; the file is named after it.")
    title: str = Field(description="What people read in tasks and tables.")
    owner: str = Field(description="Who answers for this trigger: an e-mail address.")
    status: Literal["draft", "watching", "live"] = Field(
        description="draft: only checked. watching: records firings, sends nothing. live: acts."
    )
    check: Literal["hourly", "daily", "weekly"] = Field("daily", description="How often it is evaluated.")
    accounts: str | None = Field(None, description="A cohort from facts.yaml; left out: every known account.")
    when: list[Clause] = Field(min_length=1, description="All of these must be true.")
    unless: list[Clause] = Field(default_factory=list, description="None of these may be true.")
    leads_to: Name = Field(description="The revenue tier from policy.yaml: what a yes would sell.")
    then: Then
    quiet_for: SpanField | None = Field(None, description="Cooldown: not again for this account within this time.")
    hold_if_more_than: Accounts | None = Field(None, description="Flood brake: more firings in one run are all held.")
    holdout: PercentField | None = Field(None, description="Share of accounts never acted on, to measure lift.")


# --- NAME.yaml --------------------------------------------------------------------------------------------------------


class Step(Strict):
    """One step of a playbook."""

    id: Name = Field(description="Part of the ledger's key: renaming it makes a new step.")
    do: str = Field(description="An action, such as `salesforce.create_task`; `expansion actions` lists them.")
    with_: dict[str, Any] = Field(default_factory=dict, alias="with", description="The action's inputs.")
    after: SpanField | None = Field(None, description="Wait this long after the firing.")
    only_if: list[Clause] = Field(default_factory=list, description="Asked when the step is due; else it is skipped.")
    can_fail: bool = Field(False, description="The steps after it go on even if it is refused.")


class Playbook(Strict):
    """What to do, step by step."""

    playbook: Name
    title: str
    steps: list[Step] = Field(min_length=1)

    @model_validator(mode="after")
    def _ids_differ(self) -> Playbook:
        ids = [step.id for step in self.steps]
        if twice := sorted({i for i in ids if ids.count(i) > 1}):
            raise ValueError(f"two steps are called `{twice[0]}`; give each its own id: it is part of the ledger's key")
        return self


# --- shared/facts.yaml ------------------------------------------------------------------------------------------------


class SourcedFact(Strict):
    """A fact that a source knows, such as a field of the CRM."""

    from_: str = Field(alias="from", description="The source, such as `salesforce.account`.")
    field: str = Field(description="The field's name there.")
    kind: Kind
    title: str | None = None


class CountedFact(Strict):
    """A fact counted from events, such as the people who saw a paywall."""

    times: str | list[str] | None = None
    people: str | list[str] | None = None
    days: str | list[str] | None = None
    over: SpanField
    where: dict[str, WhereField] = Field(default_factory=dict)
    title: str | None = None

    @model_validator(mode="after")
    def _one_count(self) -> CountedFact:
        if sum(getattr(self, word) is not None for word in ("times", "people", "days")) != 1:
            raise ValueError("a fact counts one thing; keep one of `times`, `people` and `days`")
        return self

    @property
    def counted(self) -> tuple[str, tuple[str, ...]]:
        """(`times`|`people`|`days`, event names)."""
        word = next(w for w in ("times", "people", "days") if getattr(self, w) is not None)
        names = getattr(self, word)
        return word, (names,) if isinstance(names, str) else tuple(names)


class RatioFact(Strict):
    """One fact divided by another; unknown where either is unknown or the second is zero."""

    ratio: Annotated[list[str], Field(min_length=2, max_length=2)]
    title: str | None = None


def _sort_of_fact(value: Any) -> str:
    if isinstance(value, dict):
        if "ratio" in value:
            return "ratio"
        return "counted" if {"times", "people", "days", "over", "where"} & value.keys() else "sourced"
    if isinstance(value, RatioFact):
        return "ratio"
    return "counted" if isinstance(value, CountedFact) else "sourced"


FactDefinition = Annotated[
    Annotated[SourcedFact, Tag("sourced")]
    | Annotated[CountedFact, Tag("counted")]
    | Annotated[RatioFact, Tag("ratio")],
    Discriminator(_sort_of_fact),
]


class SourcedCohort(Strict):
    """A cohort kept in another system: the accounts of its members."""

    from_: str = Field(alias="from", description="The source, such as `mixpanel.cohort`.")
    name: str = Field(description="The cohort's name there.")


class RuleCohort(Strict):
    """A cohort made of conditions on facts."""

    when: list[Clause] = Field(min_length=1)


def _sort_of_cohort(value: Any) -> str:
    keys = value.keys() if isinstance(value, dict) else ()
    return "rule" if "when" in keys or isinstance(value, RuleCohort) else "sourced"


CohortDefinition = Annotated[
    Annotated[SourcedCohort, Tag("sourced")] | Annotated[RuleCohort, Tag("rule")], Discriminator(_sort_of_cohort)
]


class PeopleGroup(Strict):
    """People of an account, by a field of their profile: `{field: role, is: admin}`."""

    field: str
    is_: ScalarField = Field(alias="is")


class EventSource(Strict):
    """Where events are pulled from."""

    from_: str = Field(alias="from", description="The source, such as `mixpanel.export`.")
    account: str = Field(description="The event property that holds the account id.")


class Facts(Strict):
    """facts.yaml: the words that triggers may use, each with where it comes from."""

    events: list[EventSource] = Field(default_factory=list)
    facts: dict[Name, FactDefinition] = Field(default_factory=dict)
    cohorts: dict[Name, CohortDefinition] = Field(default_factory=dict)
    people: dict[Name, PeopleGroup] = Field(default_factory=dict)


# --- shared/policy.yaml -----------------------------------------------------------------------------------------------


class AccountWords(Strict):
    """Which facts name, value and route an account."""

    name: str | None = Field(None, description="The fact that holds the account's name.")
    value: str | None = Field(None, description="The fact that holds its yearly value (ARR).")
    owner: str | None = Field(None, description="The fact that holds the owner's e-mail address.")
    parent: str | None = Field(None, description="The fact that holds the parent account's id.")


class Worth(Strict):
    """What a yes is worth a year, in the policy's currency: a flat price, or a share of a money fact."""

    flat: ScalarField | None = None
    share: PercentField | None = None
    of: str | None = Field(None, description="The money fact that `share` is taken of.")
    at_least: ScalarField | None = Field(None, description="Never less than this.")

    @model_validator(mode="after")
    def _one_way(self) -> Worth:
        if (self.flat is None) == (self.share is None) or (self.share is None) != (self.of is None):
            raise ValueError(
                "exactly one of `flat` and `share` belongs here; write `flat: 3600`, or `share: 20%` with `of: FACT`"
            )
        return self


class Tier(Strict):
    """A revenue tier: what is sold, what it is worth, how often such a conversation ends in a yes."""

    title: str
    worth: Worth
    likely: PercentField = Field(description="How many such conversations end in a yes: your estimate until measured.")


class WorkingHours(Strict):
    days: list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]] = Field(min_length=1)
    from_: str = Field(alias="from", pattern=r"^\d{2}:\d{2}$")
    to: str = Field(pattern=r"^\d{2}:\d{2}$")


class Owners(Strict):
    fallback: str = Field(description="Who gets the work when the account has no owner: an e-mail address.")


class Suppression(Strict):
    """Accounts that are left alone, and the reason people will read."""

    reason: str
    when: list[Clause] = Field(min_length=1)


class Holdout(Strict):
    share: PercentField
    salt: str = Field(description="Any text; changing it draws the held-out accounts anew.")


class Flood(Strict):
    """Brakes for a whole run: what is over them is held, recorded and reported, never sent."""

    at_most: Accounts | None = Field(None, description="More accounts than this from one trigger in one run.")
    times_median: ScalarField | None = Field(None, description="More than this many times the median of past runs.")


class Freshness(Strict):
    late_after: SpanField = Field(description="Events older than this at the check make counts `cannot tell`.")


class Policy(Strict):
    """policy.yaml: money, guard rails, owners."""

    time_zone: str = Field(description="Days, weeks and months are those of this zone, such as `Europe/London`.")
    currency: str = Field("USD", pattern=r"^[A-Z]{3}$")
    working_hours: WorkingHours
    account: AccountWords = Field(default_factory=AccountWords)
    owners: Owners
    tiers: dict[Name, Tier] = Field(min_length=1)
    suppress: list[Suppression] = Field(default_factory=list)
    holdout: Holdout | None = None
    flood: Flood | None = None
    events: Freshness | None = None
