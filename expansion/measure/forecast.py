"""What the next months bring, from the run rate of the past, with an interval that knows its own errors.

The forecast of a stretch of days is the mean day of the last eight weeks times its length. How far such forecasts were
off is known: each week of the past made one, of the same stretch ahead. Those errors, divided by the square root of
what was forecast (a larger business errs by more, but not in proportion), are the interval. A Poisson interval round
the same mean holds 66 to 74 % of the weeks in place of 90 %: outcomes come in bursts, and business grows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from math import ceil, sqrt

from expansion.measure.intervals import Interval

WEEK = 7
LEVEL = 8 * WEEK  # days whose mean is the forecast
# Errors that count: the latest, since what was usual two years ago is not usual now; a whole year of them, so that each
# season has its own among them (with 40, forecasts of a month held 82 % where seasons and growth came together).
LATEST = 52
FEWEST_ERRORS = 19  # the fewest of which the smallest and the largest leave 5 % outside on either side
LOOKED_AT = 26  # weeks over which it is said how often the interval held
FEWEST_LOOKED_AT = 8
CONFIDENCE = 0.9


@dataclass(frozen=True)
class Stretch:
    """Days ahead of a day: from `start` to before `end`, 0 being that day itself."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"days {self.start} to {self.end} are not ahead")

    @property
    def length(self) -> int:
        """In days."""
        return self.end - self.start

    @property
    def weeks(self) -> int:
        """How many weekly forecasts are made before the first of them is known to be right."""
        return ceil(self.end / WEEK)


@dataclass(frozen=True)
class Told:
    """A forecast of the past, and what came."""

    forecast: float
    actual: float


@dataclass(frozen=True)
class Held:
    """How often the interval held what came, in the last weeks."""

    times: int
    weeks: int


@dataclass(frozen=True)
class Forecast:
    """What is expected of a stretch of days. `interval` and `held` are None where the past is too short for them."""

    expected: float
    interval: Interval | None
    held: Held | None
    errors: int  # forecasts of the past that are known to have been right or wrong


def run_rate(
    days: Sequence[float], ahead: Stretch, unit: float = 1.0, confidence: float = CONFIDENCE
) -> Forecast | None:
    """Forecast a stretch from what came on each whole day until now, the last one being yesterday.

    `unit`: what a single outcome adds (1 for a number of them, its usual amount for money): the least level that errors
    are divided by. None where there are not even the eight weeks that a level is the mean of.
    """
    if len(days) < LEVEL:
        return None
    sums = [0.0, *accumulate(days)]
    return judged(_past(sums, ahead), _level(sums, len(days)) * ahead.length, ahead, unit, confidence)


def judged(
    past: Sequence[Told], expected: float, ahead: Stretch, unit: float = 1.0, confidence: float = CONFIDENCE
) -> Forecast:
    """A forecast with the interval that its own past gives it. `past`: one a week, the newest last."""
    found = interval(past, expected, ahead, unit, confidence)
    return Forecast(expected, found, coverage(past, ahead, unit, confidence), len(past))


def interval(
    past: Sequence[Told], expected: float, ahead: Stretch, unit: float = 1.0, confidence: float = CONFIDENCE
) -> Interval | None:
    """Round a forecast, by the latest errors; never below nothing, never infinite. None where they are too few.

    Forecasts of a month are made anew each week, so four in a row err alike: so many count as one, and the interval
    reaches further out for it.
    """
    latest = past[-LATEST:]
    if len(latest) < FEWEST_ERRORS:
        return None
    errors = sorted((one.actual - one.forecast) / sqrt(max(one.forecast, unit)) for one in latest)
    alone = max(2.0, len(errors) / max(1.0, ahead.end / WEEK))
    rank = min(len(errors), ceil((1 + confidence) / 2 * (alone + 1) / alone * len(errors)))
    wide = sqrt(max(expected, unit))
    low, high = (max(0.0, expected + error * wide) for error in (errors[-rank], errors[rank - 1]))
    return Interval(low, high)


def coverage(past: Sequence[Told], ahead: Stretch, unit: float = 1.0, confidence: float = CONFIDENCE) -> Held | None:
    """How often the interval of the last weeks held, each made of what was known in its week."""
    hits = []
    for place in range(max(0, len(past) - LOOKED_AT), len(past)):
        known = past[: max(0, place - ahead.weeks + 1)]
        then = interval(known, past[place].forecast, ahead, unit, confidence)
        hits += [past[place].actual in then] if then else []
    return Held(sum(hits), len(hits)) if len(hits) >= FEWEST_LOOKED_AT else None


def days_needed(ahead: Stretch) -> int:
    """So many whole days of history, until a stretch has an interval."""
    return LEVEL + ahead.end + (FEWEST_ERRORS - 1) * WEEK


def months_ahead(today: date, count: int) -> list[tuple[date, Stretch]]:
    """The rest of this month, and the months after it: the first of each, and its days ahead of today."""
    found, first = [], today.replace(day=1)
    for _ in range(count):
        after = (first + timedelta(days=32)).replace(day=1)
        found.append((first, Stretch(max(0, (first - today).days), (after - today).days)))
        first = after
    return found


def per_day(outcomes: Iterable[tuple[date, float]], today: date, since: date) -> list[float]:
    """What came on each day from the first one to yesterday."""
    days = [0.0] * max(0, (today - since).days)
    for day, much in outcomes:
        if since <= day < today:
            days[(day - since).days] += much
    return days


def _level(sums: Sequence[float], day: int) -> float:
    return (sums[day] - sums[day - LEVEL]) / LEVEL


def _past(sums: Sequence[float], ahead: Stretch) -> list[Told]:
    """A forecast for each week of the past whose stretch is over."""
    newest = len(sums) - 1 - ahead.end
    return [
        Told(_level(sums, day) * ahead.length, sums[day + ahead.end] - sums[day + ahead.start])
        for day in reversed(range(newest, LEVEL - 1, -WEEK))
    ]
