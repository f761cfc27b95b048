"""Accounts at moments of the past, with what was known then, and whether an expansion followed within the window."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from expansion.measure.calibration import Flags, Floats
from expansion.measure.features import Feature, Observed, columns, values

Places = npt.NDArray[np.int64]
NONE = -1


@dataclass(frozen=True)
class Expansion:
    """An account bought more. `known_at`: when it could be known."""

    account_id: str
    at: datetime
    known_at: datetime
    tier: str | None = None


@dataclass(frozen=True)
class Panel:
    """A row for each account at each moment. An expansion stands behind as many rows as moments come before it."""

    features: tuple[Feature, ...]
    moments: tuple[datetime, ...]
    values: Floats  # rows x features
    account: Places  # of each row, as a number
    moment: Places  # of each row, its place in `moments`
    expansion: Places  # the number of the one that followed, or NONE

    @property
    def rows(self) -> int:
        return len(self.account)

    @property
    def happened(self) -> Flags:
        return np.asarray(self.expansion != NONE)

    @property
    def expansions(self) -> int:
        """How many different ones. Rows would count each several times."""
        return len(np.unique(self.expansion[self.happened]))

    def of(self, rows: Flags) -> Panel:
        """Some of the rows."""
        return Panel(
            self.features,
            self.moments,
            self.values[rows],
            self.account[rows],
            self.moment[rows],
            self.expansion[rows],
        )


def panel(
    observed: Sequence[Observed],
    expansions: Sequence[Expansion],
    window: timedelta,
    until: datetime,
    *,
    left_after: Sequence[Expansion] | None = None,
) -> Panel:
    """The rows of all moments whose window is over by `until`.

    An account that expanded within a window before a moment has just been sold to, and leaves: `left_after` are the
    expansions that count for that, where they are others. Who was not there yet has no row. What was known only after
    `until` did not happen.
    """
    told = [one for one in expansions if one.known_at <= until]
    busy = [one for one in (expansions if left_after is None else left_after) if one.known_at <= until]
    over = [one for one in observed if one.moment + window <= until]
    features = columns(over)
    numbers = {account: place for place, account in enumerate(sorted({a for one in over for a in one.accounts}))}
    followed, before = _by_account(told), _by_account(busy)
    parts = [
        _rows(one, place, features, numbers, _Around(followed, before, one.moment, window))
        for place, one in enumerate(over)
    ]
    moments = tuple(one.moment for one in over)
    if not parts:
        nobody = np.empty(0, dtype=np.int64)
        return Panel(features, moments, np.empty((0, len(features))), nobody, nobody, nobody)
    stacked = [np.concatenate(column) for column in zip(*parts, strict=True)]
    return Panel(features, moments, *stacked)


@dataclass(frozen=True)
class _Around:
    """What came after a moment, and just before it."""

    followed: Mapping[str, Sequence[tuple[datetime, int]]]
    before: Mapping[str, Sequence[tuple[datetime, int]]]
    moment: datetime
    window: timedelta

    def next(self, account: str) -> int:
        """The first expansion within the window; NONE where there is none."""
        came = self.followed.get(account, ())
        return next((number for at, number in came if self.moment < at <= self.moment + self.window), NONE)

    def is_out(self, account: str) -> bool:
        """Whether the account expanded within a window before."""
        return any(self.moment - self.window < at <= self.moment for at, _ in self.before.get(account, ()))


def _rows(
    one: Observed, place: int, features: Sequence[Feature], numbers: Mapping[str, int], around: _Around
) -> tuple[Floats, Places, Places, Places]:
    stays = np.array([not around.is_out(account) for account in one.accounts], dtype=bool)
    mine = [account for account, stay in zip(one.accounts, stays, strict=True) if stay]
    account = np.array([numbers[each] for each in mine], dtype=np.int64)
    expansion = np.array([around.next(each) for each in mine], dtype=np.int64)
    return values(one, features)[stays], account, np.full(len(mine), place, dtype=np.int64), expansion


def _by_account(expansions: Iterable[Expansion]) -> dict[str, list[tuple[datetime, int]]]:
    """The expansions of each account in the order of time, each with its number among all."""
    found: dict[str, list[tuple[datetime, int]]] = {}
    ordered = sorted(expansions, key=lambda one: (one.at, one.account_id, one.tier or ""))
    for number, one in enumerate(ordered):
        found.setdefault(one.account_id, []).append((one.at, number))
    return found
