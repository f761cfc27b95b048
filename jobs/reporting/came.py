"""What came of firings that were acted on: an expansion within the attribution window of their tier, or none.

Counted as a backtest counts (expansion/measure/scores.py): from the moment at which it was decided to act, once the
window is over, and without accounts that had bought within the window before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from math import isinf
from zoneinfo import ZoneInfo

from expansion.language.model.policy import Tier
from expansion.measure.intervals import Arm, Interval, wilson
from expansion.measure.scores import Bought
from expansion.records.ledger import FiringRecord
from expansion.records.outcomes import OutcomeRecord
from expansion.text.many import many
from jobs.reporting.content import (
    Axis,
    Bar,
    Bars,
    Cell,
    Column,
    Figure,
    Lines,
    Point,
    Section,
    Series,
    Table,
    percent,
    share,
)
from jobs.reporting.known import Became, Known

TITLE = "What came of it?"
NO_OUTCOME = (
    "No expansion is known, so nothing can be said of what came: `outcomes:` in policy.yaml says what counts as one, "
    "and `expansion outcome` takes one down by hand."
)
AFTER = "It came after, which is not yet because of it: only what became of the accounts held out can tell."
NOTE = (
    "Over: the attribution window of the firing's tier is, so that it is right or not. Accounts that had bought within "
    "the window before are left out. Between: 95% sure (Wilson)."
)


def became(
    firings: Iterable[FiringRecord],
    outcomes: Sequence[OutcomeRecord],
    tiers: Mapping[str, Tier],
    zone: ZoneInfo,
    known_until: datetime,
) -> dict[int, Became]:
    """What came of each, by its id; of a tier that policy.yaml still has, and not of who had just bought."""
    bought = {name: Bought.of(outcomes, name, tier.attribution, zone) for name, tier in tiers.items()}
    mine = [(one, bought[one.tier]) for one in firings if one.tier in bought]
    return {one.id: _became(one, of, known_until) for one, of in mine if not of.lately(one.account_id, one.decided_at)}


def _became(one: FiringRecord, bought: Bought, known_until: datetime) -> Became:
    hit = bought.after(one.account_id, one.decided_at)
    return Became(bought.end(one.decided_at) <= known_until, hit if hit and hit.at <= known_until else None)


def came_section(known: Known) -> Section:
    if known.came is None:
        return Section("came", TITLE, missing=NO_OUTCOME)
    counted = [(one, known.came[one.id]) for one in known.acted if one.id in known.came]
    over = [(one, what) for one, what in counted if what.over]
    if not over:
        said = f"The window of none of {many(len(counted), 'firing')} acted on is over yet, so none is right or wrong."
        return Section("came", TITLE, (said,))
    figures = (_by_trigger(known, counted), _by_month(known, over))
    return Section("came", TITLE, (_said(counted, over), AFTER), tuple(one for one in figures if one))


Counted = Sequence[tuple[FiringRecord, Became]]


def _said(counted: Counted, over: Counted) -> str:
    hits = sum(what.hit is not None for _, what in over)
    goes_on = f"; of {len(counted) - len(over):,} it goes on" if len(counted) > len(over) else ""
    return (
        f"An expansion followed {hits:,} of {many(len(over), 'firing')} acted on whose window is over "
        f"({rate(hits, len(over))}){goes_on}."
    )


def rate(hits: int, of: int) -> str:
    """`24%, 95% sure: 11% to 43%`."""
    exact = share(hits, of)
    return "" if exact is None else f"{percent(exact)}, 95% sure: {between(wilson(Arm(of, hits)))}"


def between(found: Interval) -> str:
    """`11% to 43%`."""
    high = "more than can be told" if isinf(found.high) else _percent(found.high)
    return f"{_percent(found.low)} to {high}"


def _percent(value: float) -> str:
    return f"{value:.1%}" if 0.0005 <= value < 0.1 else f"{value:.0%}"


def _by_trigger(known: Known, counted: Counted) -> Figure:
    names = sorted({one.trigger for one, _ in counted})
    mine = {name: [what for one, what in counted if one.trigger == name] for name in names}
    head = (Column("trigger", numbers=False), *map(Column, ("acted on", "over", "expanded", "share", "between")))
    rows = tuple((name, len(some), *_right(some)) for name, some in mine.items())
    bars = [(name, sum(one.over for one in some), _hits(some)) for name, some in mine.items()]
    drawn = tuple(Bar(name, (over, hits), f"{hits:,} of {over:,}") for name, over, hits in bars if over)
    return Figure(
        "How often an expansion followed", Table(head, rows), Bars(("over", "expanded"), drawn, within=True), NOTE
    )


def _right(some: Sequence[Became]) -> tuple[Cell, ...]:
    over, hits = sum(one.over for one in some), _hits(some)
    return over, hits, share(hits, over), between(wilson(Arm(over, hits))) if over else None


def _hits(some: Iterable[Became]) -> int:
    return sum(one.over and one.hit is not None for one in some)


def _by_month(known: Known, over: Counted) -> Figure | None:
    """By the month of the firing."""
    months: dict[date, list[bool]] = {}
    for one, what in over:
        months.setdefault(known.day(one.decided_at).replace(day=1), []).append(what.hit is not None)
    return precision_by_month(
        "Precision, month by month", [(day, len(hits), sum(hits)) for day, hits in months.items()]
    )


def precision_by_month(title: str, months: Iterable[tuple[date, int, int]]) -> Figure | None:
    """How many of the firings of each month an expansion followed. None for one month: the sentence says it."""
    ordered = sorted(months)
    if len(ordered) < 2:
        return None
    head = (Column("month", numbers=False), *map(Column, ("over", "expanded", "precision", "between")))
    sure = [wilson(Arm(over, hits)) for _, over, hits in ordered]
    rows = tuple(
        (f"{day:%b %Y}", over, hits, share(hits, over), between(one))
        for (day, over, hits), one in zip(ordered, sure, strict=True)
    )
    points = tuple(
        Point(day.toordinal(), hits / over, one.low, one.high)
        for (day, over, hits), one in zip(ordered, sure, strict=True)
    )
    plot = Lines(Axis("", "day"), Axis("share that an expansion followed", "share"), (Series("precision", points),))
    note = "By the month of the firing; the newest months hold only firings whose window is over already."
    return Figure(title, Table(head, rows), plot, note)
