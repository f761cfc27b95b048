"""What the files of a playbooks folder hold: triggers and playbooks here, facts and policy in files of their own."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from expansion.language.model.conditions import Clause
from expansion.language.model.facts import (
    CountedFact,
    DifferenceFact,
    EventSource,
    Facts,
    HeadroomFact,
    LimitFact,
    MadeFact,
    PaceFact,
    RatioFact,
    RuleCohort,
    SourcedCohort,
    SourcedFact,
    Who,
)
from expansion.language.model.fields import Accounts, Name, PercentField, SpanField, Strict, goes_together
from expansion.language.model.following import Sla, WhenCleared
from expansion.language.model.guard_rails import Approval, Attention, Flood, QuietHours, Suppression
from expansion.language.model.policy import Plans, Policy, Tier, WorkingHours, Worth

# --- triggers/NAME.yaml -----------------------------------------------------------------------------------------------


class Choice(Strict):
    """One branch of `choose`: the first whose `when` holds is taken; one without `when` always fits."""

    playbook: Name = Field(description="The playbook of this branch.", examples=["seat-expansion-enterprise"])
    when: list[Clause] = Field(
        default_factory=list,
        description="Conditions on the account, all of them; left out: this branch always fits, so it stands last.",
        examples=[[{"fact": "arr", "at_least": 100_000}]],
    )


class Then(Strict):
    """What follows a firing: one playbook, or the first that fits."""

    playbook: Name | None = Field(None, description="The playbook that follows.", examples=["seat-expansion"])
    choose: list[Choice] | None = Field(
        None,
        min_length=1,
        description="Branches: the first that fits is taken.",
        examples=[
            [{"playbook": "seat-expansion-enterprise", "when": [{"cohort": "enterprise"}]}, {"playbook": "call"}]
        ],
    )

    @goes_together
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


Check = Literal["hourly", "daily", "weekly", "on_event"]


class Trigger(Strict):
    """When to act, and which playbook follows."""

    trigger: Name = Field(
        description="The trigger's name, in small letters; the file is called the same.", examples=["seat-limit"]
    )
    title: str = Field(
        description="What people read in tasks and tables.", examples=["Nearly out of seats, and still growing"]
    )
    owner: str = Field(description="Who answers for this trigger: an e-mail address.", examples=["revops@acme.example"])
    status: Literal["draft", "watching", "live"] = Field(
        description="draft: only checked. watching: records firings, sends nothing. live: acts.", examples=["watching"]
    )
    check: Check = Field(
        "daily",
        description="How often it is evaluated: `hourly`, `daily`, `weekly`; or `on_event`: in every run, and where"
        " `expansion serve` takes events, also at once for the account of each.",
        examples=["hourly"],
    )
    who: Who = Field(
        "accounts",
        description="`accounts`: every account is asked about. `users`: every person by itself; then events in `when`"
        " and `unless` are that person's own, and everything else is about the person's account.",
        examples=["users"],
    )
    accounts: str | None = Field(
        None, description="A cohort from facts.yaml; left out: every known account.", examples=["paying-accounts"]
    )
    when: list[Clause] = Field(
        min_length=1,
        description="Conditions: all of these must be true.",
        examples=[[{"fact": "seat_usage", "at_least": "80%"}]],
    )
    unless: list[Clause] = Field(
        default_factory=list,
        description="Conditions: each must be a plain no. One that cannot be told keeps the trigger from firing.",
        examples=[[{"fact": "open_deals", "at_least": 1}]],
    )
    leads_to: Name = Field(
        description="The revenue tier from policy.yaml: what a yes would sell.", examples=["seat_upgrade"]
    )
    then: Then = Field(
        description="What follows a firing: a playbook, or a choice of several.",
        examples=[{"playbook": "seat-expansion"}],
    )
    first_run: Literal["quiet", "act"] = Field(
        "quiet",
        description="What its first live run does. quiet: writes down for whom it is true already, and sends nothing."
        " act: acts on them as in any other run.",
        examples=["act"],
    )
    quiet_for: SpanField | None = Field(
        None, description="Cooldown: not again for this account within this time.", examples=["30 days"]
    )
    hold_if_more_than: Accounts | None = Field(
        None,
        description="Flood brake: if it fires for more accounts than this in one run, all of them are held; with"
        " `check: on_event`, in one day, and held is what comes then.",
        examples=["25 accounts"],
    )
    holdout: PercentField | None = Field(
        None,
        description="The share of accounts that this trigger never acts on, to measure what it brings.",
        examples=["10%"],
    )


# --- NAME.yaml --------------------------------------------------------------------------------------------------------


class Step(Strict):
    """One step of a playbook."""

    id: Name = Field(description="Part of the ledger's key: renaming it makes a new step.", examples=["ask-the-owner"])
    do: str = Field(
        description="An action, such as `salesforce.create_task`; `expansion actions` lists them.",
        examples=["salesforce.create_task"],
    )
    with_: dict[str, Any] = Field(
        default_factory=dict,
        alias="with",
        description="The action's inputs; `expansion actions` lists them. Texts are filled in where `{{ … }}` stands.",
        examples=[{"assign_to": "account owner", "subject": "Call {{ account.name }}"}],
    )
    after: SpanField | None = Field(None, description="Wait this long after the firing.", examples=["3 days"])
    only_if: list[Clause] = Field(
        default_factory=list,
        description="Conditions on the account, asked again when the step is due; else it is skipped.",
        examples=[[{"fact": "seat_usage", "at_least": "80%"}]],
    )
    can_fail: bool = Field(
        False, description="`true`: the steps after it go on even if it is refused.", examples=[True]
    )
    when_cleared: WhenCleared = Field(
        "leave",
        description="What becomes of it when the episode ends. `close`: the task is completed, with a note why;"
        " `annotate`: only a note, on the task or in the message's thread; `take_back`: what was set is set back"
        " (a tag, a property, a place in a segment, list, cohort or campaign); `leave`: nothing. A task that"
        " a person has worked on is left alone whatever stands here.",
        examples=["close"],
    )
    sla: Sla | None = Field(
        None,
        description="How soon somebody has to touch the task, in working hours, and what follows if nobody does.",
        examples=[{"first_touch": "8 working hours", "remind": {"channel": "expansion"}}],
    )


class Playbook(Strict):
    """What to do, step by step."""

    playbook: Name = Field(
        description="The playbook's name, in small letters; the file is called the same.", examples=["seat-expansion"]
    )
    title: str = Field(
        description="What people read in tables.", examples=["Start a seats conversation before they hit the wall"]
    )
    steps: list[Step] = Field(
        min_length=1,
        description="The steps, in order.",
        examples=[[{"id": "tell-the-team", "do": "slack.post_message", "with": {"channel": "expansion"}}]],
    )

    @goes_together
    def _ids_differ(self) -> Playbook:
        ids = [step.id for step in self.steps]
        if twice := sorted({i for i in ids if ids.count(i) > 1}):
            raise ValueError(f"two steps are called `{twice[0]}`; give each its own id: it is part of the ledger's key")
        return self


__all__ = [
    "Approval",
    "Attention",
    "Choice",
    "CountedFact",
    "DifferenceFact",
    "EventSource",
    "Facts",
    "Flood",
    "HeadroomFact",
    "LimitFact",
    "MadeFact",
    "PaceFact",
    "Plans",
    "Playbook",
    "Policy",
    "QuietHours",
    "RatioFact",
    "RuleCohort",
    "Sla",
    "SourcedCohort",
    "SourcedFact",
    "Step",
    "Suppression",
    "Then",
    "Tier",
    "Trigger",
    "Who",
    "WorkingHours",
    "Worth",
]
