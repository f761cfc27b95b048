"""Lift that may be looked at on any day: how strongly the conversions so far speak against a ratio of rates.

Where nothing is gained by acting, each account that converts is a held-out one with the probability with which it was
drawn, whatever made it convert. So what is looked at is *who* converts: a sequence of draws with a known share. The
evidence is a beta-binomial likelihood ratio; under "no difference" it reaches 20 in at most 1 of 20 histories, however
often somebody looks (Ville's inequality), which a test that is made anew each week does in 4 to 6 of 20
(docs/measuring.md, "Lift").

Lindon, M., Malek, A. (2022). Anytime-valid inference for multinomial count data. NeurIPS 35.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp, inf, lgamma, log, sqrt
from statistics import NormalDist

from expansion.measure.intervals import Interval, edge

# How sure the prior is that nothing is different, in conversions. 20 was best of what was tried with power at lifts of
# 40 to 50 %; the false alarms hold for any.
PRIOR = 20
MOST_WEEKS = 520  # ten years: what takes longer is not worth waiting for
_FAR = 1e6


@dataclass(frozen=True)
class Converted:
    """Conversions among accounts that were drawn with one share: so many of the held-out, so many of the others."""

    share: float  # the probability with which each was held out, between 0 and 1
    held_out: float
    treated: float

    def __post_init__(self) -> None:
        if not 0 < self.share < 1:
            raise ValueError(f"a holdout lies between none and all, not at {self.share}")

    @property
    def every(self) -> float:
        """All conversions."""
        return self.held_out + self.treated

    def expected(self, ratio: float) -> float:
        """The share of held-out ones among those that convert, where the treated convert `ratio` times as often."""
        return self.share / (self.share + (1 - self.share) * ratio)

    def more(self, held_out: float, treated: float) -> Converted:
        """The same accounts after some more have converted."""
        return Converted(self.share, self.held_out + held_out, self.treated + treated)


def evidence(conversions: Iterable[Converted], ratio: float = 1.0) -> float:
    """The logarithm of the evidence against this ratio of rates, treated over held out; refused from ln 20 on.

    Groups drawn with different shares multiply: each is a fair bet by itself, and none looks ahead.
    """
    return sum(_mixed(one) - _likelihood(one, ratio) for one in conversions)


def always_valid(conversions: Sequence[Converted], confidence: float = 0.95) -> Interval:
    """Every ratio that is not refused. It holds at all looks at once, if the ratio is the same all the time."""
    limit = -log(1 - confidence)
    best = _likeliest(conversions)

    def refused(at: float) -> bool:
        return evidence(conversions, exp(at)) >= limit

    low = exp(edge(refused, log(best), -1)) if any(one.treated for one in conversions) else 0.0
    high = exp(edge(refused, log(best), +1)) if any(one.held_out for one in conversions) else inf
    return Interval(low, high)


def over_looks(looks: Iterable[Interval]) -> Interval | None:
    """What all the looks allow: each holds at once with the others, so the narrowest of both sides holds, too.

    None where they contradict each other: the ratio was not the same all the time, or it is the one time in twenty.
    """
    every = list(looks)
    low = max((one.low for one in every), default=0.0)
    high = min((one.high for one in every), default=inf)
    return Interval(low, high) if low <= high else None


def weeks_until_told(
    conversions: Sequence[Converted], a_week: Sequence[float], ratio: float, sure: float = 0.8, confidence: float = 0.95
) -> int | None:
    """In how many weeks it would be known that there is a lift, if this ratio were the true one.

    `a_week`: conversions of each group. So many weeks are enough in a share `sure` of all cases: the future is taken
    as unlucky as that. None where ten years are not enough.
    """
    limit = -log(1 - confidence)

    def told(weeks: int) -> bool:
        return evidence(_after(conversions, a_week, ratio, weeks, sure)) >= limit

    if not told(MOST_WEEKS):
        return None
    low, high = -1, MOST_WEEKS
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if told(middle) else (middle, high)
    return high


def smallest_told(
    conversions: Sequence[Converted], a_week: Sequence[float], weeks: int, sure: float = 0.8, confidence: float = 0.95
) -> float | None:
    """The smallest lift that would be known of within so many weeks; None where even ten times as often would not."""
    limit = -log(1 - confidence)

    def told(ratio: float) -> bool:
        return evidence(_after(conversions, a_week, ratio, weeks, sure)) >= limit

    if not told(10.0):
        return None
    low, high = 1.0, 10.0
    for _ in range(20):
        middle = (low + high) / 2
        low, high = (low, middle) if told(middle) else (middle, high)
    return high


def _after(
    conversions: Sequence[Converted], a_week: Sequence[float], ratio: float, weeks: int, sure: float
) -> list[Converted]:
    """What will have been counted by then: the expected, and on the wrong side of it as far as `sure` reaches."""
    unlucky = NormalDist().inv_cdf(sure)
    coming = [weeks * each for each in a_week]
    shares = [one.expected(ratio) for one in conversions]
    spreads = [count * share * (1 - share) for count, share in zip(coming, shares, strict=True)]
    wide = sqrt(sum(spreads)) or 1.0
    side = 1 if ratio >= 1 else -1  # more held-out ones than expected hide a lift, fewer hide a loss
    held = [
        min(count, max(0.0, count * share + side * unlucky * spread / wide))
        for count, share, spread in zip(coming, shares, spreads, strict=True)
    ]
    return [one.more(h, count - h) for one, h, count in zip(conversions, held, coming, strict=True)]


def _likeliest(conversions: Sequence[Converted]) -> float:
    """The ratio that fits best; far out where only one side has converted."""
    low, high = log(1 / _FAR), log(_FAR)
    for _ in range(60):
        middle = (low + high) / 2
        surplus = sum(one.held_out - one.every * one.expected(exp(middle)) for one in conversions)
        low, high = (middle, high) if surplus < 0 else (low, middle)
    return exp((low + high) / 2)


def _mixed(one: Converted) -> float:
    """How likely the order of conversions is to somebody who expects the share, but not firmly."""
    held, others = PRIOR * one.share, PRIOR * (1 - one.share)
    return _log_beta(held + one.held_out, others + one.treated) - _log_beta(held, others)


def _likelihood(one: Converted, ratio: float) -> float:
    """In logarithms all the way: far out, one of the shares is too small to be told from nothing."""
    others = log(1 - one.share) + log(ratio)
    together = log(one.share + (1 - one.share) * ratio)
    return one.held_out * log(one.share) + one.treated * others - one.every * together


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)
