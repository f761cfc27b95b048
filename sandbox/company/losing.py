"""Accounts that buy less, and accounts that leave."""

from __future__ import annotations

import numpy as np

from sandbox.company.accounts import PRICE
from sandbox.company.arrays import NEVER, Floats, Ints
from sandbox.company.behaviours import LEAVES_A_MONTH, MONTH, SHRINKS_A_MONTH, UNUSED_SHARE, UNUSED_TIMES
from sandbox.company.world import World


def lose(world: World, day: int) -> None:
    used, bought = world.roster.used, world.accounts.bought
    risk: Floats = np.where(used < UNUSED_SHARE * bought, UNUSED_TIMES, 1.0) / MONTH
    _shrink(world, world.some(world.accounts.alive, SHRINKS_A_MONTH * risk), day)
    _go(world, world.some(world.accounts.alive, LEAVES_A_MONTH * risk), day)


def _shrink(world: World, account: Ints, day: int) -> None:
    """A fifth of the seats, but not those in use."""
    accounts = world.accounts
    keeps = np.maximum(world.roster.used[account], np.ceil(accounts.bought[account] * 0.8).astype(np.int64))
    gives = accounts.bought[account] - keeps
    account, gives = account[gives > 0], gives[gives > 0]
    accounts.bought[account] -= gives
    _tell(world, account, gives * PRICE[accounts.plan[account]], day)


def _go(world: World, account: Ints, day: int) -> None:
    _tell(world, account, world.accounts.arr[account], day)
    world.accounts.alive[account] = False
    gone = ~world.accounts.alive[world.people.account] & (world.people.left == NEVER)
    world.people.left[gone] = day


def _tell(world: World, account: Ints, amount: Ints, day: int) -> None:
    world.told.outcomes.add(account=account, day=day, kind=1, tier=-1, amount=amount, number=-1)
