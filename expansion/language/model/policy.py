"""policy.yaml: money, guard rails, owners."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from pydantic import Field

from expansion.language.model.fields import Name, PercentField, ScalarField, SpanField, Strict, goes_together
from expansion.language.model.following import WorkingSpan
from expansion.language.model.friction import Friction
from expansion.language.model.guard_rails import Approval, Attention, Flood, Holdout, QuietHours, Suppression
from expansion.language.model.outcomes import OutcomeDefinition, OutcomeEvent, OutcomeFact, OutcomeFrom
from expansion.language.model.values import Span

ATTRIBUTION = Span(90, "days")  # a quarter: the usual length of such a conversation


class AccountWords(Strict):
    """Which facts name, value and route an account."""

    name: str | None = Field(None, description="The fact that holds the account's name.", examples=["account_name"])
    value: str | None = Field(
        None, description="The fact that holds its yearly value (ARR), a number or money.", examples=["arr"]
    )
    owner: str | None = Field(
        None, description="The fact that holds the owner's e-mail address.", examples=["owner_email"]
    )
    parent: str | None = Field(
        None,
        description="The fact that holds the parent account's id: both are held out together.",
        examples=["parent_account"],
    )
    time_zone: str | None = Field(
        None,
        description="The fact that holds the owner's time zone, such as `America/New_York`; for quiet hours.",
        examples=["owner_time_zone"],
    )


class Worth(Strict):
    """What a yes is worth a year, in the policy's currency: a flat price, or a share of a money fact."""

    flat: ScalarField | None = Field(None, description="The same price for everybody.", examples=[2_400])
    share: PercentField | None = Field(None, description="This share of a money fact.", examples=["20%"])
    of: str | None = Field(None, description="The money fact that `share` is taken of.", examples=["arr"])
    at_least: ScalarField | None = Field(None, description="Never less than this.", examples=[1_200])

    @goes_together
    def _one_way(self) -> Worth:
        if (self.flat is None) == (self.share is None) or (self.share is None) != (self.of is None):
            raise ValueError(
                "exactly one of `flat` and `share` belongs here; write `flat: 3600`, or `share: 20%` with `of: FACT`"
            )
        return self


class Tier(Strict):
    """A revenue tier: what is sold, what it is worth, how often such a conversation ends in a yes."""

    title: str = Field(description="What people read.", examples=["More seats"])
    worth: Worth = Field(description="What a yes is worth a year.", examples=[{"share": "20%", "of": "arr"}])
    likely: PercentField = Field(
        description="How many such conversations end in a yes: your estimate until measured.", examples=["30%"]
    )
    attribution: SpanField = Field(
        default_factory=lambda: ATTRIBUTION,
        description="How long after a firing an expansion counts as its doing; left out: `90 days`.",
        examples=["90 days"],
    )
    minutes: int | None = Field(
        None,
        gt=0,
        description="How many minutes of a seller one such conversation takes: your estimate, for what false alarms"
        " cost.",
        examples=[30],
    )


class WorkingHours(Strict):
    """When people work: due dates fall into it."""

    days: list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]] = Field(
        min_length=1,
        description="The working days, each by three letters.",
        examples=[["mon", "tue", "wed", "thu", "fri"]],
    )
    from_: str = Field(
        alias="from", pattern=r"^\d{2}:\d{2}$", description="When the day begins, in quotes.", examples=["09:00"]
    )
    to: str = Field(pattern=r"^\d{2}:\d{2}$", description="When it ends, in quotes.", examples=["17:30"])

    def length(self, span: WorkingSpan) -> timedelta:
        """The span in hours; a working day is as long as on the wall clock."""
        day = wall_clock(self.to) - wall_clock(self.from_)
        return span.count * (timedelta(hours=1) if span.unit == "hours" else day)


def wall_clock(text: str) -> timedelta:
    """How long after midnight `17:30` is."""
    hour, minute = text.split(":")
    return timedelta(hours=int(hour), minutes=int(minute))


class Owners(Strict):
    """Who gets the work."""

    fallback: str = Field(
        description="Who gets the work when the account has no owner: an e-mail address.",
        examples=["revops@acme.example"],
    )
    time_zones: dict[str, str] = Field(
        default_factory=dict,
        description="Owners who work in another time zone, by e-mail address.",
        examples=[{"dana@acme.example": "America/New_York"}],
    )


class Freshness(Strict):
    """When events are too old to count on."""

    late_after: SpanField = Field(
        description="Newest events older than this at the check make counts `cannot tell`.", examples=["2 days"]
    )


