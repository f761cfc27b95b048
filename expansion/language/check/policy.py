"""Checks policy.yaml: a time zone that exists, money that is money, facts of the right kind, limits in numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from expansion.language.check.kinds import CALLED
from expansion.language.check.opened import Known, not_email, not_of_account, not_share, unknown
from expansion.language.check.outcomes import check_outcomes
from expansion.language.model.mistakes import Mistake, brief, did_you_mean
from expansion.language.model.models import Approval, Plans, Policy, QuietHours, Worth
from expansion.language.model.values import UNLIMITED
from expansion.language.yaml.source import Source, Steps

# Which kinds the facts of `policy.account` may be.
_ACCOUNT_KINDS = {
    **{"name": ("text",), "value": ("money", "number"), "owner": ("text",), "parent": ("text",)},
    "time_zone": ("text",),
}


def check_policy(known: Known, policy: Policy, source: Source) -> Iterator[Mistake]:
    """policy.yaml by itself, and against facts.yaml."""
    yield from _time_zone(source, ("time_zone",), policy.time_zone)
    for email, zone in policy.owners.time_zones.items():
        yield from not_email(source, ("owners", "time_zones", email), email)
        yield from _time_zone(source, ("owners", "time_zones", email), zone)
    if policy.quiet_hours:
        yield from _quiet_hours(known, source, policy.quiet_hours)
    yield from _working_hours(policy, source)
    yield from not_email(source, ("owners", "fallback"), policy.owners.fallback)
    for word, kinds in _ACCOUNT_KINDS.items():
        if name := getattr(policy.account, word):
            yield from _fact_of_kind(known, source, ("account", word), name, kinds)
    for name, tier in policy.tiers.items():
        at: Steps = ("tiers", name)
        yield from not_share(source, (*at, "likely"), tier.likely)
        yield from _worth(known, source, (*at, "worth"), tier.worth)
    if policy.holdout:
        yield from not_share(source, ("holdout", "share"), policy.holdout.share)
    if policy.plans:
        yield from _plans(known, source, policy.plans)
    for index, left_alone in enumerate(policy.suppress):
        if left_alone.coming_up:
            yield from _fact_of_kind(known, source, ("suppress", index, "coming_up"), left_alone.coming_up, ("date",))
    for index, one in enumerate(policy.approval):
        yield from _approval(known, source, ("approval", index), one)
    if policy.announce_by:
        yield from _announcer(known, source, policy.announce_by)
    if policy.flood:
        yield from _numbers(source, ("flood",), [("times_median", policy.flood.times_median)])
    yield from check_outcomes(known, source, policy.outcomes)


def _announcer(known: Known, source: Source, action: str) -> Iterator[Mistake]:
    """What a clock speaks by has to post a text in a channel."""
    at, able = ("announce_by",), known.catalog.announcers
    if action in known.catalog.actions and action not in able:
        message = f"`{brief(action)}` posts no messages in channels"
        yield source.mistake(at, message, f"write one of {', '.join(able)}" if able else "leave the line out")
    else:
        yield from unknown(source, at, action, able, "an action that posts in channels", "no integration")


def _time_zone(source: Source, at: Steps, name: str) -> Iterator[Mistake]:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        near = did_you_mean(name, available_timezones())
        hint = f"did you mean `{near}`?" if near else "write a continent and a city, such as `Europe/London`"
        yield source.mistake(at, f"`{brief(name)}` is not a time zone", hint)


def _quiet_hours(known: Known, source: Source, quiet: QuietHours) -> Iterator[Mistake]:
    for word, time in (("from", quiet.from_), ("to", quiet.to)):
        if not "00:00" <= time <= "23:59" or time[3:] > "59":
            yield source.mistake(
                ("quiet_hours", word), "there is no such time of day", "write one from `00:00` to `23:59`"
            )
            return
    if quiet.from_ == quiet.to:
        yield source.mistake(("quiet_hours", "to"), "it is never quiet, or always", "let it end at another time")
    if len(set(quiet.days)) == 7:
        yield source.mistake(("quiet_hours", "days"), "every day is quiet, so nothing would ever be sent")
    for index, action in enumerate(quiet.also):
        at = ("quiet_hours", "also", index)
        yield from unknown(source, at, action, known.catalog.actions, "an action", "no integration")


def _working_hours(policy: Policy, source: Source) -> Iterator[Mistake]:
    hours = policy.working_hours
    wrong = [word for word, time in (("from", hours.from_), ("to", hours.to)) if not "00:00" <= time <= "24:00"]
    wrong += [word for word, time in (("from", hours.from_), ("to", hours.to)) if time[3:] > "59"]
    if wrong:
        at = ("working_hours", wrong[0])
        yield source.mistake(at, "there is no such time of day", "write one from `00:00` to `24:00`")
    elif hours.from_ >= hours.to:
        message = f"the working day ends at {hours.to}, before it begins at {hours.from_}"
        yield source.mistake(("working_hours", "to"), message, "`from` is the earlier one, such as 09:00 to 17:30")


def _fact_of_kind(known: Known, source: Source, at: Steps, name: str, kinds: Iterable[str]) -> Iterator[Mistake]:
    yield from unknown(source, at, name, known.names("facts"), "a fact of facts.yaml", "facts.yaml")
    kind = known.kind(name)
    if kind and kind not in kinds:
        wanted = " or ".join(CALLED[one] for one in kinds)
        message = f"`{at[-1]}` needs {wanted}, and `{name}` is {CALLED[kind]}"
        yield source.mistake(at, message, "name another fact, or put its `kind` right in facts.yaml")
    else:
        yield from not_of_account(known, source, at, name)


def _plans(known: Known, source: Source, plans: Plans) -> Iterator[Mistake]:
    yield from _fact_of_kind(known, source, ("plans", "fact"), plans.fact, ("text",))
    for plan, limits in plans.limits.items():
        if plan != plan.strip():
            message = f'"{plan}" has blanks at its ends, and no plan has: it never fits'
            yield source.mistake(("plans", "limits", plan), message, f"write  {plan.strip()}:", key=True)
        numbers = [(name, limit) for name, limit in limits.items() if limit != UNLIMITED]
        yield from _numbers(source, ("plans", "limits", plan), numbers, limit=True)


def _approval(known: Known, source: Source, at: Steps, approval: Approval) -> Iterator[Mistake]:
    yield from _numbers(source, at, [("worth_at_least", approval.worth_at_least)])
    there_is: list[tuple[str, Iterable[str] | None, str, str]] = [
        ("tiers", known.tiers(), "a tier of policy.yaml", "policy.yaml"),
        ("triggers", known.triggers, "a trigger of this folder", "the folder triggers/"),
        ("playbooks", known.playbooks, "a playbook of this folder", "the folder"),
    ]
    for word, names, what, where in there_is:
        for index, name in enumerate(getattr(approval, word)):
            yield from unknown(source, (*at, word, index), name, names, what, where)


def _worth(known: Known, source: Source, at: Steps, worth: Worth) -> Iterator[Mistake]:
    if worth.of is not None:
        yield from _fact_of_kind(known, source, (*at, "of"), worth.of, ("money",))
    yield from _numbers(source, at, [("flat", worth.flat), ("at_least", worth.at_least)])


def _numbers(source: Source, at: Steps, values: Iterable[tuple[str, Any]], *, limit: bool = False) -> Iterator[Mistake]:
    for word, value in values:
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            message = f"`{word}` should be a number, not `{brief(value)}`"
            hint = f"write it without currency or commas:  {word}: 3_600"
            yield source.mistake((*at, word), message, f"{hint} ; or  {word}: {UNLIMITED}" if limit else hint)
        elif value < 0:
            hint = f"where there is no limit, write  {word}: {UNLIMITED}" if limit else "write 0 or more"
            yield source.mistake((*at, word), f"`{word}` is below zero", hint)
