"""How far a rate, a difference of two rates and their ratio can be from what was counted: for one look.

Closed formulas, exact to the bisection; no library. Which methods hold what they say at few conversions was measured
before choosing (docs/measuring.md, "Lift"): the textbook interval (Wald) covers 86 to 91 % in place of 95 % where two
or three held-out accounts bought, and nearly all of its misses say that the playbook helped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, inf, log, sqrt
from statistics import NormalDist

FEWEST = 5  # conversions held out: below, a ratio rests on a handful of accounts and nothing is claimed
_STEPS = 60  # halvings: far below what is printed
_FAR = 1e9  # a ratio that nobody's accounts are enough to refuse, where none of the others converted


@dataclass(frozen=True)
class Interval:
    """From `low` to `high`; `high` is infinite where nothing bounds it."""

    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high


@dataclass(frozen=True)
class Arm:
    """One side of a comparison: how many there were, and how many of them bought more."""

    units: int
    converted: int

    def __post_init__(self) -> None:
        if not 0 <= self.converted <= self.units:
            raise ValueError(f"{self.converted} of {self.units} cannot have converted")

    @property
    def rate(self) -> float | None:
        """The share that converted; None of nobody."""
        return self.converted / self.units if self.units else None


def wilson(arm: Arm, confidence: float = 0.95) -> Interval:
    """Wilson's score interval of one rate: stays within 0 to 1, and says something of 0 of n.

    Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. JASA 22, 209-212.
    """
    if not arm.units:
        return Interval(0.0, 1.0)
    n, z2 = arm.units, _z(confidence) ** 2
    rate = arm.converted / n
    middle = (rate + z2 / (2 * n)) / (1 + z2 / n)
    half = sqrt(z2) * sqrt(rate * (1 - rate) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    low = 0.0 if arm.converted == 0 else middle - half
    high = 1.0 if arm.converted == n else middle + half
    return Interval(low, high)


def newcombe(treated: Arm, held_out: Arm, confidence: float = 0.95) -> Interval:
    """The rate of the treated minus that of the held-out: two Wilson intervals put together.

    Newcombe, R. G. (1998). Interval estimation for the difference between independent proportions: comparison of
    eleven methods. Statistics in Medicine 17, 873-890; method 10.
    """
    if treated.rate is None or held_out.rate is None:
        return Interval(-1.0, 1.0)
    ours, theirs = wilson(treated, confidence), wilson(held_out, confidence)
    difference = treated.rate - held_out.rate
    below = sqrt((treated.rate - ours.low) ** 2 + (theirs.high - held_out.rate) ** 2)
    above = sqrt((ours.high - treated.rate) ** 2 + (held_out.rate - theirs.low) ** 2)
    return Interval(difference - below, difference + above)


def koopman(treated: Arm, held_out: Arm, confidence: float = 0.95) -> Interval:
    """The rate of the treated divided by that of the held-out: every ratio that a score test does not refuse.

    Koopman, P. A. R. (1984). Confidence intervals for the ratio of two binomial proportions. Biometrics 40, 513-517.
    """
    if not treated.units or not held_out.units or not treated.converted + held_out.converted:
        return Interval(0.0, inf)
    limit = _z(confidence) ** 2
    middle = _inside(treated, held_out)

    def refused(at: float) -> bool:
        return score(treated, held_out, exp(at)) > limit

    low = 0.0 if treated.converted == 0 else exp(edge(refused, log(middle), -1))
    high = inf if held_out.converted == 0 else exp(edge(refused, log(middle), +1))
    return Interval(low, high)


def score(treated: Arm, held_out: Arm, ratio: float) -> float:
    """How badly a ratio of rates fits, as chi-square of one degree, with the likeliest rates that have it."""
    base = likeliest_base(treated, held_out, ratio)
    return _off(treated, min(1.0, ratio * base)) + _off(held_out, base)


def likeliest_base(treated: Arm, held_out: Arm, ratio: float) -> float:
    """The held-out's rate that makes the counts likeliest where the treated's is `ratio` times it: the smaller root of
    ratio·N·p² - (ratio·(n1 + x0) + n0 + x1)·p + x = 0."""
    n, x = treated.units + held_out.units, treated.converted + held_out.converted
    half = ratio * (treated.units + held_out.converted) + held_out.units + treated.converted
    # The stable form: subtracting two large numbers would lose a small rate.
    return min(1.0, 1 / ratio, 2 * x / (half + sqrt(max(0.0, half * half - 4 * ratio * n * x))))


def edge(refused: Callable[[float], bool], inside: float, direction: int) -> float:
    """Where a statement on one axis begins to be refused, going from a point at which it is not."""
    step = 1.0
    while not refused(inside + direction * step):
        step *= 2
    near, far = inside, inside + direction * step
    for _ in range(_STEPS):
        middle = (near + far) / 2
        near, far = (near, middle) if refused(middle) else (middle, far)
    return far


def _inside(treated: Arm, held_out: Arm) -> float:
    """A ratio that is certainly not refused: the one that was counted; far out where one side has none."""
    if treated.converted and held_out.converted:
        return (treated.converted / treated.units) / (held_out.converted / held_out.units)
    return _FAR if treated.converted else 1 / _FAR


def _off(arm: Arm, rate: float) -> float:
    expected = arm.units * rate
    spread = expected * (1 - rate)
    return (arm.converted - expected) ** 2 / spread if spread > 0 else 0.0 if arm.converted == expected else inf


def _z(confidence: float) -> float:
    return NormalDist().inv_cdf(0.5 + confidence / 2)
