"""What is left of a sequence that somebody began, and when what stopped may come back."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from expansion.evaluate.came_back import last_before_silence
from expansion.evaluate.measures import Calendar, back, first_day
from expansion.evaluate.sequences import earliest_start, edges
from expansion.evaluate.tree import Returned, Walked
from expansion.explain.turns.kinds import Flip
from expansion.language.model.values import Span
from expansion.language.prose import narrowed, unit_of
from expansion.memory.account import Account
from expansion.memory.held import Held
from expansion.usage.storage.rollup import Column

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)
_Rows = Sequence[tuple[str, int]]  # by whom, where one person takes every step, and when (microseconds)


@dataclass(frozen=True)
class Way:
    """How far one walker has come: all steps are taken in time, or so many of a walk that may still be finished."""

    user: str
    steps: int = 0
    start: int = 0
    is_done: bool = False


@dataclass(frozen=True)
class Left:
    """What is left of a sequence, for an account or (`user`) one of its people."""

    walked: Walked
    account: Account
    calendar: Calendar
    user: str = ""
    _ends: dict[Any, date | datetime] = field(default_factory=dict)

    def flip(self) -> Flip | None:
        """The steps that are left of the walk that is furthest, and up to when they count; None where a step may be
        just what must not lie between."""
        if self._hinders_itself():
            return None
        ways = list(self._ways())
        done = sorted((way.start for way in ways if way.is_done), reverse=True)
        missing = self.walked.people - len(done)
        if missing > 1:
            return Flip("more", amount=missing, unit=f"{unit_of('people', missing)} who take every step")
        way = max((one for one in ways if not one.is_done), key=lambda one: (one.steps, one.start), default=Way(""))
        if way.steps:
            left = self.walked.condition.steps[way.steps :]
            said = ", then ".join(narrowed(step.events, step.where) for step in left)
            who = f" by {way.user}" if way.user else ""
            # Those who have taken all steps must not have left the window by then.
            others = [self._until(start, walk=False) for start in done[: self.walked.people - 1]]
            ends = [self._until(way.start), *others]
            days = [end for end in ends if not isinstance(end, datetime)]
            on = self._soonest(days, [end for end in ends if isinstance(end, datetime)])
            return Flip("next", value=way.steps, was=way.user, said=said + who, on=on)
        who = " by one person" if self.walked.walk.same_user and not self.user else ""
        return Flip("next", value=0, said=f"all steps{who}, within {self.walked.condition.within}")

    def _hinders_itself(self) -> bool:
        excluded = self.walked.walk.excluded
        if excluded is None:
            return False
        between = self.walked.walk.steps[1:-1]
        return any(
            not excluded.events or not atom.events or set(atom.events) & set(excluded.events) for atom in between
        )

    def _ways(self) -> Iterator[Way]:
        rows = {column: self._rows(self.account.details[column]) for column in self.walked.walk.columns}
        walkers = {who for some in rows.values() for who, _ in some} if self.walked.walk.same_user else {""}
        return (self._way(rows, who) for who in sorted(walkers))

    def _rows(self, held: Held) -> _Rows:
        same_user = self.walked.walk.same_user
        every = zip(held.user.tolist(), held.values["ts"].tolist(), strict=True)
        mine = [(who, at) for who, at in every if not self.user or who == self.user]
        return [(who, at) for who, at in mine if who] if same_user else [("", at) for _, at in mine]

    def _way(self, rows: Mapping[Column, _Rows], who: str) -> Way:
        """The most steps of one walker, with the latest start: it is the best one for every limit there is."""
        walk, (begin, _) = self.walked.walk, edges(self.walked.window, self.calendar, 0)
        fits: dict[int, set[int]] = {}
        for place, atom in enumerate(walk.steps):
            for user, at in rows[Column(atom, "moments")]:
                if user == who and at > begin:
                    fits.setdefault(at, set()).add(place)
        excluded = rows[Column(walk.excluded, "moments")] if walk.excluded else ()
        disturbed = sorted(at for user, at in excluded if user == who)
        starts: list[int | None] = [None] * len(walk.steps)
        done: list[int] = []
        for at in sorted(fits):
            for place in sorted(fits[at], reverse=True):
                before = at if place == 0 else starts[place - 1]
                if before is None:
                    continue
                starts[place] = max(before, starts[place] or before)
                if place == len(walk.steps) - 1 and self._counts(before, at, disturbed):
                    done.append(before)
        return Way(who, start=max(done), is_done=True) if done else self._open(who, starts[:-1], disturbed)

    def _counts(self, start: int, end: int, disturbed: Sequence[int]) -> bool:
        """Whether a walk is in time, with nothing excluded in it."""
        if bisect_right(disturbed, start) < bisect_left(disturbed, end):
            return False
        return start >= earliest_start(self.walked.walk.within, end, self.calendar.zone)

    def _open(self, who: str, starts: Sequence[int | None], disturbed: Sequence[int]) -> Way:
        """The longest way of which the next step may still come."""
        for steps, start in reversed(list(enumerate(starts, 1))):
            if start is not None and bisect_right(disturbed, start) == len(disturbed) and self._is_open(start):
                return Way(who, steps, start)
        return Way(who)

    def _is_open(self, start: int) -> bool:
        until = self._until(start)
        return until > self.calendar.as_of if isinstance(until, datetime) else until >= self.calendar.today

    def _until(self, start: int, *, walk: bool = True) -> date | datetime:
        """The moment before which a walk has to end from its start; of a window of days alone its last day. Without
        `walk` it has been walked, and must not leave the window."""
        if (start, walk) not in self._ends:
            window = self.walked.window.span
            days = [self._last_day(start, window)] if window is not None and window.exact is None else []
            moments = [_moment(start) + window.exact] if window is not None and window.exact is not None else []
            self._ends[start, walk] = self._soonest(days, [*moments, *([self._latest(start)] if walk else [])])
        return self._ends[start, walk]

    def _latest(self, start: int) -> datetime:
        """The last moment at which a walk that began at one may end, see `sequences.earliest_starts`."""
        within, begun = self.walked.walk.within, _moment(start).astimezone(self.calendar.zone)
        if within.exact is not None:
            return _moment(start) + within.exact
        day = begun.date()
        while back(day + _DAY, within) <= begun.date():
            day += _DAY
        if back(day, within) < begun.date():  # there is no such day in its month: any time of this one
            return self.calendar.start_of(day + _DAY)
        return datetime.combine(day, begun.time(), self.calendar.zone).astimezone(UTC)

    def _soonest(self, days: Sequence[date], moments: Sequence[datetime]) -> date | datetime:
        if not moments:
            return min(days)
        ends = (self.calendar.start_of(day + _DAY) for day in days)
        return min([*moments, *ends]).astimezone(self.calendar.zone)

    def _last_day(self, start: int, span: Span) -> date:
        """The last day whose span still holds the day of the start."""
        begun = day = self._day(start)
        while first_day(day + _DAY, span) <= begun:
            day += _DAY
        return day

    def _day(self, microseconds: int) -> date:
        return self.calendar.local(_moment(microseconds))


def _moment(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)


# --- coming back ------------------------------------------------------------------------------------------------------


def comes_back(returned: Returned, account: Account, calendar: Calendar, user: str = "") -> Flip:
    """An event now, or from the day on that lies far enough after the last one."""
    days = _days(account.counts, returned, user)
    said = narrowed(returned.condition.events, returned.condition.where)
    if not days:
        return Flip("next", said=f"{said} now, and again after at least {returned.silence} without")
    day = max(calendar.today, days[-1])
    while last_before_silence(day, returned.silence) < days[-1]:
        day += _DAY
    if day == calendar.today:
        return Flip("more", amount=1, unit=said, name="times")
    return Flip("next", said=f"{said} on {day} or later, and none before", value=day)


def _days(held: Held, returned: Returned, user: str) -> Sequence[date]:
    rows = zip(held.day.tolist(), held.user.tolist(), held.values[returned.column.key].tolist(), strict=True)
    numbers = {day for day, who, times in rows if times and (not user or who == user)}
    return [date.fromordinal(_EPOCH.toordinal() + number) for number in sorted(numbers)]
