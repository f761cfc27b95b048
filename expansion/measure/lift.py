"""What acting brings: accounts that were acted on against those that were drawn to be left alone.

An account counts once, by its first firing, on the side on which it was drawn then: also where the attention budget, an
approval or a flood kept anybody from acting in the end. Those who were acted on are a choice (the most valuable, the
approved), and nobody chose among the held-out; only the draw makes the sides alike. Accounts of one parent were drawn
together, so they count together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from math import inf
from typing import Literal

from expansion.measure.intervals import FEWEST, Arm, Interval, koopman, newcombe
from expansion.measure.sequential import Converted, always_valid, over_looks, smallest_told, weeks_until_told

WEEK = timedelta(weeks=1)
YEAR = 52  # weeks
PACE = 13  # the last weeks that say how many will convert in the next ones: a quarter
# nothing: nobody fired. too_few: under FEWEST conversions held out, and no lift is told. not_yet: the interval holds 1.
Verdict = Literal["nothing", "too_few", "not_yet", "lift", "loss"]


@dataclass(frozen=True)
class Fired:
    """A firing about which the draw had its say."""

    unit: str  # the account's topmost parent: what was drawn
    at: datetime
    until: datetime  # what is bought up to here is put down to it
    held_out: bool
    acted: bool  # a playbook started; of a held-out one never
    share: Fraction  # the probability with which it was held out


@dataclass(frozen=True)
class Bought:
    """An expansion of an account, by what was drawn."""

    unit: str
    at: datetime
    known_at: datetime


@dataclass(frozen=True)
class Side:
    """One side of the draw, in units: those that could fire, that did, that were acted on, that bought more."""

    eligible: int | None
    fired: int
    acted: int
    converted: int

    @property
    def arm(self) -> Arm:
        """What is compared: of those that fired, those that bought more."""
        return Arm(self.fired, self.converted)


@dataclass(frozen=True)
class Lift:
    """The comparison at a moment.

    `ratio`: how many times as often the treated bought more; may be looked at on any day. None before any look.
    `contradicts`: the looks so far do not go together, or not with what was counted; only the last stands in `ratio`.
    `weeks`: until a lift of `expected` would be told, at the pace of the last quarter; None where nobody can say, or
    ten years are not enough. `in_a_year`: the smallest ratio that would be told within a year. `one_look`: the
    difference of the rates and their ratio, for one look on a day planned beforehand; None where there are too few.
    """

    treated: Side
    held_out: Side
    verdict: Verdict
    ratio: Interval | None
    contradicts: bool
    expected: Fraction
    weeks: int | None
    in_a_year: float | None
    a_week: float
    since: datetime | None
    open: int  # units whose window has not ended
    one_look: tuple[Interval, Interval] | None

    @property
    def counted(self) -> float | None:
        """The ratio of the rates as they were counted; None where too few were held out to say one."""
        return counted_ratio(self.treated, self.held_out)


def counted_ratio(treated: Side, held_out: Side) -> float | None:
    """The ratio of the rates as they were counted; None where too few were held out to say one."""
    ours, theirs = treated.arm.rate, held_out.arm.rate
    return ours / theirs if ours is not None and theirs and held_out.converted >= FEWEST else None


Eligible = Mapping[bool, int]  # held out or not -> units


def lift(
    fired: Iterable[Fired],
    bought: Iterable[Bought],
    now: datetime,
    expected: Fraction = Fraction(13, 10),
    eligible: Eligible | None = None,
) -> Lift:
    """Compare both sides as they stand at a moment. `expected`: the ratio that is worth finding."""
    firsts = first_of_each(one for one in fired if one.at <= now)
    known = converted(firsts, [one for one in bought if one.known_at <= now])
    groups = sorted({one.share for one in firsts})
    looks = [_counts(groups, known, at) for at in _weekly(firsts, now)]
    every = [always_valid(look) for look in looks]
    held = _side(True, firsts, known, eligible)
    treated = _side(False, firsts, known, eligible)
    together = _together(every, counted_ratio(treated, held))
    ratio = (together or every[-1]) if every else None
    verdict = _verdict(held, ratio)
    pace = _pace(groups, known, firsts, now)
    told = verdict in ("lift", "loss")
    return Lift(
        treated=treated,
        held_out=held,
        verdict=verdict,
        ratio=ratio,
        contradicts=bool(every) and together is None,
        expected=expected,
        weeks=weeks_until_told(looks[-1], pace, float(expected)) if looks and not told else None,
        in_a_year=smallest_told(looks[-1], pace, YEAR) if looks and not told else None,
        a_week=sum(pace),
        since=min((one.at for one in firsts), default=None),
        open=sum(one.until > now and one.unit not in known for one in firsts),
        one_look=(newcombe(treated.arm, held.arm), koopman(treated.arm, held.arm))
        if held.converted >= FEWEST
        else None,
    )


def first_of_each(fired: Iterable[Fired]) -> list[Fired]:
    """The firing by which each unit counts. What was done about it has no part in which one that is."""
    found: dict[str, Fired] = {}
    acted: set[str] = set()
    for one in sorted(fired, key=lambda one: (one.at, one.unit)):
        found.setdefault(one.unit, one)
        acted |= {one.unit} if one.acted else set()
    return [one if one.acted or one.unit not in acted else _acted(one) for one in found.values()]


def converted(firsts: Iterable[Fired], bought: Iterable[Bought]) -> dict[str, tuple[Fired, datetime]]:
    """The units that bought more within their window, with when that was known first."""
    of = {one.unit: one for one in firsts}
    found: dict[str, tuple[Fired, datetime]] = {}
    for each in sorted(bought, key=lambda each: each.known_at):
        one = of.get(each.unit)
        if one and one.at < each.at <= one.until:
            found.setdefault(each.unit, (one, each.known_at))
    return found


_Known = Mapping[str, tuple[Fired, datetime]]


def _acted(one: Fired) -> Fired:
    return Fired(one.unit, one.at, one.until, one.held_out, not one.held_out, one.share)


def _weekly(firsts: Sequence[Fired], now: datetime) -> list[datetime]:
    """The looks: each week since the first firing, the same whenever somebody asks, and now."""
    if not firsts:
        return []
    began = min(one.at for one in firsts)
    return [*(began + week * WEEK for week in range(1, (now - began) // WEEK + 1)), now]


def _together(looks: Sequence[Interval], counted: float | None) -> Interval | None:
    """What all looks allow; None where that is nothing, or not what was counted: they speak of different ratios."""
    found = over_looks(looks)
    return None if found is None or (counted is not None and counted not in found) else found


def _counts(groups: Sequence[Fraction], known: _Known, at: datetime) -> list[Converted]:
    """Who had converted by then, among those that were drawn with each share."""
    seen = [one for one, known_at in known.values() if known_at <= at]
    return [
        Converted(
            float(share),
            sum(one.held_out for one in seen if one.share == share),
            sum(not one.held_out for one in seen if one.share == share),
        )
        for share in groups
    ]


def _side(held_out: bool, firsts: Sequence[Fired], known: _Known, eligible: Eligible | None) -> Side:
    mine = [one for one in firsts if one.held_out == held_out]
    could = eligible.get(held_out, 0) if eligible is not None else None
    return Side(could, len(mine), sum(one.acted for one in mine), sum(one.unit in known for one in mine))


def _verdict(held_out: Side, ratio: Interval | None) -> Verdict:
    if ratio is None:
        return "nothing"
    if ratio.low > 1:
        return "lift"
    if ratio.high < 1:
        return "loss"
    return "too_few" if held_out.converted < FEWEST else "not_yet"


def _pace(groups: Sequence[Fraction], known: _Known, firsts: Sequence[Fired], now: datetime) -> list[float]:
    """Conversions a week of each group, as they became known in the last quarter, or since the first firing."""
    if not firsts:
        return []
    since = max(now - PACE * WEEK, min(one.at for one in firsts))
    weeks = max((now - since) / WEEK, 1.0)
    late = [one.share for one, known_at in known.values() if known_at > since]
    return [late.count(share) / weeks for share in groups]


def as_json(interval: Interval | None) -> dict[str, float | None] | None:
    """An interval for scripts: what is open above is null."""
    if interval is None:
        return None
    return {"low": interval.low, "high": None if interval.high == inf else interval.high}
