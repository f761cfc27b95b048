"""How many calls a vendor allows, and how many of them are left: sliding windows as one small state.

The state is plain data, so that a process can keep it in memory and several processes can keep it in one row of a
database. It has a time axis of its own, in seconds, which never goes back; see `moved`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from expansion.waiting import LONGEST_WAIT, bounded

# A window forgets in steps of a hundredth of its length, so that 50,000 calls a day are a hundred numbers.
_STEPS = 100
# A block of calls is so much of the shortest window, and at most a second's worth: what is not used by then is lost.
_BLOCK_SHARE, _LONGEST_BLOCK = 0.03, 1.0


@dataclass(frozen=True)
class Limit:
    """So many calls in so many seconds, as the vendor publishes it; `source` says where, `of` which calls.

    `spread`: by how many seconds calls may bunch up on their way. The vendor counts them when they arrive.
    """

    calls: int
    seconds: float
    source: str
    spread: float = 0.0
    of: str = "all calls"


@dataclass(frozen=True)
class Taken:
    """`calls` may be made within the next `lasts` seconds; where there are none, one may fit after `wait` seconds."""

    calls: int
    wait: float = 0.0
    lasts: float = 0.0


@dataclass(frozen=True)
class Entered:
    """A place of several at once, to be given back by its `token`; None: ask again after `wait` seconds."""

    token: str | None
    wait: float = 0.0


class Allowance(Protocol):
    """Calls that somebody shares, by the name of the budget. What was taken is taken, whatever becomes of the taker."""

    def take(self, budget: str, limits: Sequence[Limit], wanted: int) -> Taken: ...

    def left(self, budget: str, limits: Sequence[Limit]) -> int: ...

    def hold(self, budget: str, seconds: float) -> None: ...

    def enter(self, budget: str, places: int, lasts: float) -> Entered: ...

    def leave(self, budget: str, token: str) -> None: ...


def block_of(limits: Sequence[Limit]) -> tuple[int, float]:
    """The most calls that may be taken at once, and in how many seconds they have to be used."""
    lasts = min(_LONGEST_BLOCK, *(limit.seconds * _BLOCK_SHARE for limit in limits))
    most = min(int(limit.calls * lasts / limit.seconds) for limit in limits)
    return max(1, most), lasts


# --- time -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Instant:
    """Now, by two clocks: `wall` in seconds since 1970, which may be set, and `ticks`, which only ever runs.

    `ticker` says whose ticks these are: processes of one machine share them until it is started again.
    """

    wall: float
    ticks: float
    ticker: str


@dataclass
class Axis:
    """Where a budget's own time stood when it was last looked at."""

    seconds: float = 0.0
    wall: float = 0.0
    ticks: float = 0.0
    ticker: str = ""

    def moved(self, now: Instant) -> Axis:
        """The same axis now. Ticks are believed, a wall clock only where it went forward.

        Where a clock was set back, time stands still for a moment: a budget then gives less, never more.
        """
        if not self.ticker:  # nobody has looked yet
            passed = 0.0
        elif now.ticker == self.ticker:
            passed = now.ticks - self.ticks
        else:
            passed = now.wall - self.wall
        return Axis(self.seconds + max(0.0, passed), now.wall, now.ticks, now.ticker)


# --- windows ----------------------------------------------------------------------------------------------------------


@dataclass
class Some:
    """Calls taken close together: the first at `first`, and the last of them made by `last`."""

    first: float
    last: float
    calls: int


@dataclass
class Windows:
    """What was taken of one budget; `now` is always a time on its own axis."""

    taken: dict[str, list[Some]] = field(default_factory=dict)  # by the window's seconds
    held_until: float = 0.0
    inside: dict[str, float] = field(default_factory=dict)  # token -> when its place is free again at the latest
    entered: int = 0

    def take(self, limits: Sequence[Limit], wanted: int, now: float) -> Taken:
        """As many of the wanted calls as fit, or how long to wait for one."""
        waits = [self._held(now), *(self._wait(limit, now) for limit in limits)]
        if max(waits) > 0:
            return Taken(0, wait=max(waits))
        most, lasts = block_of(limits)
        calls = max(1, min(wanted, most, *(self._room(limit, now) for limit in limits)))
        lasts = lasts if calls > 1 else 0.0  # one call is made at once
        for limit in limits:
            self._note(limit, calls, now, now + lasts)
        return Taken(calls, lasts=lasts)

    def left(self, limits: Sequence[Limit], now: float) -> int:
        """How many calls fit right now."""
        return 0 if self._held(now) > 0 else min(self._room(limit, now) for limit in limits)

    def hold(self, seconds: float, now: float) -> None:
        """The server said to stop: no call for so long."""
        self.held_until = now + max(self._held(now), bounded(seconds) or 0.0)

    def enter(self, places: int, lasts: float, now: float) -> Entered:
        """A place among so many at once. One that is not given back is free after `lasts` seconds."""
        self.inside = {token: until for token, until in self.inside.items() if until > now}
        if len(self.inside) >= places:
            return Entered(None, wait=min(self.inside.values()) - now)
        self.entered += 1
        token = str(self.entered)
        self.inside[token] = now + lasts
        return Entered(token)

    def leave(self, token: str) -> None:
        """Give the place back."""
        self.inside.pop(token, None)

    # --- as plain data ---

    def as_data(self) -> dict[str, Any]:
        """For a row of a database."""
        return asdict(self) | {
            "taken": {window: [[s.first, s.last, s.calls] for s in some] for window, some in self.taken.items()}
        }

    @classmethod
    def of_data(cls, data: Mapping[str, Any]) -> Windows:
        """What `as_data` gave."""
        taken = {window: [Some(*one) for one in some] for window, some in data["taken"].items()}
        return cls(taken, data["held_until"], dict(data["inside"]), data["entered"])

    def _held(self, now: float) -> float:
        """For how many seconds more no call may be made. A row may hold any number there: it is put right for good."""
        left = bounded(self.held_until - now) or 0.0
        if left >= LONGEST_WAIT or self.held_until != self.held_until:
            self.held_until = now + left
        return left

    def _within(self, limit: Limit, now: float) -> list[Some]:
        """What still counts, for a window that is as much longer as calls may bunch up."""
        since = now - limit.seconds - limit.spread
        return [some for some in self.taken.get(_name(limit), ()) if some.last > since]

    def _room(self, limit: Limit, now: float) -> int:
        return limit.calls - sum(some.calls for some in self._within(limit, now))

    def _wait(self, limit: Limit, now: float) -> float:
        """Until one call fits."""
        too_many, wait = 1 - self._room(limit, now), 0.0
        for some in sorted(self._within(limit, now), key=lambda some: some.last):
            if too_many <= 0:
                break
            too_many -= some.calls
            wait = some.last + limit.seconds + limit.spread - now
        return wait

    def _note(self, limit: Limit, calls: int, now: float, last: float) -> None:
        within = self._within(limit, now)
        if within and now - within[-1].first < limit.seconds / _STEPS:
            newest = within[-1]
            within[-1] = Some(newest.first, max(newest.last, last), newest.calls + calls)
        else:
            within.append(Some(now, last, calls))
        self.taken[_name(limit)] = within


def _name(limit: Limit) -> str:
    return f"{limit.seconds:g}"
