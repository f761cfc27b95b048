"""`expansion lift`: what acting brings, against accounts that are held out."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import click

from cli.beginning import must_be_ours
from cli.completing import TRIGGER
from cli.options import MOMENT
from cli.output import as_json, echo, table

if TYPE_CHECKING:
    from expansion.measure.intervals import Interval
    from expansion.measure.lift import Lift, Side
    from jobs.lift import Compared


class Percentage(click.ParamType[Fraction]):
    """`30%`, above nothing."""

    name = "percentage"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Fraction:
        from expansion.language.model.values import parse_percent

        try:
            share = parse_percent(value).value
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if share <= 0:
            self.fail(f"`{value}` is no lift; the least is above 0%", param, ctx)
        return share


@click.command("lift")
@click.argument("trigger", required=False, type=TRIGGER)
@click.option("--as-of", type=MOMENT, help="As it stood at a moment in the past.")
@click.option(
    "--expect",
    type=Percentage(),
    default="30%",
    show_default=True,
    help="The lift that is worth finding: how many weeks that takes is said.",
)
@click.option("--json", "json_", is_flag=True, help="As JSON.")
def command(trigger: str | None, as_of: datetime | None, expect: Fraction, json_: bool) -> None:
    """What acting brings: how many accounts bought more, of those that fired, against those that are held out.

    All triggers together and each, or TRIGGER. May be looked at on any day, and says when it is too early. Nothing is
    written or sent.
    """
    from flows.opening import open_place
    from jobs.clock import moment
    from jobs.lift import compare

    place = open_place(looking=True)
    try:
        must_be_ours(place)
        at = moment(as_of)
        found = compare(place, at, [trigger] if trigger else [], 1 + expect)
    finally:
        place.close()
    if json_:
        as_json({"as_of": at, "expected_lift": float(expect), "comparisons": [_as_json(one) for one in found]})
    else:
        _show(found, at)


def _show(found: list[Compared], at: datetime) -> None:
    from jobs.lift_words import called, told

    rows = [row for one in found if one.lift for row in _rows(called(one), one.lift)]
    table(rows, title=f"Of those that fired, who bought more; as of {at:%Y-%m-%d %H:%M} UTC")
    for one in found:
        first, *others = told(one)
        echo(f"\n{called(one)}: {first}", below="  ")
        for sentence in others:
            echo(f"  {sentence}", below="  ")


def _rows(name: str, lift: Lift) -> list[dict[str, str]]:
    return [_row(name, "not held out", lift.treated), _row("", "held out", lift.held_out)]


def _row(name: str, side: str, of: Side) -> dict[str, str]:
    rate = of.arm.rate
    return {
        "trigger": name,
        "side": side,
        "could fire": "–" if of.eligible is None else f"{of.eligible:,}",
        "fired": f"{of.fired:,}",
        "acted on": f"{of.acted:,}" if side != "held out" else "–",
        "bought more": f"{of.converted:,}",
        "share": "–" if rate is None else f"{rate:.1%}",
    }


def _as_json(one: Compared) -> dict[str, Any]:
    from jobs.lift_words import told

    lift = one.lift
    return {"trigger": one.trigger, "said": told(one), **(_measured(lift) if lift else dict.fromkeys(_KEYS))}


_KEYS = (
    *(
        "verdict",
        "ratio",
        "counted_ratio",
        "weeks",
        "lift_told_in_a_year",
        "a_week",
        "since_at",
        "open",
        "one_look",
        "treated",
        "held_out",
    ),
    "looks_contradict",
)


def _measured(lift: Lift) -> dict[str, Any]:
    """`ratio` may be looked at on any day; `one_look` is for one that was planned beforehand."""
    return {
        "verdict": lift.verdict,
        "ratio": _interval(lift.ratio),
        "counted_ratio": lift.counted,
        "weeks": lift.weeks,
        "lift_told_in_a_year": None if lift.in_a_year is None else lift.in_a_year - 1,
        "a_week": lift.a_week,
        "since_at": lift.since,
        "open": lift.open,
        "one_look": lift.one_look and {"difference": _interval(lift.one_look[0]), "ratio": _interval(lift.one_look[1])},
        "treated": _side(lift.treated),
        "held_out": _side(lift.held_out),
        "looks_contradict": lift.contradicts,
    }


def _side(of: Side) -> dict[str, Any]:
    return {"eligible": of.eligible, "fired": of.fired, "acted": of.acted, "converted": of.converted}


def _interval(found: Interval | None) -> dict[str, float | None] | None:
    from expansion.measure.lift import as_json as written

    return written(found)
