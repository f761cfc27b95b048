"""What people do in the product on a day."""

from __future__ import annotations

import numpy as np

from sandbox.company.arrays import Floats, Ints
from sandbox.company.log import FEATURES, INTEGRATIONS
from sandbox.company.world import World

_SESSIONS = 0.16  # of a person on a plain working day
_AFTER_A_SESSION = {
    "Dashboard Viewed": 0.6,
    "Report Exported": 0.12,
    "Feature Used": 0.3,
    "Integration Connected": 0.003,
    "Theme Changed": 0.004,
}
_GOES_WRONG = {"Error Shown": 0.02, "Setup Failed": 0.002}
_WEBINAR = 0.05  # of the people, on its day
_BOT_REPORTS = 6  # a night
_INVOICE_DAYS = 21  # after an expansion
_POPULAR: Floats = 1 / np.arange(1, len(FEATURES) + 1)
_REACH: Floats = np.cumsum(_POPULAR / _POPULAR.sum())


def work(world: World, day: int) -> None:
    roster, rng = world.roster, world.rng
    chance = _SESSIONS * world.people.busy[roster.people] * world.seasons.usage[day]
    came = rng.random(len(roster.people)) < chance
    person, account = roster.people[came], roster.account[came]
    world.log.add(day, "Session Started", account, person)
    for event, share in _AFTER_A_SESSION.items():
        does = rng.random(len(person)) < share
        world.log.add(day, event, account[does], person[does], label=_label(rng, event, int(does.sum())))
    for event, share in _GOES_WRONG.items():
        does = rng.random(len(person)) < share * world.accounts.clumsy[account]
        world.log.add(day, event, account[does], person[does])


def _label(rng: np.random.Generator, event: str, n: int) -> Ints | None:
    if event == "Feature Used":
        return np.searchsorted(_REACH, rng.random(n)).clip(0, len(FEATURES) - 1).astype(np.int64)
    if event == "Integration Connected":
        return len(FEATURES) + rng.integers(0, len(INTEGRATIONS), n)
    return None


def bots(world: World, day: int) -> None:
    """Reports by night, as many as a team makes, and nobody reads them."""
    bot = np.flatnonzero(world.people.bot & world.accounts.alive[world.people.account])
    each = np.repeat(bot, world.rng.poisson(_BOT_REPORTS, len(bot)))
    world.log.add(day, "Report Exported", world.people.account[each], each, hour=(0, 4))


def webinars(world: World, day: int) -> None:
    if world.seasons.webinars[day]:
        came = world.rng.random(len(world.roster.people)) < _WEBINAR
        world.log.add(day, "Webinar Joined", world.roster.account[came], world.roster.people[came], hour=(15, 16))


def invoices(world: World, day: int) -> None:
    """Only after an expansion."""
    account = world.some(day - world.last_won <= _INVOICE_DAYS, 0.25)
    world.log.add(day, "Invoice Downloaded", account, world.roster.one_of(world.rng, account))


def api(world: World, day: int) -> None:
    """Calls of programs, with no person behind them; counted anew on Mondays."""
    accounts, rng = world.accounts, world.rng
    drift = accounts.api_trend + rng.normal(0, 0.01, len(accounts))
    accounts.api_level = np.minimum(accounts.api_level * np.exp(drift), 1.2)
    noise = np.exp(rng.normal(0, 0.15, len(accounts)))
    calls = (accounts.included * accounts.api_level * noise / len(world.api_calls)).astype(np.int64)
    calls[~accounts.alive] = 0
    world.api_calls[day % len(world.api_calls)] = calls
    made = np.flatnonzero(calls > 0)
    world.log.add(day, "API Calls Made", made, calls=calls[made], hour=(22, 23.9))
