"""Who decides to buy, why, and what becomes of the deal."""

from __future__ import annotations

import numpy as np

from sandbox.company.accounts import ADD_ON, MEDIAN_SEATS, PRICE
from sandbox.company.arrays import NEVER, Flags, Floats, Ints
from sandbox.company.behaviours import (
    API_SHARE,
    BUYS_A_MONTH,
    MONTH,
    NAMES,
    PAYWALL_DAYS,
    PAYWALL_PEOPLE,
    PLANTED,
    SEATS_DAYS,
    SEATS_SHARE,
    SIZE_POWER,
    TEAM_DAYS,
    TICKET_DAYS,
    TIER_CYCLE,
    TIER_SHARES,
    TIERS,
    WON,
)  # fmt: skip
from sandbox.company.world import World

_TIMES: Floats = np.array([one.times for one in PLANTED])
_EXTRA: Floats = np.array([one.extra for one in PLANTED])
_TIER: Ints = np.array([TIERS.index(one.tier) if one.tier else -1 for one in PLANTED])
_SEATS, _PLAN, _ADD_ON = range(len(TIERS))
TREATED_DAYS = 90
_AGAIN = 30  # days in which nobody is acted on twice


def holds(world: World, day: int) -> Flags:
    """Each planted behaviour, as it stood at the end of the day before."""
    accounts, n = world.accounts, len(world.accounts)
    near = world.roster.used >= SEATS_SHARE * accounts.bought - 1e-9
    world.seats_days = np.where(near & accounts.alive, world.seats_days + 1, 0)
    met = world.people.account[world.people.met_paywall >= day - PAYWALL_DAYS]
    waits = (world.tickets.opened < day - TICKET_DAYS) & (world.tickets.answered >= day)
    return np.array(
        [
            world.seats_days >= SEATS_DAYS,
            np.bincount(met, minlength=n) >= PAYWALL_PEOPLE,
            accounts.uses_api & (world.api_known >= API_SHARE * accounts.included),
            world.last_team >= day - TEAM_DAYS,
            np.bincount(world.tickets.account[waits], minlength=n) > 0,
        ]
    )


def act(world: World, now: Flags, day: int) -> None:
    """Accounts for which one of the named behaviours begins, half of a fair test: the held-out are left alone."""
    lift = world.asked.treated_lift
    if lift is None:
        return
    for name in world.asked.acted_on:
        which = NAMES.index(name)
        free = world.settled() & ~world.deals.open & (world.acted_on < day - _AGAIN)
        begins = np.flatnonzero(now[which] & ~world.was[which] & free)
        world.acted_on[begins] = day
        held = world.accounts.held_out[begins]
        world.treated_until[begins[~held]] = day + TREATED_DAYS
        world.told.treated.add(account=begins, day=day, behaviour=which, held_out=held)


def decide(world: World, now: Flags, day: int) -> None:
    """A day's chance: of the size, the season, and of what holds, multiplied."""
    size = np.clip((world.accounts.bought / MEDIAN_SEATS) ** SIZE_POWER, 0.5, 4)
    plain = BUYS_A_MONTH / MONTH * size * world.seasons.buying[day]
    plain = plain * np.where(world.treated_until > day, 1 + (world.asked.treated_lift or 0), 1.0)
    chance = plain * np.prod(np.where(now, _TIMES[:, None], 1.0), axis=0)
    free = world.settled() & ~world.deals.open
    buys = np.flatnonzero(free & (world.rng.random(len(plain)) < chance))
    _count(world, now, free, plain, buys)
    _open(world, buys, _cause(world.rng, now[:, buys]), day)


def _count(world: World, now: Flags, free: Flags, plain: Floats, buys: Ints) -> None:
    cell = (now.T @ (1 << np.arange(len(PLANTED)))).astype(np.int64)
    size = world.cells.shape[1]
    world.cells[0] += np.bincount(cell[free], minlength=size)
    world.cells[1] += np.bincount(cell[free], weights=plain[free], minlength=size)
    world.cells[2] += np.bincount(cell[buys], minlength=size)


def _cause(rng: np.random.Generator, now: Flags) -> Ints:
    """Of what holds, in proportion to what it adds; one part of it is for no planted reason."""
    weights = np.vstack([np.ones(now.shape[1]), now * _EXTRA[:, None]])
    reach = np.cumsum(weights / weights.sum(axis=0), axis=0)
    cause: Ints = (reach < rng.random(now.shape[1])).sum(axis=0) - 1
    return cause


def _open(world: World, account: Ints, cause: Ints, day: int) -> None:
    rng, accounts, deals = world.rng, world.accounts, world.deals
    n = len(account)
    tier = np.where(cause < 0, rng.choice(len(TIERS), n, p=TIER_SHARES), _TIER[cause])
    tier = np.where((tier == _PLAN) & (accounts.plan[account] == len(PRICE) - 1), _SEATS, tier)
    seats = np.maximum(2, np.rint(accounts.bought[account] * rng.uniform(0.2, 0.5, n))).astype(np.int64)
    cycle = np.array(TIER_CYCLE)[tier] * accounts.speed[account] * np.exp(rng.normal(0, 0.35, n))
    deals.opened[account] = day
    deals.closes[account] = day + np.maximum(1, np.rint(cycle)).astype(np.int64)
    deals.won[account] = rng.random(n) < WON
    deals.tier[account], deals.seats[account], deals.cause[account] = tier, seats, cause
    deals.amount[account] = _amount(world, account, tier, seats)
    deals.count[account] += 1


def _amount(world: World, account: Ints, tier: Ints, seats: Ints) -> Ints:
    accounts = world.accounts
    plan = accounts.plan[account]
    bigger = PRICE[np.minimum(plan + 1, len(PRICE) - 1)] - PRICE[plan]
    return np.choose(tier, [seats * PRICE[plan], accounts.bought[account] * bigger, np.full(len(tier), ADD_ON)])


def close(world: World, day: int) -> None:
    """Deals whose day it is; those of accounts that went away are lost."""
    deals, accounts = world.deals, world.accounts
    due = np.flatnonzero(deals.open & ((deals.closes <= day) | ~accounts.alive))
    deals.won &= accounts.alive
    won = due[deals.won[due]]
    told(world, due, day)
    world.told.outcomes.add(
        account=won, day=day, kind=0, tier=deals.tier[won], amount=deals.amount[won], number=deals.count[won]
    )
    _take_effect(world, won, day)
    world.last_closed[due] = day
    deals.closes[due] = NEVER


def told(world: World, account: Ints, day: int) -> None:
    """`day` is the one it closes on; NEVER: it is still open."""
    deals = world.deals
    world.told.deals.add(
        account=account, number=deals.count[account], opened=deals.opened[account], planned=deals.closes[account],
        closed=np.full(len(account), day), won=deals.won[account], tier=deals.tier[account],
        amount=deals.amount[account], cause=deals.cause[account],
    )  # fmt: skip


def _take_effect(world: World, won: Ints, day: int) -> None:
    accounts, tier = world.accounts, world.deals.tier[won]
    before = accounts.included
    accounts.bought[won] += np.where(tier == _SEATS, world.deals.seats[won], 0)
    accounts.plan[won] += (tier == _PLAN) & (accounts.plan[won] < len(PRICE) - 1)
    accounts.add_ons[won] += tier == _ADD_ON
    accounts.api_level *= before / accounts.included
    world.interest_until[won[tier == _PLAN]] = NEVER
    world.last_won[won] = day
