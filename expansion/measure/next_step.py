"""What to do with an account next: which playbook, why this one, and what became of accounts after it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Protocol

from expansion.measure.panel import Expansion

# Below so many begun, or so many that expanded, no share is told: one more would turn it.
LEAST_BEGUN, LEAST_EXPANDED = 20, 5


class Begun(Protocol):
    """A firing as the ledger keeps it."""

    @property
    def account_id(self) -> str: ...
    @property
    def fired_at(self) -> datetime: ...
    @property
    def tier(self) -> str: ...
    @property
    def playbook(self) -> str | None: ...
    @property
    def decision(self) -> str: ...


@dataclass(frozen=True)
class Followed:
    """What became of the accounts with which a playbook began long enough ago."""

    begun: int
    expanded: int
    window: timedelta
    median_days: int | None  # until the expansion

    def told(self) -> str:
        """As people read it. It says what followed, not what the playbook brought: that is lift."""
        if not self.begun:
            return f"no account had it {self.window.days} days ago or before, so nothing is known of what follows"
        counts = f"{self.expanded:,} of {self.begun:,} accounts expanded within {self.window.days} days of it"
        if self.begun < LEAST_BEGUN or self.expanded < LEAST_EXPANDED:
            return f"{counts}: too few to say more"
        return f"{counts} ({self.expanded / self.begun:.0%}), half of them within {self.median_days:,} days"


@dataclass(frozen=True)
class NextStep:
    """What is recommended. Without a playbook `why` says why there is none."""

    playbook: str | None
    title: str | None
    trigger: str | None
    why: tuple[str, ...]
    followed: Followed | None
    help_first: tuple[str, ...] = ()  # what is in the way: it comes before any offer


def followed(
    playbook: str,
    tier: str,
    firings: Iterable[Begun],
    expansions: Sequence[Expansion],
    window: timedelta,
    now: datetime,
) -> Followed:
    """Of accounts with which this playbook began at least a window ago, how many bought this tier within it.

    An account counts once, with the first time; an expansion of which nobody says the tier counts for each.
    """
    began: dict[str, datetime] = {}
    for firing in firings:
        if firing.playbook == playbook and firing.decision == "acting" and firing.fired_at + window <= now:
            began[firing.account_id] = min(firing.fired_at, began.get(firing.account_id, firing.fired_at))
    days = [found for account, at in began.items() if (found := _days(account, at, tier, expansions, window, now))]
    return Followed(len(began), len(days), window, round(median(days)) if days else None)


def _days(
    account: str, at: datetime, tier: str, expansions: Sequence[Expansion], window: timedelta, now: datetime
) -> float | None:
    """How long until the expansion that followed; None where none did."""
    came = [
        one.at
        for one in expansions
        if one.account_id == account and one.tier in (tier, None) and at < one.at <= at + window and one.known_at <= now
    ]
    return (min(came) - at).total_seconds() / 86_400 if came else None


def best(true: Sequence[str], tiers: Mapping[str, str], order: Sequence[str]) -> str | None:
    """Of the triggers that are true the one whose tier comes first in `order`; of equals the first by name."""
    place = {tier: index for index, tier in enumerate(order)}
    return min(true, key=lambda name: (place.get(tiers[name], len(place)), name), default=None)
