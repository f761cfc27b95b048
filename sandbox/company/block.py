"""A block of accounts, day by day. Blocks know nothing of each other, so that memory stays within bounds."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from sandbox.company import accounts, buying, comings, identity, interest, losing, usage
from sandbox.company.arrays import NEVER, Flags, Ints
from sandbox.company.asked import Asked
from sandbox.company.world import World, begin

SIZE = 1_000
_MONDAY = 0


def block(asked: Asked, number: int) -> World:
    """The first accounts of a large company are those of a small one, but for those of a block that is cut short."""
    first = number * SIZE
    rng = np.random.default_rng([asked.seed, number])
    world = begin(asked, rng, accounts.draw(rng, asked, np.arange(first, min(first + SIZE, asked.accounts))))
    seen: Ints | None = None
    for day in range(asked.days):
        seen = _day(world, day, seen)
    buying.told(world, np.flatnonzero(world.deals.open), NEVER)
    return world


def _day(world: World, day: int, seen: Ints | None) -> Ints:
    """What is so in the morning is told, and decides who buys; what people do comes after it."""
    identity.change(world, day)
    comings.arrive(world, day)
    world.call_the_roll()
    if (world.asked.first + timedelta(days=day)).weekday() == _MONDAY:
        world.api_known = world.api_calls.sum(axis=0)
    facts = _facts(world, day)
    _tell(world, facts, _worth_a_row(world, facts, seen, day), day)
    _buy(world, day)
    for does in (
        usage.work, usage.bots, usage.webinars, usage.invoices, usage.api, interest.paywall, interest.tickets,
        comings.join, comings.leave, losing.lose, buying.close,
    ):  # fmt: skip
        does(world, day)
    return facts


def _buy(world: World, day: int) -> None:
    now = buying.holds(world, day)
    buying.act(world, now, day)
    buying.decide(world, now, day)
    world.was = now


FACTS = (
    "plan", "seats_bought", "seats_used", "arr", "segment", "open_deals", "last_deal_closed", "api_calls", "included",
    "rebranded", "churned",
)  # fmt: skip


def _facts(world: World, day: int) -> Ints:
    of = world.accounts
    rebranded = (of.rebrands != NEVER) & (of.rebrands <= day)
    churned = ~of.alive & (of.arrives <= day) & ~world.merged
    return np.array(
        [
            of.plan, of.bought, world.roster.used, of.arr, of.segment, world.deals.open, world.last_closed,
            world.api_known, of.included, rebranded, churned,
        ]
    )  # fmt: skip


def _worth_a_row(world: World, facts: Ints, seen: Ints | None, day: int) -> Flags:
    told = (world.accounts.arrives <= day) & ~world.merged
    if world.asked.facts == "daily":
        return told
    first: Flags = world.accounts.arrives == day
    if world.asked.facts == "weekly":
        monday = (world.asked.first + timedelta(days=day)).weekday() == _MONDAY
        return told & (first | monday)
    return told & (first if seen is None else first | (facts != seen).any(axis=0) | (world.accounts.renames == day))


def _tell(world: World, facts: Ints, which: Flags, day: int) -> None:
    account = np.flatnonzero(which)
    columns = dict(zip(FACTS, facts[:, account], strict=True))
    world.told.facts.add(account=account, day=day, **columns)
