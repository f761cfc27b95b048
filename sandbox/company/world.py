"""What a block of accounts is in while its days pass."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sandbox.company import season
from sandbox.company.accounts import Accounts
from sandbox.company.arrays import NEVER, Flags, Floats, Ints
from sandbox.company.asked import Asked
from sandbox.company.behaviours import PLANTED
from sandbox.company.log import Log
from sandbox.company.people import People, Roster

API_WINDOW = 28


class Rows:
    """The rows of one table, as they come: columns of equal length."""

    def __init__(self) -> None:
        self._parts: list[dict[str, Any]] = []

    def add(self, **columns: Any) -> None:
        """A single value stands for all rows."""
        n = max(len(values) for values in columns.values() if np.ndim(values))
        if n:
            self._parts.append({name: np.broadcast_to(values, n).copy() for name, values in columns.items()})

    def columns(self) -> dict[str, Any]:
        """Nothing where no row came."""
        names = self._parts[0] if self._parts else ()
        return {name: np.concatenate([part[name] for part in self._parts]) for name in names}


@dataclass
class Seasons:
    usage: Floats
    buying: Floats
    webinars: Flags

    @classmethod
    def of(cls, asked: Asked) -> Seasons:
        when = (asked.first, asked.days)
        return cls(season.usage(*when), season.buying(*when), season.webinars(*when))


@dataclass
class Deals:
    """The one deal that an account may have; a column for each thing that was drawn when it began."""

    opened: Ints
    closes: Ints  # NEVER: there is none
    won: Flags
    tier: Ints
    seats: Ints
    amount: Ints
    cause: Ints  # a place in PLANTED; -1: for no planted reason
    count: Ints  # how many it had

    @classmethod
    def none(cls, n: int) -> Deals:
        opened, tier, seats, amount, count = (np.zeros(n, dtype=np.int64) for _ in range(5))
        never = np.full(n, NEVER, dtype=np.int64)
        return cls(opened, never, np.zeros(n, dtype=np.bool_), tier, seats, amount, never.copy(), count)

    @property
    def open(self) -> Flags:
        is_open: Flags = self.closes != NEVER
        return is_open


@dataclass
class Tickets:
    account: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    person: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    opened: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    answered: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    urgent: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    def add(self, **columns: Ints) -> None:
        for name, values in columns.items():
            setattr(self, name, np.concatenate([getattr(self, name), values]))


@dataclass
class Told:
    """What becomes tables."""

    facts: Rows = field(default_factory=Rows)
    people: Rows = field(default_factory=Rows)
    deals: Rows = field(default_factory=Rows)
    outcomes: Rows = field(default_factory=Rows)
    account_merges: Rows = field(default_factory=Rows)
    user_merges: Rows = field(default_factory=Rows)
    treated: Rows = field(default_factory=Rows)


@dataclass
class World:
    """The accounts of one block, their people, and everything that goes on from one day to the next."""

    asked: Asked
    rng: np.random.Generator
    accounts: Accounts
    seasons: Seasons
    log: Log
    deals: Deals
    seats_days: Ints  # for how many mornings in a row the seats were nearly used
    interest_until: Ints  # what the plan does not include is looked for
    last_team: Ints
    last_won: Ints
    last_closed: Ints
    merged: Flags  # into another account
    api_calls: Ints  # of each of the last days
    api_known: Ints  # of four weeks, as counted on the last Monday
    acted_on: Ints  # the day
    treated_until: Ints
    was: Flags  # the planted behaviours, a day ago
    cells: Floats  # account-days, what was to be expected of them with nothing planted, and decisions, by what held
    people: People = field(default_factory=People)
    tickets: Tickets = field(default_factory=Tickets)
    told: Told = field(default_factory=Told)
    roster: Roster = field(init=False)

    def __post_init__(self) -> None:
        self.call_the_roll()

    def call_the_roll(self) -> None:
        self.roster = Roster(self.people, len(self.accounts))

    def settled(self) -> Flags:
        """Accounts that are customers, with somebody in them."""
        return self.accounts.alive & (self.roster.used > 0)

    def some(self, among: Flags, chance: Floats | float) -> Ints:
        """Each of these accounts with its chance, those without people never."""
        return np.flatnonzero(among & self.settled() & (self.rng.random(len(self.accounts)) < chance))


def begin(asked: Asked, rng: np.random.Generator, accounts: Accounts) -> World:
    n = len(accounts)

    def never() -> Ints:
        return np.full(n, NEVER, dtype=np.int64)

    return World(
        asked=asked,
        rng=rng,
        accounts=accounts,
        seasons=Seasons.of(asked),
        log=Log(rng),
        deals=Deals.none(n),
        seats_days=np.zeros(n, dtype=np.int64),
        interest_until=never(),
        last_team=never(),
        last_won=never(),
        last_closed=never(),
        merged=np.zeros(n, dtype=np.bool_),
        api_calls=np.zeros((API_WINDOW, n), dtype=np.int64),
        api_known=np.zeros(n, dtype=np.int64),
        acted_on=never(),
        treated_until=never(),
        was=np.zeros((len(PLANTED), n), dtype=np.bool_),
        cells=np.zeros((3, 2 ** len(PLANTED))),
    )
