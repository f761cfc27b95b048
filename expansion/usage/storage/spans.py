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


# So many others to one, and so long before or after them: what a device with a clock that was reset says of when it
# happened, and nothing of what else happened then.
_STRAYS, _APART = 100, timedelta(days=30)


def told(stretches: Iterable[tuple[datetime, datetime, int]]) -> Spans:
    """The spans that events tell of, given by stretches of time with how many there are in each; without strays."""
    counted = sorted(stretches)
    total = sum(count for _, _, count in counted)
    spans = joined((first, last) for first, last, _ in counted)
    sizes = [sum(count for first, _, count in counted if span[0] <= first <= span[1]) for span in spans]
    large = [span for span, size in zip(spans, sizes, strict=True) if size * _STRAYS >= total]
    return tuple(
        span
        for span in spans
        if span in large or any(span[0] - other[1] <= _APART and other[0] - span[1] <= _APART for other in large)
    )


def seen_by(spans: Iterable[Span], moment: datetime) -> Spans:
    """What of the spans had passed by a moment."""
    return tuple((first, min(last, moment)) for first, last in spans if first <= moment)
