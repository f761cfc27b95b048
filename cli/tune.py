"""`expansion tune`: one number of a trigger, chosen on earlier history and judged on later."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import click

from cli.completing import TRIGGER
from cli.output import as_json, document, echo, many, say, table

if TYPE_CHECKING:
    from expansion.measure.curves import Point
    from jobs.tune import Tuning

DAY = click.DateTime(["%Y-%m-%d"])


@click.command("tune")
@click.argument("trigger", type=TRIGGER)
@click.argument("number", required=False)
@click.option("--from", "first", type=DAY, help="The first day. Left out: a year before the last.")
@click.option("--to", "last", type=DAY, help="The last day. Left out: the last that events reach over.")
@click.option(
    "--apply", "apply_", is_flag=True, help="Write the new value into the trigger's file, where it is better."
)
@click.option("--json", "json_", is_flag=True, help="As JSON, with the whole curve.")
def command(
    trigger: str, number: str | None, first: datetime | None, last: datetime | None, apply_: bool, json_: bool
) -> None:
    """What TRIGGER would have done at other settings of one NUMBER (left out: its first), and which is best.

    NUMBER is a word of a condition, such as `at_least`, or with its fact: `"seat_usage at_least"`. The setting is
    chosen on earlier history and judged on later, so that luck is not taken for a better threshold. Nothing is sent,
    and nothing is written without --apply.
    """
    from cli.beginning import must_be_ours
    from flows.opening import open_place
    from jobs.tune import apply, tune_trigger

    place = open_place(looking=True)
    try:
        must_be_ours(place)
        found = tune_trigger(place, trigger, number, first and first.date(), last and last.date(), place.clock.seen())
        written = apply(place, found.patch) if apply_ and found.patch else None
    finally:
        place.close()
    if json_:
        as_json(_for_scripts(found) | {"written_to": written and written.as_posix()})
        return
    _show(found)
    if written:
        say(f"\n{written} is written. Cases may stand on the old value: `expansion check` runs them")
    elif found.patch:
        say("\nhint: --apply writes it; then `expansion check` runs the cases")


def _show(found: Tuning) -> None:
    tuned, dial = found.tuned, found.dial
    echo(f"{found.trigger.trigger}: {dial.name}, today {dial.shown(tuned.today)}")
    first, last = found.earlier
    echo(f"chosen on the firings of {first} to {last}, by the expansions in the {found.window} after each")
    table([_row(found, one) for one in _worth_showing(found)])
    if tuned.gain is None:
        echo("\nNo better than today: nothing else did better on the earlier history")
        return
    first, last = found.later
    echo(f"\nJudged on the firings of {first} to {last}, which it was not chosen on:")
    for setting in (tuned.today, tuned.chosen):
        echo(f"  {dial.shown(setting)}: {_said(tuned.on_later(setting))}")
    echo("")
    _verdict(found)


def _verdict(found: Tuning) -> None:
    gain, dial = found.tuned.gain, found.dial
    assert gain is not None, "there is another setting"
    between = f"{gain.value:+.3f} ({gain.low:+.3f} to {gain.high:+.3f} in 95 of 100 cases)"
    if found.patch is None:
        echo(f"No better than today, as far as can be told: the score changes by {between}")
        return
    echo(f"Better: {dial.shown(found.tuned.chosen)}. The score changes by {between}\n")
    document(found.patch.diff())


def _worth_showing(found: Tuning) -> list[Point]:
    """Those that no other beats, each once where several did the same, with today's and the chosen one."""
    ours = {found.tuned.today, found.tuned.chosen}
    kept = [one for one in found.tuned.earlier if one.setting in ours]
    done = {(one.firings, one.right, one.found) for one in kept}
    for one in found.tuned.unbeaten:
        if (one.firings, one.right, one.found) not in done:
            done.add((one.firings, one.right, one.found))
            kept.append(one)
    return sorted(kept, key=lambda one: one.setting)


def _row(found: Tuning, point: Point) -> dict[str, Any]:
    marks = {found.tuned.today: "today", found.tuned.chosen: "best"}
    return {
        "setting": found.dial.shown(point.setting),
        "firings a week": f"{float(point.per_week):.1f}",
        "right": f"{point.right:,} of {point.firings:,}",
        "precision": _share(point.precision),
        "by lot": _share(point.by_lot),
        "recall": _share(point.recall),
        "a year": _money(point.followed),
        "score": f"{float(point.score):.3f}",
        "": marks.get(point.setting, ""),
    }


def _said(point: Point) -> str:
    money = f", {_money(point.followed)} a year" if point.followed else ""
    return (
        f"{many(point.firings, 'firing')}, {point.right:,} right ({_share(point.precision)}; by lot"
        f" {_share(point.by_lot)}); {point.found:,} of {many(point.expansions, 'expansion')} found"
        f" ({_share(point.recall)}){money}"
    )


def _share(share: Fraction | None) -> str:
    return "–" if share is None else f"{float(share):.1%}"


def _money(amounts: Iterable[tuple[str, Any]]) -> str:
    from expansion.text.money import money_text

    return " and ".join(money_text(amount, currency) for currency, amount in amounts)


def _for_scripts(found: Tuning) -> dict[str, Any]:
    tuned, gain = found.tuned, found.tuned.gain
    return {
        "trigger": found.trigger.trigger,
        "number": found.dial.name,
        "window": str(found.window),
        "today": _number(tuned.today),
        "chosen": _number(tuned.chosen),
        "is_better": tuned.is_better,
        "gain": gain and {"value": gain.value, "low": gain.low, "high": gain.high},
        "earlier": _part(found.earlier, tuned.earlier),
        "later": _part(found.later, tuned.later),
        "patch": found.patch and found.patch.diff(),
    }


def _part(days: tuple[Any, Any], points: Iterable[Point]) -> dict[str, Any]:
    return {"from": days[0], "to": days[1], "points": [_point(one) for one in points]}


def _point(point: Point) -> dict[str, Any]:
    return {
        "setting": _number(point.setting),
        "firings": point.firings,
        "firings_a_week": float(point.per_week),
        "right": point.right,
        "precision": _number(point.precision),
        "by_lot": float(point.by_lot),
        "expansions": point.expansions,
        "found": point.found,
        "recall": _number(point.recall),
        "score": float(point.score),
        "followed": [{"amount": amount, "currency": currency} for currency, amount in point.followed],
    }


def _number(value: Fraction | None) -> float | None:
    return None if value is None else float(value)
