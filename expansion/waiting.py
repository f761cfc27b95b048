"""How long another system may make us wait. What it says is a number from outside: no clock sees it unbounded.

`Retry-After: 1e999`, a moment in the year 9999, or NaN would otherwise be added to a date of ours, and end the run.
"""

from __future__ import annotations

LONGEST_WAIT = 6 * 3600.0  # seconds; a system that asks for more is asked again then, which costs it one call
LONGEST_TURN = 32 * 24 * 3600.0  # of our own budgets: no window that a vendor counts in is longer than a month

TOO_LONG = "; it asks for a longer pause than six hours, and is asked again after six"


def bounded(seconds: object, longest: float = LONGEST_WAIT) -> float | None:
    """The seconds, between none and the longest; None where it is no number, and nothing was said."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds != seconds:
        return None
    return float(max(0, min(seconds, longest)))


def asks_too_much(seconds: object, longest: float = LONGEST_WAIT) -> bool:
    """Whether the wait is cut to the longest."""
    return isinstance(seconds, int | float) and seconds > longest
