"""Looking for what the plan does not include, and asking for help."""

from __future__ import annotations

import numpy as np

from sandbox.company.arrays import Ints
from sandbox.company.log import FEATURES
from sandbox.company.world import World

_BEGINS = 0.0015  # of the accounts, a day
_LASTS = 20
_HITS = 0.5  # of an interested account, a working day, whatever its size
_STRAY = 0.008  # of any account, a day: one person who is curious
_KEEN = 0.0005  # of any account, a day: one person, many times
_PRICING = (0.01, 0.25)  # of any account, and of an interested one, a day
_TICKETS = 0.01  # of an account of the median size, a day
_SLOW = 0.2  # of the tickets wait for about ten days


def paywall(world: World, day: int) -> None:
    everybody = np.ones(len(world.accounts), dtype=np.bool_)
    world.interest_until[world.some(world.interest_until < day, _BEGINS)] = day + _LASTS
    interested = world.interest_until >= day
    roster, rng = world.roster, world.rng
    chance = _HITS * world.seasons.usage[day] / np.maximum(roster.used, 4)
    meets = interested[roster.account] & (rng.random(len(roster.people)) < chance[roster.account])
    _met(world, roster.people[meets], day)
    _met(world, roster.one_of(rng, world.some(everybody, _STRAY)), day)
    keen = roster.one_of(rng, world.some(everybody, _KEEN))
    _met(world, np.repeat(keen, rng.integers(3, 8, len(keen))), day)
    looks = world.some(everybody, np.where(interested, _PRICING[1], _PRICING[0]))
    world.log.add(day, "Pricing Page Viewed", looks, roster.one_of(rng, looks))


def _met(world: World, people: Ints, day: int) -> None:
    feature = world.rng.integers(len(FEATURES) - 5, len(FEATURES), len(people))
    world.log.add(day, "Paywall Viewed", world.people.account[people], people, label=feature)
    world.people.met_paywall[people] = day


def tickets(world: World, day: int) -> None:
    rng, accounts = world.rng, world.accounts
    size = np.sqrt(np.maximum(world.roster.used, 1) / 5)
    account = world.some(accounts.alive, _TICKETS * size * accounts.clumsy * world.seasons.usage[day])
    n = len(account)
    slow = rng.random(n) < _SLOW
    wait = np.where(slow, rng.exponential(10, n) + 2, rng.exponential(0.8, n)).astype(np.int64)
    world.tickets.add(
        account=account,
        person=world.roster.one_of(rng, account),
        opened=np.full(n, day),
        answered=day + wait,
        urgent=(rng.random(n) < 0.1).astype(np.int64),
    )
