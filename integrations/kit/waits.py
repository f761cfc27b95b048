"""The rules by which systems say how long to wait, by name: each reads one header, in the unit it is written in.

A rule gives seconds, or None where nothing is said that can be read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from integrations.kit import said

# From a reply's headers, and the time now.
Wait = Callable[[Mapping[str, str], datetime | None], float | None]

_LEAST = 0.5  # seconds: a window that ends this moment by our clock has not ended by theirs


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """`Retry-After`, as seconds or as a date by the reply's own clock."""
    return said.wait(headers)


def interval_ms(header: str) -> Wait:
    """A header with the milliseconds of the window."""

    def rule(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
        interval = said.wait(headers, header)
        return None if interval is None else interval / 1000

    return rule


def reset_epoch(header: str, *, longest: float) -> Wait:
    """A header with the moment, in seconds since 1970, at which the window ends. No window is longer than `longest`."""

    def rule(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
        reset = said.number(said.header(headers, header))
        seconds = longest if reset is None or now is None else reset - now.timestamp()
        return min(max(seconds, _LEAST), longest)

    return rule


def first_said(*rules: Wait | float) -> Wait:
    """What the first of these rules says that says anything; a number always does."""

    def rule(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
        found = (one if isinstance(one, float) else one(headers, now) for one in rules)
        return next((seconds for seconds in found if seconds is not None), None)

    return rule
