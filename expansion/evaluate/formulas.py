"""Facts made of facts: what one number does to another, for all accounts at once, exactly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from expansion.evaluate.measures import FormulaWord
from expansion.evaluate.numbers import Numbers, divide, minus, times

# "Not within ten years": what a limit is away that nobody is on the way to. Windows end there, too (values.py).
NEVER = 3_660


def formula(word: FormulaWord, parts: Sequence[Numbers], days: int = 0, *, may_reset: bool = False) -> Numbers:
    """The number that these make. Unknown where one of them is, or where it cannot be told how large they are."""
    match word:
        case "ratio":
            of, by = parts
            return divide(of, by)
        case "difference":
            of, less = parts
            return subtract(of, less)
        case "headroom":
            used, limit = parts
            return left_of(divide(used, limit))
    used, was, limit = parts
    return days_to_limit(used, was, limit, days, may_reset=may_reset)


def subtract(of: Numbers, less: Numbers) -> Numbers:
    """`of - less`. Less of what may be more could be anything."""
    num = minus(times(of.num, less.den), times(less.num, of.den))
    known = of.known & less.known
    if less.least:
        known = np.zeros_like(known)
    return Numbers(num, times(of.den, less.den), known, of.least)


def left_of(share: Numbers) -> Numbers:
    """What is left of a whole. What may be more leaves anything."""
    known = np.zeros_like(share.known) if share.least else share.known
    return Numbers(minus(share.den, share.num), share.den, known)


def days_to_limit(used: Numbers, was: Numbers, limit: Numbers, days: int, *, may_reset: bool = False) -> Numbers:
    """In how many days the limit is reached if it goes on as in the last `days`; NEVER where it does not grow.

    A number that a source gives and that fell may have started anew, such as the calls of a month: it has no pace. A
    limit that is not above zero cannot be on the way.
    """
    left, grown = subtract(limit, used), subtract(used, was)
    known = left.known & grown.known & ~np.full(len(left.known), used.least or was.least or limit.least)
    reached, grows = left.num <= 0, grown.num > 0  # denominators are above zero
    known &= limit.num > 0
    if may_reset:
        known &= reached | (grown.num >= 0)
    num, den = times(times(left.num, grown.den), days), times(grown.num, left.den)
    num, den = np.where(grows, num, NEVER), np.where(grows, den, 1)
    far = minus(num, times(den, NEVER)) > 0
    num, den = np.where(far, NEVER, num), np.where(far, 1, den)
    return Numbers(np.where(reached, 0, num), np.where(reached, 1, den), known)
