"""Who works in the accounts: they join, leave, and a few go to another account."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from sandbox.company.arrays import NEVER, Flags, Floats, Ints

DEPARTMENTS = (
    "Product", "Engineering", "Design", "Marketing", "Sales", "Support", "Finance", "Legal", "Operations", "People",
)  # fmt: skip
ROLES = ("admin", "editor", "viewer")
UNNAMED_DAYS = 2  # a newcomer in a hundred has another id for so long


@dataclass
class People:
    """A column for each thing that is so of a person."""

    account: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    joined: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    left: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))  # NEVER: still there
    department: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    role: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    busy: Floats = field(default_factory=lambda: np.empty(0))  # how often they come, beside others
    bot: Flags = field(default_factory=lambda: np.empty(0, dtype=np.bool_))
    unnamed: Flags = field(default_factory=lambda: np.empty(0, dtype=np.bool_))
    met_paywall: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))  # the last time

    def __len__(self) -> int:
        return len(self.account)

    def add(
        self,
        rng: np.random.Generator,
        account: Ints,
        department: Ints,
        day: int,
        *,
        bot: bool = False,
        new: bool = True,
    ) -> Ints:
        """Their places, in the order given."""
        n, before = len(account), len(self)
        more = {
            "account": account,
            "joined": np.full(n, day),
            "left": np.full(n, NEVER),
            "department": department,
            "role": np.searchsorted([0.15, 0.75], rng.random(n)),
            "busy": np.exp(rng.normal(-0.15, 0.55, n)),
            "bot": np.full(n, bot),
            "unnamed": (rng.random(n) < 0.01) & new,
            "met_paywall": np.full(n, NEVER),
        }
        for name, values in more.items():
            setattr(self, name, np.concatenate([getattr(self, name), values]))
        return np.arange(before, before + n)


class Roster:
    """Who is there in the morning, account by account; whoever joins today is on tomorrow's."""

    def __init__(self, people: People, accounts: int) -> None:
        there = np.flatnonzero((people.left == NEVER) & ~people.bot)
        self.people = there[np.argsort(people.account[there], kind="stable")]
        self.account = people.account[self.people]
        self._accounts = accounts

    @cached_property
    def used(self) -> Ints:
        """Seats in use, by account."""
        return np.bincount(self.account, minlength=self._accounts).astype(np.int64)

    @cached_property
    def _starts(self) -> Ints:
        return np.cumsum(self.used) - self.used

    def one_of(self, rng: np.random.Generator, accounts: Ints) -> Ints:
        """For each of these accounts one of its people; the accounts have some."""
        place: Ints = self._starts[accounts] + (rng.random(len(accounts)) * self.used[accounts]).astype(np.int64)
        return self.people[place]
