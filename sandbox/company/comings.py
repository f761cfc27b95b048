"""Who comes and goes: accounts, their people, their departments."""

from __future__ import annotations

import numpy as np

from sandbox.company.arrays import Flags, Ints
from sandbox.company.behaviours import MONTH
from sandbox.company.log import FEATURES, INTEGRATIONS
from sandbox.company.people import DEPARTMENTS, UNNAMED_DAYS
from sandbox.company.world import World

_LEAVES = 0.015  # of the people, a month
_MOVES = 0.0002  # of the people, a month, to another account
_ELSEWHERE = 0.05  # of those who join, into any department
_ROLL_OUT = 0.015  # of the accounts, a month: a department begins with several people


def arrive(world: World, day: int) -> None:
    """Accounts whose first day it is, with those who work in them."""
    accounts = world.accounts
    new = np.flatnonzero((accounts.arrives == day) & ~accounts.alive & ~world.merged)
    if not len(new):
        return
    accounts.alive[new] = True
    size = np.maximum(1, np.rint(accounts.bought[new] * accounts.start_share[new])).astype(np.int64)
    _settle(world, np.repeat(new, size), day)
    with_bot = new[accounts.has_bot[new]]
    bots = world.people.add(world.rng, with_bot, np.full(len(with_bot), 1), day - 1, bot=True, new=False)
    _tell(world, bots, day)
    per_day = accounts.included[new] * accounts.api_level[new] / len(world.api_calls)
    world.api_calls[:, new] = per_day.astype(np.int64)
    world.api_known[new] = world.api_calls[:, new].sum(axis=0)


def _settle(world: World, account: Ints, day: int) -> None:
    """Its first people; what the whole first block has was there before the history begins."""
    main = world.rng.integers(0, len(DEPARTMENTS), len(world.accounts))
    near = (main[account] + world.rng.integers(0, 3, len(account))) % len(DEPARTMENTS)
    people = world.people.add(world.rng, account, near, day - 1, new=False)
    np.bitwise_or.at(world.accounts.departments, account, 1 << near)
    _tell(world, people, day)
    if day:
        world.log.add(day, "Member Joined", account, people, label=_label(near))


def leave(world: World, day: int) -> None:
    """Nobody leaves an account alone."""
    roster, rng = world.roster, world.rng
    goes = (rng.random(len(roster.people)) < _LEAVES / MONTH) & (roster.used[roster.account] > 2)
    world.people.left[roster.people[goes]] = day
    moves = np.flatnonzero((rng.random(len(roster.people)) < _MOVES / MONTH) & ~goes)
    open_to = np.flatnonzero(world.settled())
    if len(moves) and len(open_to):
        people = roster.people[moves]
        world.people.account[people] = rng.choice(open_to, len(moves))
        _tell(world, people, day)


def join(world: World, day: int) -> None:
    """As many as there are seats for; the others are turned away."""
    accounts, roster, rng = world.accounts, world.roster, world.rng
    pace = np.maximum(roster.used, 1) * np.maximum(accounts.growth + _LEAVES, 0) / MONTH
    wanted = np.where(world.settled(), rng.poisson(pace * min(1.5, 1.4 * world.seasons.usage[day])), 0)
    begins = world.some(np.ones(len(accounts), dtype=np.bool_), _ROLL_OUT / MONTH)
    team = np.zeros(len(accounts), dtype=np.int64)
    team[begins] = rng.integers(2, 5, len(begins))
    room = np.maximum(accounts.bought - roster.used, 0)
    joins, teams = np.minimum(wanted, room), np.minimum(team, np.maximum(room - wanted, 0))
    _turned_away(world, wanted + team > joins + teams, day)
    _newcomers(world, np.repeat(np.arange(len(accounts)), joins), day)
    _departments(world, np.repeat(np.arange(len(accounts)), teams), day)


def _turned_away(world: World, full: Flags, day: int) -> None:
    account = np.flatnonzero(full & world.settled())
    world.log.add(day, "Invite Blocked", account, world.roster.one_of(world.rng, account))


def _newcomers(world: World, account: Ints, day: int) -> None:
    """Mostly where colleagues of theirs are."""
    if not len(account):
        return
    rng = world.rng
    colleague = world.people.department[world.roster.one_of(rng, account)]
    anywhere = rng.integers(0, len(DEPARTMENTS), len(account))
    _enter(world, account, np.where(rng.random(len(account)) < _ELSEWHERE, anywhere, colleague), day)


def _departments(world: World, account: Ints, day: int) -> None:
    """The first department, by number, that an account has not; all who begin today are in it."""
    if not len(account):
        return
    there = world.accounts.departments[account]
    missing = (there[:, None] >> np.arange(len(DEPARTMENTS))) & 1 == 0
    has_one = missing.any(axis=1)
    _enter(world, account[has_one], missing.argmax(axis=1)[has_one].astype(np.int64), day)


def _enter(world: World, account: Ints, department: Ints, day: int) -> None:
    people = world.people.add(world.rng, account, department, day)
    world.log.add(day, "Member Joined", account, people, label=_label(department), hour=(8, 12))
    bit = 1 << department
    fresh = np.flatnonzero(world.accounts.departments[account] & bit == 0)
    _, once = np.unique(account[fresh] * len(DEPARTMENTS) + department[fresh], return_index=True)
    first = fresh[once]
    world.log.add(day, "Team Created", account[first], people[first], label=_label(department[first]), hour=(13, 18))
    world.last_team[account[first]] = day
    np.bitwise_or.at(world.accounts.departments, account, bit)
    _tell(world, people, day)
    _named_later(world, people, day)


def _label(department: Ints) -> Ints:
    return department + len(FEATURES) + len(INTEGRATIONS)


def _tell(world: World, people: Ints, day: int) -> None:
    of = world.people
    world.told.people.add(
        person=people, account=of.account[people], day=day, department=of.department[people], role=of.role[people],
        bot=of.bot[people],
    )  # fmt: skip


def _named_later(world: World, people: Ints, day: int) -> None:
    unnamed = people[world.people.unnamed[people]]
    if day + UNNAMED_DAYS < world.asked.days:
        world.told.user_merges.add(person=unnamed, day=day + UNNAMED_DAYS)
