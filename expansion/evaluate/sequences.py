"""Sequences: who walked from the first step to the last, in order, in time, with nothing excluded in between.

For each last step the latest possible first step is found: it is the best one for every limit there is (`within`, the
window, what must not lie between). Step by step: the latest start so far, over all events before this one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from expansion.evaluate.measures import Calendar, Window, back
from expansion.evaluate.numbers import Array, Flags
from expansion.evaluate.rows import TakenFrom
from expansion.evaluate.subjects import Subjects
from expansion.evaluate.tree import Walk, Walked
from expansion.language.model.values import Span
from expansion.usage.storage.rollup import Column
from expansion.usage.storage.spans import Spans

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DAY = timedelta(days=1) // _MICROSECOND


@dataclass(frozen=True)
class Moments:
    """Events of one step: whose (a place among the subjects), who walks, and when."""

    subject: Array
    walker: Array  # a number per person where one takes every step, else the subject
    ts: Array  # microseconds since 1970, UTC

    def of(self, rows: Flags) -> Moments:
        return Moments(self.subject[rows], self.walker[rows], self.ts[rows])

    @classmethod
    def none(cls) -> Moments:
        nothing = np.zeros(0, dtype=np.int64)
        return cls(nothing, nothing, nothing)


@dataclass(frozen=True)
class Walks:
    """Every walk that may count: the latest one to each last step."""

    subject: Array
    walker: Array  # who took it: the person where one takes every step, else the subject
    start: Array  # microseconds
    end: Array

    def walkers(self, begin: int, end: int, size: int, known: Spans | None = None) -> Array:
        """How many walked from after `begin` (microseconds; itself left out) to `end`, per subject; only all the way in
        one of the spans, where they are given."""
        inside = (self.start > begin) & (self.end <= end)
        if known is not None:
            spans = [(microseconds(first), microseconds(last)) for first, last in known]
            seen = [(self.start >= first) & (self.end <= last) for first, last in spans]
            inside &= np.logical_or.reduce([np.zeros(len(inside), dtype=bool), *seen])
        pairs = np.unique(np.stack([self.subject[inside], self.walker[inside]]), axis=1)
        return np.bincount(pairs[0], minlength=size)


def walks(walk: Walk, steps: Sequence[Moments], excluded: Moments, zone: ZoneInfo) -> Walks:
    """The walks over these events; days are those of a zone."""
    every = [*steps, excluded]
    times = np.unique(np.concatenate([one.ts for one in every]))
    # A walker and a moment in one number that sorts by both; moments by their rank, so that it fits 64 bits.
    width = len(times) + 1
    keys = [one.walker * width + np.searchsorted(times, one.ts) for one in every]
    ends = np.unique(keys[0])
    starts = ends
    for key in keys[1:-1]:
        ends, starts = _step(ends, starts, np.unique(key), width)
    start, end = times[starts % width], times[ends % width]
    kept = (start >= earliest_starts(walk.within, end, zone)) & ~_any_between(np.unique(keys[-1]), starts, ends)
    walker = ends[kept] // width
    walkers, place = np.unique(np.concatenate([one.walker for one in every]), return_index=True)
    subjects = np.concatenate([one.subject for one in every])[place]
    return Walks(subjects[np.searchsorted(walkers, walker)], walker, start[kept], end[kept])


def _step(ends: Array, starts: Array, events: Array, width: int) -> tuple[Array, Array]:
    """One step on: the events that somebody was on the way to before, each with the latest start of such a way.

    Starts sort by walker first, so their running maximum begins anew with each walker.
    """
    if not len(ends):
        return ends, starts
    latest = np.maximum.accumulate(starts)
    before = np.searchsorted(ends, events, side="left") - 1
    found = (before >= 0) & (latest[before] // width == events // width)
    return events[found], latest[before[found]]


def _any_between(excluded: Array, starts: Array, ends: Array) -> Flags:
    """Where something excluded lies after the start and before the end."""
    if not len(excluded):
        return np.zeros(len(ends), dtype=bool)
    before = np.searchsorted(excluded, ends, side="left") - 1
    between: Flags = (before >= 0) & (excluded[before] > starts)
    return between


def earliest_starts(within: Span, ends: Array, zone: ZoneInfo) -> Array:
    """When a walk that ends at each of these moments may have begun at the earliest: so many hours before; or so many
    days, weeks or months before at the same time of the day, whether or not clocks were changed since.

    Most days are so long as the others, and all their moments lie as far after the earliest start.
    """
    if within.exact is not None:
        return ends - within.exact // _MICROSECOND
    days, place = np.unique(ends // _DAY, return_inverse=True)
    starts = np.array([earliest_start(within, day * _DAY, zone) - day * _DAY for day in days.tolist()], dtype=np.int64)
    afters = [earliest_start(within, (day + 1) * _DAY, zone) - (day + 1) * _DAY for day in days.tolist()]
    found: Array = ends + starts[place]
    for odd in np.flatnonzero((starts != np.array(afters, dtype=np.int64))[place]).tolist():
        found[odd] = earliest_start(within, int(ends[odd]), zone)
    return found


def earliest_start(within: Span, end: int, zone: ZoneInfo) -> int:
    """The same of one moment."""
    if within.exact is not None:
        return end - within.exact // _MICROSECOND
    local = (_EPOCH + end * _MICROSECOND).astimezone(zone)
    return microseconds(datetime.combine(back(local.date(), within), local.time(), zone).astimezone(UTC))


@dataclass
class Walking:
    """Finds the walks of subjects, and keeps them."""

    rows: TakenFrom
    calendar: Calendar
    subjects: Subjects
    _found: dict[tuple[Walk, date], Walks] = field(default_factory=dict)

    def counts(self, walked: Walked, point: int, first: date, known: Spans | None = None) -> Array:
        """How many walked in the window at a point, per subject; `first` is the first day that any point looks at. With
        `known` only those who were in one of these spans all the way."""
        begin, end = edges(walked.window, self.calendar, point)
        return self.walks(walked.walk, first).walkers(begin, end, self.subjects.size, known)

    def last(self, walked: Walked, index: int, first: date) -> tuple[int, int] | None:
        """The start and the end of a subject's newest walk in the window at the check."""
        found, (begin, end) = self.walks(walked.walk, first), edges(walked.window, self.calendar, 0)
        inside = np.flatnonzero((found.subject == index) & (found.start > begin) & (found.end <= end))
        if not len(inside):
            return None
        newest = inside[np.argmax(found.end[inside])]
        return int(found.start[newest]), int(found.end[newest])

    def walks(self, walk: Walk, first: date) -> Walks:
        """The walks of which no step lies before a day."""
        if (walk, first) not in self._found:
            taken = self._moments(walk, first)
            steps = [taken[Column(atom, "moments")] for atom in walk.steps]
            excluded = taken[Column(walk.excluded, "moments")] if walk.excluded else Moments.none()
            self._found[walk, first] = walks(walk, steps, excluded, self.calendar.zone)
        return self._found[walk, first]

    def _moments(self, walk: Walk, first: date) -> dict[Column, Moments]:
        """The events of every step, in one query."""
        same = " AND ".join(f"asked.{key} = found.{key}" for key in self.subjects.keys)
        known = " WHERE found.user_id <> ''" if walk.same_user else ""
        parts = [
            f"SELECT {number} AS step, idx, found.user_id AS user_id, epoch_us(ts) AS ts "
            f"FROM {rows} AS found JOIN asked ON {same}{known}"
            for number, column in enumerate(walk.columns)
            if (rows := self.rows.by_day([column], first, self.calendar.today)) is not None
        ]
        if not parts:
            return {column: Moments.none() for column in walk.columns}
        found = self.subjects.con.execute(" UNION ALL ".join(parts)).fetchnumpy()
        subject = found["idx"].astype(np.int64)
        every = Moments(
            subject,
            walkers(subject, found["user_id"]) if walk.same_user else subject,
            found["ts"].astype(np.int64),
        )
        return {column: every.of(found["step"] == number) for number, column in enumerate(walk.columns)}


def walkers(subject: Array, user: Array) -> Array:
    """A number for each person of each subject."""
    numbers: dict[tuple[int, str], int] = {}
    pairs = zip(subject.tolist(), user.tolist(), strict=True)
    return np.array([numbers.setdefault(pair, len(numbers)) for pair in pairs], dtype=np.int64)


def edges(window: Window, calendar: Calendar, point: int) -> tuple[int, int]:
    """A window as microseconds: open at the start, closed at the end."""
    if window.is_hourly:
        first, last = calendar.moments(window, point)
        return microseconds(first), microseconds(last)
    first_of, last_of = calendar.days(window, point)
    return microseconds(calendar.start_of(first_of)) - 1, microseconds(calendar.end_of(last_of))


def microseconds(moment: datetime) -> int:
    """A moment as stored times are counted."""
    return (moment - _EPOCH) // _MICROSECOND
