"""From which moment on something counts, and until which: of rows, and of whoever did something in several of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from expansion.evaluate.numbers import Array
from expansion.history.moments import Sight
from expansion.history.rows import Happened


@dataclass(frozen=True)
class Counted:
    """What is added to the number of a place from the moment `on`, and taken away at `off`."""

    place: Array
    on: Array
    off: Array
    value: Array


def of_rows(rows: Happened, sight: Sight) -> Counted:
    """Each row by itself, with its value."""
    on, off = _seen(rows, sight)
    there = np.flatnonzero(on < off)
    return Counted(rows.place[there], on[there], off[there], rows.value[there])


def of_groups(rows: Happened, group: Array, sight: Sight) -> Counted:
    """One for each group of rows (of the same place) while at least one of them is seen."""
    on, off = _seen(rows, sight)
    there = np.flatnonzero(on < off)
    there = there[np.argsort(group[there] * (int(off.max(initial=0)) + 1) + off[there])]
    place, group, on, off = rows.place[there], group[there], on[there], off[there]
    first, last = _unbroken(group, on, off)
    return Counted(place[last], _earliest(group, on)[first], off[last], np.ones(len(last), dtype=np.int64))


def _seen(rows: Happened, sight: Sight) -> tuple[Array, Array]:
    """A row counts once it has arrived and while its day lies in the window."""
    if not len(rows.day):
        return rows.entry, rows.entry
    low = int(rows.day.min())
    days = np.arange(low, int(rows.day.max()) + 1)
    enters, leaves = sight.enters(days).astype(np.int32), sight.leaves(days).astype(np.int32)
    return np.maximum(rows.entry, enters[rows.day - low]), leaves[rows.day - low]


def _unbroken(group: Array, on: Array, off: Array) -> tuple[Array, Array]:
    """Where each unbroken time of a group begins and ends, in rows sorted by group and end."""
    ends = np.ones(len(group), dtype=bool)
    ends[:-1] = (group[1:] != group[:-1]) | (_earliest(group, on)[1:] > off[:-1])
    last = np.flatnonzero(ends)
    return np.concatenate([[0], last[:-1] + 1]).astype(np.int64)[: len(last)], last


def _earliest(group: Array, on: Array) -> Array:
    """The least `on` of each row and those after it in its group: what begins later may end later, and arrive first."""
    if not len(on):
        return on
    number = np.concatenate([[0], np.cumsum(group[1:] != group[:-1])])
    width = int(on.max()) + 1
    least = np.minimum.accumulate((number * width + on)[::-1])[::-1]
    earliest: Array = least - number * width
    return earliest
