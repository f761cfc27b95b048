"""The last weeks by two versions of the definitions, as people read them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from expansion.calendar.spans import day_text
from expansion.plan.past import PastOf, Week
from expansion.text.many import many
from jobs.plan_past import Past
from jobs.plan_section import SHOWN, Section


def past_section(found: Past | None) -> Section:
    """How often each touched trigger would have fired, for whom by one version alone, and week by week."""
    if found is None:
        return Section("")
    title = f"The last {many(found.days, 'day')}, day by day"
    if not found.days:
        return Section("The days before", ("no whole day before this one is stored, so nothing can be said of them",))
    lines = [line for one in found.triggers for line in _of_past(one, found)]
    rows = [_row(week) for one in found.triggers for week in one.weeks if one.before or one.after]
    return Section(title, tuple(lines), tuple(rows), tuple(_of_days(found)))


def _row(week: Week) -> dict[str, str]:
    counts = {"before": f"{week.before:,}", "after": f"{week.after:,}"}
    return {"week from": day_text(week.begins), "trigger": week.trigger, **counts}


def _of_past(one: PastOf, found: Past) -> Iterator[str]:
    """`seat-limit: 9 firings -> 12`, and the accounts of one version alone."""
    both = f"{many(one.in_both, 'account')} by both"
    yield f"{one.trigger}: {many(one.before, 'firing')} -> {one.after:,}; {both}"
    if one.added:
        yield f"  only now: {_listed(one.added, found)}"
    if one.dropped:
        yield f"  no longer: {_listed(one.dropped, found)}"
    if untold := found.untold.get(one.trigger):
        yield f"  on {untold:,} of {many(found.days + 1, 'day')} it could not be told for some accounts"


def _listed(accounts: Sequence[str], found: Past) -> str:
    shown = [found.names.get(account, account) for account in accounts[:SHOWN]]
    more = [f"and {len(accounts) - SHOWN:,} more"] if len(accounts) > SHOWN else []
    return ", ".join([*shown, *more])


def _of_days(found: Past) -> Iterator[str]:
    yield (
        f"{day_text(found.first)} to {day_text(found.last)}, each day decided at its end by what was known then. Not "
        "played: attention budgets, pauses and approvals; what was true before the first day counts nowhere"
    )
    if found.days < found.asked_for:
        yield f"The events of every source reach back no further: {found.days:,} of {many(found.asked_for, 'day')}"
