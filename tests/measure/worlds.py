"""Companies whose accounts expand for reasons that are known, as panels: truth to hold a model against."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from expansion.measure.calibration import Floats, sigmoid
from expansion.measure.features import Feature, Observed
from expansion.measure.panel import Expansion

BEGIN = datetime(2024, 1, 1, 9, tzinfo=UTC)
WINDOW = timedelta(days=90)
MONTH = timedelta(days=28)

PEOPLE = Feature(
    "usage:Report Exported:people:28", "usage:Report Exported", "usage", "people", "Report Exported", "", 28
)
SEATS = Feature("fact:seat_usage", "fact:seat_usage", "firmographics", "share", "Share of seats in use")
NOISE = tuple(Feature(f"fact:noise{n}", f"fact:noise{n}", "firmographics", "number", f"Noise {n}") for n in range(12))


@dataclass(frozen=True)
class World:
    observed: list[Observed]
    expansions: list[Expansion]
    true: list[Floats]  # the chance within a window, of each account at each moment
    until: datetime


def world(
    seed: int, *, accounts: int = 800, months: int = 18, effect: float = 1.0, base: float = -4.6, bent: bool = False
) -> World:
    """Each 28 days an account expands with odds that follow its people and its seats; `bent`: only where both are high,
    which no straight line finds."""
    draw = np.random.default_rng(seed)
    names = [f"a-{n:04}" for n in range(accounts)]
    people, seats = draw.normal(size=accounts), draw.normal(size=accounts)
    observed, expansions, true = [], [], []
    for month in range(months + 4):
        people = 0.8 * people + 0.6 * draw.normal(size=accounts)
        seats = 0.9 * seats + np.sqrt(1 - 0.81) * draw.normal(size=accounts)
        pull = 3.0 * ((people > 0.5) ^ (seats > 0.5)) if bent else 1.2 * people + 0.8 * seats
        month_chance = sigmoid(base + effect * pull)
        at = BEGIN + month * MONTH
        for who in np.flatnonzero(draw.random(accounts) < month_chance):
            when = at + timedelta(days=1 + int(draw.integers(26)))
            expansions.append(Expansion(names[who], when, when + timedelta(days=1)))
        noise = {feature: draw.normal(size=accounts) for feature in NOISE}
        observed.append(Observed(at, names, {PEOPLE: people.copy(), SEATS: seats.copy(), **noise}))
        true.append(month_chance)
    until = BEGIN + (months + 4) * MONTH
    return World(observed, expansions, true, until)
