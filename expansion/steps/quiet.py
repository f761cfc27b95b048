"""Quiet hours: when something that reaches people may go out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from expansion.calendar.hours import WEEKDAYS
from expansion.contract import Catalog
from expansion.evaluate.results import NOT_GIVEN, Evaluator
from expansion.language.model.models import Policy, QuietHours
from expansion.steps.reaching import people_fields


def is_held(action: str, policy: Policy, catalog: Catalog) -> bool:
    """Whether quiet hours are about this action: it reaches people of the customer, or policy.yaml names it."""
    if policy.quiet_hours is None:
        return False
    words = catalog.actions.get(action)
    return action in policy.quiet_hours.also or bool(words and people_fields(words.input_model))


def opens_at(moment: datetime, quiet: QuietHours, zone: ZoneInfo) -> datetime:
    """The moment itself, or the first one after it that is not quiet, in UTC.

    By the wall clock of the zone: an hour that a change of clocks skips is the one after it, one that comes twice the
    first that lies ahead.
    """
    begins, ends = time.fromisoformat(quiet.from_), time.fromisoformat(quiet.to)
    at = moment.astimezone(zone)
    while True:
        day = at.date()
        if WEEKDAYS[day.weekday()] in quiet.days:
            at = _at(day + timedelta(days=1), time(), zone)
        elif begins < ends and begins <= at.time() < ends:
            at = _at(day, ends, zone, at)
        elif begins > ends and at.time() >= begins:
            at = _at(day + timedelta(days=1), ends, zone)
        elif begins > ends and at.time() < ends:
            at = _at(day, ends, zone, at)
        else:
            return at.astimezone(UTC)


def zones(policy: Policy, owners: Sequence[tuple[str, str]], evaluator: Evaluator) -> dict[str, str]:
    """The time zone of each account's owner, given as (account, e-mail address): by the map of policy.yaml, else by
    the fact it names, else the policy's own. A fact that names no zone counts for nothing.
    """
    fact, accounts = policy.account.time_zone, [account for account, _ in owners]
    known = evaluator.fact(fact, accounts) if fact and accounts else {}
    found = {}
    for account, owner in owners:
        said = policy.owners.time_zones.get(owner) or known.get(account, NOT_GIVEN).as_text or policy.time_zone
        found[account] = said if _is_zone(said) else policy.time_zone
    return found


def why_later(opens: datetime, zone: ZoneInfo) -> str:
    """What people read beside a step that waits."""
    return f"quiet hours: not before {opens.astimezone(zone):%H:%M on %Y-%m-%d} in {zone.key}"


def _at(day: date, at: time, zone: ZoneInfo, after: datetime | None = None) -> datetime:
    """This time of that day; where it comes twice, the second if the first is not `after`."""
    local = datetime.combine(day, at, tzinfo=zone)
    if after and local.astimezone(UTC) < after.astimezone(UTC):
        local = local.replace(fold=1)
    # By way of UTC: a time that the clocks skip would stay one that does not exist.
    return local.astimezone(UTC).astimezone(zone)


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
