"""The accounts of one block: how large, how they grow, who sells to them, when they come."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sandbox.company.arrays import NEVER, Flags, Floats, Ints
from sandbox.company.asked import Asked

MEDIAN_SEATS = 8
_MOST_SEATS = 2_000
PLANS = ("Team", "Business", "Enterprise")
PRICE = np.array([240, 480, 840], dtype=np.int64)  # a seat and year, in whole USD
INCLUDED = np.array([50_000, 250_000, 1_000_000], dtype=np.int64)  # API calls in four weeks
ADD_ON = 2_400  # a year, for as many calls as the plan includes once more
SEGMENTS = ("SMB", "Mid-Market", "Enterprise")
INDUSTRIES = ("Software", "Retail", "Manufacturing", "Health", "Finance", "Education", "Media", "Logistics")


@dataclass
class Accounts:
    """A column for each thing that is so of an account; what changes is changed in place."""

    number: Ints  # in the whole company
    arrives: Ints  # its first day in this history
    created: Ints  # the day it came, mostly long before
    alive: Flags
    bought: Ints  # seats
    plan: Ints
    add_ons: Ints
    start_share: Floats  # of the seats that are in use on its first day
    growth: Floats  # of the people, a month
    clumsy: Floats  # how often things go wrong
    speed: Floats  # how long its deals take, beside others
    uses_api: Flags
    api_level: Floats  # of the included calls
    api_trend: Floats  # a day, in logs
    industry: Ints
    owner: Ints
    parent: Ints  # a place in this block; -1: none
    internal: Flags
    has_bot: Flags
    held_out: Flags
    departments: Ints  # a bit for each that is there
    rebrands: Ints  # the day of a new name
    renames: Ints  # the day of a new id
    merges: Ints  # the day on which it goes up in `into`
    into: Ints

    def __len__(self) -> int:
        return len(self.number)

    @property
    def arr(self) -> Ints:
        worth: Ints = self.bought * PRICE[self.plan] + self.add_ons * ADD_ON
        return np.where(self.alive, worth, 0)

    @property
    def included(self) -> Ints:
        calls: Ints = INCLUDED[self.plan] * (1 + self.add_ons)
        return calls

    @property
    def segment(self) -> Ints:
        return np.digitize(self.bought, [20, 150]).astype(np.int64)


def draw(rng: np.random.Generator, asked: Asked, number: Ints) -> Accounts:
    """A quarter of them come while the history runs; sizes have a heavy tail."""
    n, days = len(number), asked.days
    arrives = np.where(rng.random(n) < 0.75, 0, rng.integers(0, days, n))
    bought = np.clip(np.exp(rng.normal(np.log(MEDIAN_SEATS), 1.1, n)).astype(np.int64), 3, _MOST_SEATS)
    tall = rng.random(n) + 0.25 * np.log(bought / MEDIAN_SEATS)
    uses_api = rng.random(n) < 0.3
    merges, into = _merges(rng, n, days, arrives)
    return Accounts(
        number=number,
        arrives=arrives,
        created=np.where(arrives > 0, arrives, -rng.integers(0, 1_500, n)),
        alive=np.zeros(n, dtype=np.bool_),
        bought=bought,
        plan=np.digitize(tall, [0.6, 1.1]).astype(np.int64),
        add_ons=np.zeros(n, dtype=np.int64),
        start_share=rng.beta(4, 3.5, n),
        growth=np.clip(rng.normal(0.008, 0.02, n), -0.03, 0.08),
        clumsy=np.exp(rng.normal(0, 0.8, n)),
        speed=np.exp(rng.normal(0, 0.4, n)),
        uses_api=uses_api,
        api_level=np.where(uses_api, rng.uniform(0.1, 0.85, n), 0.0),
        api_trend=rng.normal(0.01, 0.05, n) / 30,
        industry=rng.integers(0, len(INDUSTRIES), n),
        owner=rng.integers(0, 8, n),
        parent=np.where(rng.random(n) < 0.04, rng.integers(0, n, n), -1),
        internal=rng.random(n) < 0.01,
        has_bot=rng.random(n) < 0.03,
        held_out=rng.random(n) < asked.holdout,
        departments=np.zeros(n, dtype=np.int64),
        rebrands=_some_day(rng, n, days, 0.01),
        renames=_some_day(rng, n, days, 0.01),
        merges=merges,
        into=into,
    )


def _some_day(rng: np.random.Generator, n: int, days: int, share: float) -> Ints:
    """A day in the middle of the history, for a share of the accounts."""
    return np.where(rng.random(n) < share, rng.integers(days // 4, days, n), NEVER)


def _merges(rng: np.random.Generator, n: int, days: int, arrives: Ints) -> tuple[Ints, Ints]:
    """One account in 200 goes up in another that was there from the start, and is no such account itself."""
    day = np.where(arrives == 0, _some_day(rng, n, days, 0.005), NEVER)
    stays = np.flatnonzero((arrives == 0) & (day == NEVER))
    if not len(stays):
        return np.full(n, NEVER, dtype=np.int64), np.full(n, -1, dtype=np.int64)
    return day, rng.choice(stays, n)
