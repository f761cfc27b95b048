"""What a forecast says, in words for a meeting."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from expansion.calendar.spans import day_text
from expansion.measure.forecast import Forecast, Held
from expansion.text.many import many
from expansion.text.money import money_text
from jobs.forecast import Forecasts, Line

EVERY_TIER = "all"


def told(found: Forecasts) -> Iterator[str]:
    """What the tables rest on, and what is missing."""
    yield f"from {many(found.counted, 'expansion')} since {day_text(found.first)}"
    if found.without_amount:
        yield f"{found.without_amount:,} of them without an amount: they count as a number and not as money"
    if lacking := [line.soon for line in (*found.run_rate, *found.pipeline) if line.soon]:
        yield (
            "where no range stands, too few such forecasts are over to know how far off they are; the next range comes "
            f"about {day_text(min(lacking))}"
        )
    for tier, chance in found.chances:
        share = f"{chance.share:.0%}"
        if chance.measured:
            paid = (
                "" if round(chance.paid, 2) == 1 else f", and bring {chance.paid:.0%} of what they were thought worth"
            )
            yield f"{tier}: {share} end in a yes, as {chance.won:,} of {chance.over:,} that are over did{paid}"
        elif not chance.over:
            yield f"{tier}: {share} end in a yes by the estimate in policy.yaml; none is over yet"
        else:
            over = f"{chance.over:,} are over, of which {chance.won:,} did: too few to measure"
            yield f"{tier}: {share} end in a yes by the estimate in policy.yaml; {over}"
    if found.pipeline:
        yield "the two tables are two views of the same months: do not add them up"


def month_text(month: date) -> str:
    """`March 2026`."""
    return day_text(month).partition(" ")[2]


def number(line: Line) -> str:
    """How many in the whole month."""
    return "not known yet" if line.number is None else f"{line.so_far + line.number.expected:.0f}"


def numbers(line: Line) -> str:
    """Between which numbers, nine times of ten."""
    found = line.number.interval if line.number else None
    return "" if found is None else f"{line.so_far + found.low:.0f} to {line.so_far + found.high:.0f}"


def money(line: Line, currency: str) -> str:
    """What the whole month is worth a year."""
    return "" if line.money is None else about(line.so_far_money + line.money.expected, currency)


def moneys(line: Line, currency: str) -> str:
    """Between which amounts, nine times of ten."""
    found = line.money.interval if line.money else None
    if found is None:
        return ""
    return f"{about(line.so_far_money + found.low, currency)} to {about(line.so_far_money + found.high, currency)}"


def held(found: Forecast | None) -> str:
    """How often the interval of the last weeks held: `24 of 26 weeks`."""
    return "" if found is None or found.held is None else _held(found.held)


def about(amount: float, currency: str) -> str:
    """Rounded to three digits: more would be made up."""
    return money_text(Decimal(f"{amount:.3g}").quantize(Decimal(1)), currency)


def _held(of: Held) -> str:
    return f"{of.times} of {of.weeks} weeks"
