"""Who first: the chance of an expansion in each tier, times what the price book says that it is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

import numpy as np

from expansion.measure.calibration import Floats
from expansion.measure.features import Feature
from expansion.measure.model import Model
from expansion.measure.words import said
from expansion.text.money import to_cents

# own: by a model of this tier's expansions. shared: by one of all expansions, and the tier's share of them.
# points: by what policy.yaml assumes, where its triggers are true.
Basis = Literal["own", "shared", "points"]
SHOWN = 6  # parts of a chance that are told
_PLACES = Decimal("0.0001")  # chances are told to a hundredth of a point; no history knows more
_WORTH_A_WORD = 0.0005  # of a chance: below, a part is told as 0.0 points


@dataclass(frozen=True)
class Part:
    """What moves a chance, in a sentence, and by what share of 1."""

    text: str
    share: float


@dataclass(frozen=True)
class TierChance:
    """What may come of one tier. `expected` is None where the worth is not known."""

    tier: str
    title: str
    basis: Basis
    chance: Decimal
    worth: Decimal | None
    expected: Decimal | None
    parts: tuple[Part, ...] = ()
    usual: Decimal | None = None  # the chance of an account that is usual in everything; None for points


@dataclass(frozen=True)
class Ranked:
    """An account with all that may come of it; the tiers with the most expected money first."""

    account_id: str
    tiers: tuple[TierChance, ...]

    @property
    def expected(self) -> Decimal | None:
        """Over all tiers: what is expected adds up. By points only the best one counts, for these are no chances: an
        account is one conversation. None where nothing is known."""
        known = [one.expected for one in self.tiers if one.expected is not None and one.basis != "points"]
        points = [one.expected for one in self.tiers if one.expected is not None and one.basis == "points"]
        return sum(known, Decimal(0)) + max(points, default=Decimal(0)) if known or points else None


def tier_chance(
    tier: str,
    title: str,
    basis: Basis,
    chance: float | Decimal,
    worth: Decimal | None,
    parts: Sequence[Part] = (),
    usual: float | None = None,
) -> TierChance:
    """Expected money is exact for the chance that is told: who multiplies what is shown gets what is shown."""
    told = _told(chance)
    expected = None if worth is None else to_cents(Fraction(worth) * Fraction(told))
    return TierChance(tier, title, basis, told, worth, expected, tuple(parts), None if usual is None else _told(usual))


def ranked(found: Mapping[str, Sequence[TierChance]]) -> list[Ranked]:
    """Accounts by expected money, unknown last, then by id; those with no tier are left out."""
    every = [Ranked(account, tuple(sorted(tiers, key=_first))) for account, tiers in found.items() if tiers]
    return sorted(every, key=lambda one: (one.expected is None, -(one.expected or 0), one.account_id))


def parts_of(model: Model, values: Floats, row: int, parts: Mapping[str, Floats], usual: Floats) -> tuple[Part, ...]:
    """The parts of one row that move its chance most. A group is told by its feature that is furthest from usual in the
    direction in which the group moves it.

    `values`, `parts`: of all rows; `usual`: the mean of each column.
    """
    most = sorted(parts, key=lambda name: (-abs(float(parts[name][row])), name))[:SHOWN]
    told = (_part(model, name, float(parts[name][row]), values[row], usual) for name in most)
    return tuple(part for part in told if part is not None)


def _part(model: Model, group: str, share: float, row: Floats, usual: Floats) -> Part | None:
    places = [place for place, feature in enumerate(model.features) if feature.group == group]
    known = [place for place in places if not np.isnan(row[place])]
    if not known or abs(share) < _WORTH_A_WORD:
        return None
    adds = model.learner.adds(row[None, :], {str(place): [place] for place in known})
    place = max(known, key=lambda one: (float(adds[str(one)][0]) * np.sign(share), -one))
    feature: Feature = model.features[place]
    return Part(said(feature, float(row[place]), float(usual[place])), share)


def _told(chance: float | Decimal) -> Decimal:
    """Never nought: it is rounded to the least that can be told."""
    exact = chance if isinstance(chance, Decimal) else Decimal(repr(float(chance)))
    return max(exact.quantize(_PLACES), _PLACES)


def _first(one: TierChance) -> tuple[object, ...]:
    return (one.expected is None, -(one.expected or 0), one.tier)