class Plans(Strict):
    """What each plan includes: the limits that `limit_of` facts are."""

    fact: str = Field(description="The fact that holds the account's plan, as text.", examples=["plan"])
    limits: dict[str, dict[Name, ScalarField]] = Field(
        min_length=1,
        description="For each plan, exactly as the fact spells it, its limits by name: numbers, or `unlimited`.",
        examples=[{"Team": {"seats": 50, "api_calls": 100_000}, "Pro": {"seats": "unlimited"}}],
    )

    def limit(self, plan: str, name: str) -> Any | None:
        """The limit of this name in this plan; None where the plan is not known or has no such limit."""
        return self.limits.get(plan, {}).get(name)

    @property
    def names(self) -> list[str]:
        """The names of all limits, of any plan."""
        return list(dict.fromkeys(name for limits in self.limits.values() for name in limits))


class Policy(Strict):
    """policy.yaml: money, guard rails, owners."""

    time_zone: str = Field(description="Days, weeks and months are those of this zone.", examples=["Europe/London"])
    currency: str = Field(
        "USD", pattern=r"^[A-Z]{3}$", description="The currency of all money, in three capitals.", examples=["EUR"]
    )
    working_hours: WorkingHours = Field(
        description="When people work.",
        examples=[{"days": ["mon", "tue", "wed", "thu", "fri"], "from": "09:00", "to": "17:30"}],
    )
    account: AccountWords = Field(
        default_factory=AccountWords,
        description="Which facts name, value and route an account.",
        examples=[{"name": "account_name", "value": "arr", "owner": "owner_email"}],
    )
    owners: Owners = Field(description="Who gets the work.", examples=[{"fallback": "revops@acme.example"}])
    tiers: dict[Name, Tier] = Field(
        min_length=1,
        description="The price book: the revenue tiers by name.",
        examples=[{"add_on": {"title": "An add-on", "worth": {"flat": 2_400}, "likely": "20%"}}],
    )
    plans: Plans | None = Field(
        None,
        description="The limits of each plan, for facts made with `limit_of`.",
        examples=[{"fact": "plan", "limits": {"Team": {"seats": 50}}}],
    )
    suppress: list[Suppression] = Field(
        default_factory=list,
        description="Who is left alone, whatever fires; the first reason that holds is the one people read.",
        examples=[[{"reason": "A deal is open", "when": [{"fact": "open_deals", "at_least": 1}]}]],
    )
    friction: list[Friction] = Field(
        default_factory=list,
        description="Trouble that accounts have: `expansion rank` says so, and puts help before an offer. Nothing is"
        " kept from firing by it; `suppress` does that.",
        examples=[[{"what": "Errors lately", "when": [{"event": "Error Shown", "at_least": 5, "over": "14 days"}]}]],
    )
    holdout: Holdout | None = Field(
        None,
        description="The accounts that are never acted on, to measure what the playbooks bring.",
        examples=[{"share": "5%", "salt": "spring-2026"}],
    )
    flood: Flood | None = Field(
        None, description="Brakes for a whole run.", examples=[{"at_most": "40 accounts", "times_median": 5}]
    )
    quiet_hours: QuietHours | None = Field(
        None,
        description="When nothing goes out that reaches the customer's people.",
        examples=[{"from": "19:00", "to": "08:00", "days": ["sat", "sun"]}],
    )
    announce_by: str | None = Field(
        None,
        description="The action by which the reminders and escalations of `sla` are posted in their `channel`; left "
        "out: `slack.post_message`.",
        examples=["email.send"],
    )
    attention: Attention | None = Field(
        None,
        description="How much anybody gets, over all triggers: the most valuable first, the rest is carried over.",
        examples=[{"per_owner": "5 a day", "per_account": "1 in 14 days"}],
    )
    approval: list[Approval] = Field(
        default_factory=list,
        description="What a person has to approve before anything is sent; the first that fits is the one people read.",
        examples=[[{"reason": "A large deal", "worth_at_least": 50_000}]],
    )
    events: Freshness | None = Field(
        None, description="How old the newest events may be.", examples=[{"late_after": "2 days"}]
    )
    outcomes: list[OutcomeDefinition] = Field(
        default_factory=list,
        description="What counts as an account buying more or less: events, changes of facts, deals that systems tell.",
        examples=[[{"fact": "arr", "rises": "5%", "falls": "5%"}]],
    )


__all__ = [
    "ATTRIBUTION",
    "AccountWords",
    "Approval",
    "Attention",
    "Flood",
    "Freshness",
    "Friction",
    "Holdout",
    "OutcomeEvent",
    "OutcomeFact",
    "OutcomeFrom",
    "Owners",
    "Plans",
    "Policy",
    "QuietHours",
    "Suppression",
    "Tier",
    "WorkingHours",
    "Worth",
]
