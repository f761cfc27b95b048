"""What fired, what became of it and what it is worth, in the one definition of jobs/worth.py; and week by week."""

from __future__ import annotations

from jobs.reporting.content import Column, Columns, Figure, Section, Table
from jobs.reporting.known import Known, monday
from jobs.worth import GROUPS, headline, totals

COUNTS_ONCE = (
    "An account counts once a run, with the firing that leads; worth is what a yes would bring a year by the price "
    "book in policy.yaml, not a forecast."
)
NOTHING = (
    "Nothing fired in this time; `expansion run` writes what fires, and `expansion triggers` says how each stands."
)


def headline_section(known: Known) -> Section:
    """The sentence that every run begins with, over all runs of this time."""
    if not known.firings:
        return Section("headline", "In one sentence", missing=NOTHING)
    said = headline(totals(known.counted), "firing")
    figures = (_became(known), _weekly(known))
    return Section("headline", "In one sentence", (f"{said}.",), tuple(one for one in figures if one))


def _became(known: Known) -> Figure:
    columns = (
        Column("what became of it", numbers=False),
        Column("firings"),
        Column("accounts"),
        Column("worth a year"),
    )
    accounts = {
        group: len({one.account_id for one in known.firings if one.decision in GROUPS[group]}) for group in GROUPS
    }
    rows = tuple((one.group, one.firings, accounts[one.group], one) for one in totals(known.counted))
    return Figure("What became of what fired", Table(columns, rows), note=COUNTS_ONCE)


def _weekly(known: Known) -> Figure | None:
    """None where all is of one week: the sentence says it."""
    weeks = known.weeks()
    if len(weeks) < 2:
        return None
    fired = [(monday(known.day(one.fired_at)), one.decision == "acting") for one in known.firings]
    counts = tuple((fired.count((week, True)), fired.count((week, False))) for week in weeks)
    columns = (Column("week from"), Column("acted on"), Column("not acted on"))
    rows = tuple((week, *count) for week, count in zip(weeks, counts, strict=True))
    plot = Columns(("acted on", "not acted on"), tuple(weeks), counts)
    note = f"Weeks begin on Monday, {known.zone}, from the first firing to the last run; both may be short."
    return Figure("Firings week by week", Table(columns, rows), plot, note)
