"""The guard rails of policy.yaml: who is left alone, held out, held back, or waits for a person."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from expansion.language.model.conditions import Clause
from expansion.language.model.fields import (
    Accounts,
    DaysField,
    Name,
    PercentField,
    RateField,
    ScalarField,
    SpanField,
    Strict,
    goes_together,
)


class Suppression(Strict):
    """Accounts that are left alone, and the reason people will read. All that is written here must hold."""

    reason: str = Field(description="Why, as people will read it.", examples=["A deal is open"])
    when: list[Clause] = Field(
        default_factory=list,
        description="Conditions: the accounts for which all of these are true.",
        examples=[[{"fact": "open_deals", "at_least": 1}]],
    )
    coming_up: str | None = Field(
        None, description="A date fact that lies ahead, no further than `within`.", examples=["renewal_date"]
    )
    within: DaysField | None = Field(None, description="How far ahead `coming_up` looks.", examples=["30 days"])
    acted_on_within: SpanField | None = Field(
        None,
        description="A conversation began with the account within this time, by any trigger, or waits for approval.",
        examples=["14 days"],
    )

    @goes_together
    def _something(self) -> Suppression:
        if (self.coming_up is None) != (self.within is None):
            raise ValueError("`coming_up` and `within` belong together; write `coming_up: FACT` with `within: 30 days`")
        if not self.when and self.coming_up is None and self.acted_on_within is None:
            raise ValueError("this leaves nobody alone; write `when`, `coming_up` or `acted_on_within`")
        return self


class Holdout(Strict):
    """Accounts that are never acted on, so that somebody can say what the playbooks bring."""

    share: PercentField = Field(description="The share of accounts that is held out.", examples=["5%"])
    salt: str = Field(description="Any text; changing it draws the held-out accounts anew.", examples=["spring-2026"])


class Flood(Strict):
    """Brakes for a whole run: what is over them is held, recorded and reported, never sent."""

    at_most: Accounts | None = Field(
        None,
        description="Hold a trigger that fires for more accounts than this in one run; one with `check: on_event`, in"
        " one day.",
        examples=["40 accounts"],
    )
    times_median: ScalarField | None = Field(
        None,
        description="Hold a trigger that fires for more than so many times the median of its past runs in which it "
        "fired (three at least); with `check: on_event`, of its days.",
        examples=[5],
    )


class QuietHours(Strict):
    """When nothing goes out that reaches the customer's people: it waits for the end, in the time zone of the owner.

    That is every step whose action takes `people`, such as Intercom's, and those that `also` names.
    """

    from_: str = Field(
        alias="from", pattern=r"^\d{2}:\d{2}$", description="When it becomes quiet, in quotes.", examples=["19:00"]
    )
    to: str = Field(pattern=r"^\d{2}:\d{2}$", description="When it ends, in quotes.", examples=["08:00"])
    days: list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]] = Field(
        default_factory=list, description="Days that are quiet from midnight to midnight.", examples=[["sat", "sun"]]
    )
    also: list[str] = Field(
        default_factory=list,
        description="Actions that wait, too, such as messages to your own team.",
        examples=[["slack.post_message"]],
    )


class Attention(Strict):
    """How much anybody gets, over all triggers. What finds no room is carried over, and acted on when there is some.

    One unit is one conversation: a playbook started for an account, however many triggers are joined in it. Days,
    weeks and months are calendar days of the policy's zone, today being the last of them.
    """

    per_owner: RateField | None = Field(
        None, description="Conversations that start for one owner.", examples=["5 a day"]
    )
    per_account: RateField | None = Field(
        None, description="Conversations that start about one account.", examples=["1 in 14 days"]
    )
    per_person: RateField | None = Field(
        None,
        description="Conversations that reach one person of the customer: by steps with `people`, such as Intercom's.",
        examples=["1 in 30 days"],
    )

    @goes_together
    def _something(self) -> Attention:
        if self.per_owner is None and self.per_account is None and self.per_person is None:
            raise ValueError("`attention` says nothing; write `per_owner`, `per_account` or `per_person`")
        return self


class Approval(Strict):
    """What waits until a person approves it, and the reason people will read. All that is written here must fit."""

    reason: str = Field(description="Why, as people will read it.", examples=["A large deal"])
    worth_at_least: ScalarField | None = Field(
        None, description="Worth as much as this a year, in the policy's currency.", examples=[50_000]
    )
    tiers: list[Name] = Field(default_factory=list, description="One of these tiers.", examples=[["plan_change"]])
    triggers: list[Name] = Field(
        default_factory=list, description="Fired by one of these triggers.", examples=[["seat-limit"]]
    )
    playbooks: list[Name] = Field(
        default_factory=list, description="Starts one of these playbooks.", examples=[["seat-expansion"]]
    )
    when: list[Clause] = Field(
        default_factory=list,
        description="Conditions on the account; one that cannot be told asks for approval, too.",
        examples=[[{"cohort": "enterprise-accounts"}]],
    )

    @goes_together
    def _something(self) -> Approval:
        if self.worth_at_least is None and not (self.tiers or self.triggers or self.playbooks or self.when):
            raise ValueError(
                "this asks approval for nothing in particular; "
                "write `worth_at_least`, `tiers`, `triggers`, `playbooks` or `when`"
            )
        return self
