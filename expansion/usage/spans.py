"""Spans of time that a source's events are known for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

Span = tuple[datetime, datetime]
Spans = tuple[Span, ...]  # in order, apart from each other; aware

# A silence of up to a day is no hole: a day's file ends before midnight, and the next begins after.
_SILENCE = timedelta(days=1)


def joined(spans: Iterable[Span], silence: timedelta = _SILENCE) -> Spans:
    """The spans in order, those made one that are no further apart than a silence that is no hole."""
    found: list[Span] = []
    for first, last in sorted(spans):
        if found and first - found[-1][1] <= silence:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return tuple(found)


def seen_by(spans: Iterable[Span], moment: datetime) -> Spans:
    """What of the spans had passed by a moment."""
    return tuple((first, min(last, moment)) for first, last in spans if first <= moment)
