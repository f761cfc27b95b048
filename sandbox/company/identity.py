"""Accounts that get another id, and accounts that go up in another."""

from __future__ import annotations

import numpy as np

from sandbox.company.arrays import NEVER
from sandbox.company.world import World


def change(world: World, day: int) -> None:
    """In the night before the day."""
    _rename(world, day)
    _merge(world, day)


def _rename(world: World, day: int) -> None:
    """The same account by another id from now on; the ids follow when they are written."""
    accounts = world.accounts
    one = np.flatnonzero((accounts.renames == day) & accounts.alive)
    world.told.account_merges.add(former=one, account=one, day=day, renamed=True)
    accounts.renames[(accounts.renames == day) & ~accounts.alive] = NEVER


def _merge(world: World, day: int) -> None:
    """Its people, seats and add-ons are the other's now."""
    accounts, into = world.accounts, world.accounts.into
    one = np.flatnonzero((accounts.merges == day) & accounts.alive)
    one = one[accounts.alive[into[one]]]
    if not len(one):
        return
    target = into[one]
    np.add.at(accounts.bought, target, accounts.bought[one])
    np.add.at(accounts.add_ons, target, accounts.add_ons[one])
    accounts.alive[one] = False
    world.merged[one] = True
    for former, new in zip(one, target, strict=True):
        world.people.account[world.people.account == former] = new
    world.told.account_merges.add(former=one, account=target, day=day, renamed=False)
    world.call_the_roll()
