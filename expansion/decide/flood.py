"""The brake for a run in which far more accounts fire than anybody expects: usually a fault in the data."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from statistics import median
from zoneinfo import ZoneInfo

from expansion.calendar.spans import local_date
from expansion.language.model.models import Flood, Trigger
from expansion.language.model.values import format_number

PAST_RUNS = 20  # how many runs back the median looks
ENOUGH_RUNS = 3  # runs with firings before a median means anything


def flood_reason(
    trigger: Trigger, flood: Flood | None, accounts: int, past_counts: Sequence[int], today: int = 0
) -> str | None:
    """Why all the new firings of a trigger are held in this run; None where the brake does not trip.

    `today`: of a trigger that reacts to events, the other accounts for which it fired today. It decides about a few
    accounts at a time, so that no limit for one run would ever hold it: the day counts, and the usual is that of days.

    Counted are the accounts that would be acted on: those suppressed or held out send nothing anyway, and however many
    people of one fire, its seller has one conversation.

    A held firing is recorded as an open episode with the decision `flood`. So it is seen in the ledger, and the next
    run does not send it either: its episode is open, and only a person lets it go. The release writes the steps of
    that same episode, so their keys are what they would have been.
    """
    accounts += today
    limits = [limit for limit in _limits(trigger, flood, past_counts) if accounts > limit[0]]
    if not limits:
        return None
    _, said = min(limits)
    counted = "new firings" if trigger.who == "accounts" else "accounts with new firings"
    when = "in one day" if trigger.check == "on_event" else "in one run"
    return (
        f"flood brake: {accounts} {counted} of {trigger.trigger} {when}, {said}{_HELD}. "
        f"Look at one with `expansion explain {trigger.trigger} ACCOUNT`: if the data are wrong, mend them; "
        f"if they are right, `expansion approve --trigger {trigger.trigger}` lets all of them go (with `--decline`: "
        "none). They stay held until a person says so; a higher limit is for the next time"
    )


_HELD = "; all of them are held"


def per_day(
    fired: Iterable[tuple[str, datetime]], as_of: datetime, zone: ZoneInfo, without: Collection[str]
) -> tuple[int, list[int]]:
    """For how many accounts it fired today, `without` these, and on each day before that it did, the newest first."""
    days: dict[date, set[str]] = {}
    for account, at in fired:
        days.setdefault(local_date(at, zone), set()).add(account)
    today = local_date(as_of, zone)
    before = [len(days[day]) for day in sorted(days, reverse=True) if day < today]
    return len(days.get(today, set()) - set(without)), before


def brief(reason: str) -> str:
    """The reason of a firing as one of many: how to look at a flood and let it go is said once, not in each row."""
    return reason.partition(_HELD)[0]


def _limits(trigger: Trigger, flood: Flood | None, past: Sequence[int]) -> list[tuple[Fraction, str]]:
    limits = []
    if trigger.hold_if_more_than:
        most = trigger.hold_if_more_than.count
        limits.append((Fraction(most), f"and `hold_if_more_than` allows {most}"))
    if flood and flood.at_most:
        most = flood.at_most.count
        limits.append((Fraction(most), f"and `flood: at_most` in policy.yaml allows {most}"))
    if flood and (times := _number(flood.times_median)) is not None and (usual := usual_count(past)) is not None:
        said = f"{format_number(times)} times the usual {format_number(usual)}"
        limits.append((times * usual, f"and `flood: times_median` in policy.yaml allows {said}"))
    return limits


def usual_count(past: Sequence[int]) -> Fraction | None:
    """The median of past runs in which the trigger fired; None until there are enough of them."""
    fired = [Fraction(count) for count in past if count > 0]
    return median(fired) if len(fired) >= ENOUGH_RUNS else None


def _number(value: object) -> Fraction | None:
    """A plain number; anything else is refused by the check, and brakes nothing."""
    return Fraction(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else None
