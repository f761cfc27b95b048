"""Who walked a sequence, and by which events: of the newest walk the steps, for people to look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from expansion.evaluate.engine import Engine
from expansion.evaluate.measures import Calendar
from expansion.evaluate.sequences import Moments, Walks, microseconds, walks
from expansion.evaluate.tree import Walk, Walked
from expansion.usage.storage.atoms import Atom
from expansion.usage.storage.rollup import Column

Event = tuple[datetime, str, list[bool]]  # when (UTC, without saying so), by whom, which columns of the walk it fits


@dataclass(frozen=True)
class Step:
    """One step that was taken: at which moment, and by whom where one person takes every step."""

    atom: Atom
    at: datetime
    user: str | None


@dataclass(frozen=True)
class Footprints:
    """The steps of the newest walk; and where one person takes every step all who walked, the last to arrive first."""

    steps: tuple[Step, ...] = ()
    people: tuple[str, ...] = ()

    @classmethod
    def of(cls, walked: Walked, engine: Engine, events: Sequence[Event]) -> Footprints:
        """From the events of a walk in its window."""
        users = list(dict.fromkeys(user for _, user, _ in events))
        found = _walks(walked.walk, engine.calendar, events, users)
        if not len(found.end):
            return cls()
        newest = int(np.argmax(found.end))
        walker = users[found.walker[newest]] if walked.walk.same_user else None
        mine = sorted(event for event in events if walker in (None, event[1]))
        steps = tuple(_steps(walked.walk, mine, int(found.start[newest]), int(found.end[newest]), walker))
        order = found.walker[np.argsort(-found.end, kind="stable")].tolist() if walker is not None else []
        return cls(steps, tuple(users[place] for place in dict.fromkeys(order)))


def _walks(walk: Walk, calendar: Calendar, events: Sequence[Event], users: Sequence[str]) -> Walks:
    """The walks over these events; a walker is a place among the users where one person takes every step."""
    number = {user: place for place, user in enumerate(users)}

    def taken(atom: Atom) -> Moments:
        column = walk.columns.index(Column(atom, "moments"))
        mine = [(at, user) for at, user, fits in events if fits[column] and (user or not walk.same_user)]
        times = [microseconds(at.replace(tzinfo=UTC)) for at, _ in mine]
        walker = [number[user] if walk.same_user else 0 for _, user in mine]
        return Moments(*(np.array(one, dtype=np.int64) for one in ([0] * len(mine), walker, times)))

    excluded = taken(walk.excluded) if walk.excluded else Moments.none()
    return walks(walk, [taken(atom) for atom in walk.steps], excluded, calendar.zone)


def _steps(walk: Walk, events: Sequence[Event], start: int, end: int, walker: str | None) -> list[Step]:
    """Of each step the first event after the one before, from the start of a walk; the last one at its end."""
    found: list[Step] = []
    after = start - 1
    for place, atom in enumerate(walk.steps):
        column, is_last = walk.columns.index(Column(atom, "moments")), place == len(walk.steps) - 1
        times = ((microseconds(at.replace(tzinfo=UTC)), at) for at, _, fits in events if fits[column])
        after, at = next((time, at) for time, at in times if time > after and (not is_last or time == end))
        found.append(Step(atom, at, walker))
    return found
