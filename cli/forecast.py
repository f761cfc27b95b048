"""`expansion forecast`: what the next months bring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from cli.beginning import must_be_ours
from cli.options import MOMENT
from cli.output import as_json, echo, many, table

if TYPE_CHECKING:
    from expansion.measure.forecast import Forecast
    from jobs.forecast import Forecasts, Line


@click.command("forecast")
@click.option(
    "--months", default=3, type=click.IntRange(1, 12), show_default=True, help="This month and those after it."
)
@click.option("--as-of", type=MOMENT, help="As it would have been told at a moment in the past.")
@click.option("--json", "json_", is_flag=True, help="As JSON.")
def command(months: int, as_of: datetime | None, json_: bool) -> None:
    """What the next months bring, by tier: at the pace of the last eight weeks, and from conversations that are open.

    Beside each interval stands how often it held in the last weeks. An account counts once. Nothing is written or sent.
    """
    from flows.opening import open_place
    from jobs.clock import moment
    from jobs.forecast import forecast

    place = open_place(looking=True)
    try:
        must_be_ours(place)
        found = forecast(place, moment(as_of), months)
    finally:
        place.close()
    if json_:
        as_json(_as_json(found))
    else:
        _show(found)


def _show(found: Forecasts) -> None:
    from jobs.forecast_words import about, told

    table(_rows(found.run_rate, found.currency), title="What comes at the pace of the last eight weeks")
    if found.pipeline:
        going = many(found.open, "account")
        worth = about(found.open_worth, found.currency)
        echo()
        table(_rows(found.pipeline, found.currency), title=f"From conversations that are open now: {going}, {worth}")
    echo()
    for sentence in told(found):
        echo(sentence, below="  ")


def _rows(lines: Sequence[Line], currency: str) -> list[dict[str, str]]:
    from jobs import forecast_words as words

    return [
        {
            "month": words.month_text(line.month),
            "tier": line.tier or words.EVERY_TIER,
            "accounts": words.number(line),
            "accounts 90%": words.numbers(line),
            "worth": words.money(line, currency),
            "worth 90%": words.moneys(line, currency),
            "range held": words.held(line.number),
        }
        for line in _apart(lines)
    ]


def _apart(lines: Sequence[Line]) -> list[Line]:
    """Without a tier that is all there is."""
    every = {line.month: line for line in lines if line.tier is None}
    return [line for line in lines if line.tier is None or replace(line, tier=None) != every[line.month]]


def _as_json(found: Forecasts) -> dict[str, Any]:
    return {
        "as_of": found.as_of,
        "currency": found.currency,
        "expansions": found.counted,
        "without_amount": found.without_amount,
        "first_on": found.first,
        "run_rate": [_line(one) for one in found.run_rate],
        "pipeline": [_line(one) for one in found.pipeline],
        "open": found.open,
        "open_worth": round(found.open_worth, 2),
        "chances": [
            {"tier": tier, "share": one.share, "over": one.over, "won": one.won, "measured": one.measured}
            for tier, one in found.chances
        ],
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "month": line.month,
        "tier": line.tier,
        "so_far": line.so_far,
        "so_far_worth": round(line.so_far_money, 2),
        "accounts": _forecast(line.number),
        "worth": _forecast(line.money),
        "interval_from": line.soon,
    }


def _forecast(found: Forecast | None) -> dict[str, Any] | None:
    """What is still to come. `held`: in so many of so many weeks the interval held what came."""
    if found is None:
        return None
    return {
        "expected": found.expected,
        "low": found.interval.low if found.interval else None,
        "high": found.interval.high if found.interval else None,
        "held": found.held.times if found.held else None,
        "held_of_weeks": found.held.weeks if found.held else None,
    }
