"""`expansion backtest`: what triggers would have done over history, and how often they would have been right."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.completing import TRIGGER
from cli.output import as_json, echo, many, say, table

if TYPE_CHECKING:
    from expansion.measure.scores import Score
    from jobs.backtest import Backtest
    from jobs.place import Place

DAY = click.DateTime(["%Y-%m-%d"])


@click.command("backtest")
@click.argument("triggers", nargs=-1, type=TRIGGER)
@click.option("--from", "first", type=DAY, help="The first day. Left out: 180 days before the last.")
@click.option("--to", "last", type=DAY, help="The last day. Left out: the last that events reach over.")
@click.option(
    "--draft",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A trigger's file that is played beside the one that is in force.",
)
@click.option("--json", "json_", is_flag=True, help="As JSON.")
def command(
    triggers: tuple[str, ...], first: datetime | None, last: datetime | None, draft: Path | None, json_: bool
) -> None:
    """What TRIGGERS (left out: all, drafts too) would have done day by day, and what came of it.

    Each day is decided as a run at its end would: by what was known then, with episodes, cooldowns, suppressions and
    the holdout. Nothing is written or sent. docs/measuring.md says how each figure is made.
    """
    from cli.beginning import must_be_ours
    from flows.opening import open_place

    place = open_place(looking=True)
    try:
        must_be_ours(place)
        tested = _tested(place, triggers, first, last, draft)
    finally:
        place.close()
    if json_:
        as_json([_for_scripts(one) for one in tested])
        return
    for one in tested:
        _show(one, draft)


def _tested(
    place: Place, names: tuple[str, ...], first: datetime | None, last: datetime | None, draft: Path | None
) -> list[Backtest]:
    """One, or with a draft two: as it is in force, and as drafted."""
    from jobs.backtest import backtest, draft_of, stretch, triggers_of
    from jobs.outcomes import collect

    now = place.clock.seen()
    outcomes = collect(place, now)
    plays = [(place.definitions, names)]
    if draft is not None:
        name, drafted = draft_of(place, draft)
        is_new = name not in place.definitions.workspace.triggers
        plays = [*([] if is_new else [(place.definitions, (name,))]), (drafted, (name,))]
    days = stretch(place, place.definitions, first and first.date(), last and last.date(), now)
    return [
        backtest(place, definitions, triggers_of(definitions, wanted), outcomes, *days, now)
        for definitions, wanted in plays
    ]


def _show(tested: Backtest, draft: Path | None) -> None:
    days = (tested.last - tested.first).days + 1
    stretch = f"{tested.first} to {tested.last}, {many(days, 'day')}"
    if len(tested.scores) == 1:
        from expansion.measure.told import told

        (score,) = tested.scores
        echo(f"{score.trigger}, {stretch}{_which(tested, draft)}")
        said = told(score, tested.currency, tested.minutes.get(score.tier))
        table([{"what": one.what, "figure": one.figure, "rests on": one.rests_on} for one in said])
    else:
        echo(stretch)
        table([_row(score) for score in tested.scores])
        say("\n`expansion backtest NAME` says what each figure of a trigger rests on")
    if not tested.outcomes:
        say(
            "no outcome is known, so nothing can be right: `outcomes:` in policy.yaml says what counts as one "
            "(docs/measuring.md)"
        )


def _which(tested: Backtest, draft: Path | None) -> str:
    if draft is None:
        return ""
    return f", as drafted in {draft}" if tested.is_draft else ", as it is in force"


def _row(score: Score) -> dict[str, Any]:
    from expansion.measure.told import told

    said = {one.what: one.figure for one in told(score, "USD")}
    names = {"by lot": "lot", "lead time": "lead"}  # short ones: eight columns fit a window of 80
    shown = ("fired", "settled", "precision", "by lot", "lift", "recall", "lead time")
    return {"trigger": score.trigger, **{names.get(name, name): said.get(name, "–") for name in shown}}


def _for_scripts(tested: Backtest) -> dict[str, Any]:
    return {
        "from": tested.first,
        "to": tested.last,
        "is_draft": tested.is_draft,
        "outcomes": tested.outcomes,
        "triggers": [_score_for_scripts(one, tested) for one in tested.scores],
    }


def _score_for_scripts(score: Score, tested: Backtest) -> dict[str, Any]:
    leads = score.leads
    return {
        "trigger": score.trigger,
        "tier": score.tier,
        "window": str(score.window),
        "known_until": score.known_until,
        "fired": len(score.firings),
        "accounts": score.accounts,
        "true_at_first": score.true_at_first,
        "left_alone": [{"reason": reason, "firings": count} for reason, count in sorted(score.left_alone.items())],
        "held_back": score.held_back,
        "days": score.days,
        "days_cannot_tell": score.untold,
        "bought_before": score.bought_before,
        "settled": len(score.settled),
        "right": len(score.hits),
        "announced": score.announced,
        "expansions": score.expansions,
        "drawn_by_lot": {"asked": score.base.asked, "bought": score.base.came},
        "lead_days": leads.median if leads else None,
        "firings": [
            {
                "account_id": one.account_id,
                "fired_at": one.at,
                "settled": one.settled,
                "bought_at": one.hit.at if one.hit else None,
                "expected": one.expected,
                "currency": tested.currency,
            }
            for one in score.firings
        ],
        "months": [
            {"month": one.first, "settled": one.settled, "right": one.hits} for one in score.months(tested.zone)
        ],
    }
