"""What triggers would have done over history: the figures of `expansion backtest`, side by side."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from expansion.measure.intervals import Arm, wilson
from expansion.measure.scores import Score
from expansion.measure.told import told
from expansion.text.many import many
from jobs.backtest import Backtest
from jobs.reporting.came import NO_OUTCOME, between, precision_by_month, rate
from jobs.reporting.content import Bar, Bars, Cell, Column, Figure, Section, Table, share

TITLE = "What would triggers have done over history?"
NOT_ASKED = (
    "Triggers were not played over history for this page: `expansion report --history` does, which takes longer; "
    "`expansion backtest` does it alone."
)
NOTE = (
    "Firings are onsets, not days on. Over: the attribution window is. By lot: how many accounts that the trigger may "
    "ask bought within as long, whoever they were. Lift: precision over that: how well accounts are chosen, and "
    "nothing of what acting on them brings. Recall: expansions with a firing in the window before."
)


def backtest_section(tested: Backtest) -> Section:
    days = (tested.last - tested.first).days + 1
    over, hits = sum(len(one.settled) for one in tested.scores), sum(len(one.hits) for one in tested.scores)
    fired = sum(len(one.firings) for one in tested.scores)
    said = f"From {tested.first} to {tested.last}, {many(days, 'day')}: {many(fired, 'firing')}"
    if not tested.outcomes:
        return Section("backtest", TITLE, (f"{said}.",), (_table(tested.scores),), NO_OUTCOME)
    right = f"an expansion followed {hits:,} of {over:,} whose window is over ({rate(hits, over)})"
    sentence = f"{said}; {right}." if over else f"{said}; no window is over yet."
    figures = (_table(tested.scores), precision_by_month("Precision over history", _months(tested)))
    return Section("backtest", TITLE, (sentence,), tuple(one for one in figures if one))


def _table(scores: Iterable[Score]) -> Figure:
    every = list(scores)
    names = ("fired", "over", "expanded", "precision", "between", "by lot", "lift", "recall", "days ahead")
    bars = tuple(
        Bar(one.trigger, (len(one.settled), len(one.hits)), f"{len(one.hits):,} of {len(one.settled):,}")
        for one in every
        if one.settled
    )
    table = Table((Column("trigger", numbers=False), *map(Column, names)), tuple(_row(one) for one in every))
    return Figure("Trigger by trigger", table, Bars(("over", "expanded"), bars, within=True), NOTE)


def _row(score: Score) -> tuple[Cell, ...]:
    over, hits, base = len(score.settled), len(score.hits), score.base
    lift = next((one.figure for one in told(score, "USD") if one.what == "lift"), None)
    return (
        score.trigger,
        len(score.firings),
        over,
        hits,
        share(hits, over),
        between(wilson(Arm(over, hits))) if over else None,
        share(base.came, base.asked),
        lift,
        share(score.announced, score.expansions),
        round(score.leads.median) if score.leads else None,
    )


def _months(tested: Backtest) -> list[tuple[date, int, int]]:
    """All triggers together."""
    found: dict[date, tuple[int, int]] = {}
    for score in tested.scores:
        for month in score.months(tested.zone):
            over, hits = found.get(month.first, (0, 0))
            found[month.first] = (over + month.settled, hits + month.hits)
    return [(day, *counts) for day, counts in found.items()]
