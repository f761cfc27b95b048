"""Facts made of facts: what one number does to another, for all accounts at once, exactly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from expansion.evaluate.measures import FormulaWord
from expansion.evaluate.numbers import Numbers, divide, minus, times

# "Not within ten years": what a limit is away that nobody is on the way to. Windows end there, too (values.py).
NEVER = 3_660


def formula(word: FormulaWord, parts: Sequence[Numbers], days: int = 0) -> Numbers:
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
            return divide(subtract(limit, used), limit)
    used, was, limit = parts
    return days_to_limit(used, was, limit, days)


def subtract(of: Numbers, less: Numbers) -> Numbers:
    """`of - less`. Less of what may be more could be anything."""
    num = minus(times(of.num, less.den), times(less.num, of.den))
    known = of.known & less.known
    if less.least:
        known = np.zeros_like(known)
    return Numbers(num, times(of.den, less.den), known, of.least)


def days_to_limit(used: Numbers, was: Numbers, limit: Numbers, days: int) -> Numbers:
    """In how many days the limit is reached if it goes on as in the last `days`; NEVER where it does not grow."""
    left, grown = subtract(limit, used), subtract(used, was)
    known = left.known & grown.known & ~np.full(len(left.known), used.least or was.least or limit.least)
    reached, grows = left.num <= 0, grown.num > 0  # denominators are above zero
    num, den = times(times(left.num, grown.den), days), times(grown.num, left.den)
    num, den = np.where(grows, num, NEVER), np.where(grows, den, 1)
    far = minus(num, times(den, NEVER)) > 0
    num, den = np.where(far, NEVER, num), np.where(far, 1, den)
    return Numbers(np.where(reached, 0, num), np.where(reached, 1, den), known)
