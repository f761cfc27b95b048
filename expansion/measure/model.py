"""A chance of expanding within the window, learned from history: where history is enough, and only what held later.

A plain regularised model comes first. Boosted trees take its place only where they beat it on later history than both
were learned from, by more than noise; and neither is used where it does not beat the base rate there. Both are judged
across a gap as long as the window, so that no expansion stands on both sides; what is kept is learned anew from all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from expansion.measure.calibration import (
    LEAST,
    BetaCalibration,
    Flags,
    Floats,
    Held,
    calibration_error,
    held,
    sigmoid,
    top,
)
from expansion.measure.features import Feature
from expansion.measure.learners import Boosted, Learner, Linear, Scale, one_thread
from expansion.measure.panel import Panel, Places

LEAST_EXPANSIONS = 50  # different ones; below, chances follow the accident of who was among them
_LEAST_EARLIER, _LEAST_LATER = 30, 10  # of them before and after the gap
_LATER = 1 / 3  # of the moments, the last ones, judge what the others taught
_FOLDS = 5
_STRENGTHS = (0.001, 0.01, 0.1)
_SURE = 1.96  # standard errors by which a difference is more than noise

Fit = Callable[[Panel, Scale], Learner]


@dataclass(frozen=True)
class TooLittle:
    """Why no chance can be stood behind, and what would help: one sentence each."""

    why: str
    helps: str


@dataclass(frozen=True)
class Judged:
    """What was said of later history than was learned from, and what came of it."""

    first: datetime  # the moments that were judged
    last: datetime
    expansions: int
    all: Held
    top_tenth: Held
    error: float  # expected calibration error
    boosted_gains: float | None  # in log-loss; None where it was not tried


@dataclass(frozen=True)
class Model:
    """Chances for rows, and the parts that they are made of."""

    learner: Learner
    calibration: BetaCalibration
    features: tuple[Feature, ...]
    judged: Judged
    expansions: int  # that it was learned from
    rows: int
    likely: float  # the share of rows that an expansion followed

    @property
    def is_boosted(self) -> bool:
        return isinstance(self.learner, Boosted)

    def chances(self, values: Floats) -> Floats:
        return self.calibration.chances(sigmoid(self.learner.margin(values)))

    def usual(self) -> float:
        """The chance of an account that is usual in everything."""
        return float(self.calibration.chances(sigmoid(np.array([self.learner.usual()])))[0])

    def parts(self, values: Floats) -> dict[str, Floats]:
        """What each group of features adds to the chance of each row, as a share of 1; they add up to its chance less
        the usual one. The chance bends, so that each part is its share of the log-odds, along the way from usual."""
        groups: dict[str, list[int]] = {}
        for place, feature in enumerate(self.features):
            groups.setdefault(feature.group, []).append(place)
        adds = self.learner.adds(values, groups)
        slope = self._slope(values, sum(adds.values(), np.zeros(len(values))))
        return {name: added * slope for name, added in adds.items()}

    def _slope(self, values: Floats, added: Floats) -> Floats:
        """Chance for each of the log-odds that were added, from the usual account to each row."""
        whole = self.chances(values) - self.usual()
        near = np.abs(added) < 1e-3
        return np.asarray(np.where(near, 0.0, whole / np.where(near, 1.0, added)))


def learn(panel: Panel, window: timedelta, *, seed: int = 0) -> Model | TooLittle:
    """What history teaches, or why it teaches too little."""
    with one_thread():
        return _learned(panel, window, seed)


def _learned(panel: Panel, window: timedelta, seed: int) -> Model | TooLittle:
    if (missing := _missing(panel, window)) is not None:
        return missing
    earlier, later = _split(panel, window)
    if (missing := _missing_beside_the_gap(earlier, later, window)) is not None:
        return missing
    strength = _strength(earlier)
    plain, boosted = _plain(strength), _boosted(seed)
    said = {fit: _calibrated(earlier, fit, later.values) for fit in (plain, boosted)}
    better, gain = _gain(said[plain], said[boosted], later)
    chosen = boosted if better else plain
    base = np.full(later.rows, earlier.happened.mean())
    if not _gain(base, said[chosen], later)[0]:
        return TooLittle(
            f"what earlier months taught did not hold in later ones ({later.expansions:,} expansions after "
            f"{_day(later.moments[int(later.moment.min())])}): the chances were no better than the same one for all",
            "name in facts.yaml what your sellers look at, such as seats, limits and plans, and measure again",
        )
    judged = _judged(said[chosen], later, gain)
    learner, calibration = _whole(panel, chosen)
    likely = float(panel.happened.mean())
    return Model(learner, calibration, panel.features, judged, panel.expansions, panel.rows, likely)


def _missing(panel: Panel, window: timedelta) -> TooLittle | None:
    if not panel.rows:
        return TooLittle(
            f"no moment of the history has a whole window of {window.days} days after it",
            f"wait until {window.days} days of history are in, or import older events and facts",
        )
    if panel.expansions < LEAST_EXPANSIONS:
        return TooLittle(
            f"{_expansions(panel.expansions)} followed a moment that is known, and {LEAST_EXPANSIONS} are needed",
            "tell more of what was won: `expansion outcome`, a CRM's won deals, or a file",
        )
    if panel.happened.all():
        return TooLittle(
            "every account expanded: there is nothing to tell them apart by",
            "bring in the accounts that bought nothing, too",
        )
    return None


def _split(panel: Panel, window: timedelta) -> tuple[Panel, Panel]:
    """The last moments, and those whose window was over by then: between them lies a gap as long as the window."""
    count = max(1, round(len(panel.moments) * _LATER))
    first = len(panel.moments) - count
    begins = panel.moments[first]
    over = np.array([moment + window <= begins for moment in panel.moments])
    return panel.of(over[panel.moment]), panel.of(panel.moment >= first)


def _missing_beside_the_gap(earlier: Panel, later: Panel, window: timedelta) -> TooLittle | None:
    if earlier.expansions >= _LEAST_EARLIER and later.expansions >= _LEAST_LATER and not later.happened.all():
        return None
    return TooLittle(
        f"split in time with a gap of {window.days} days, {_expansions(earlier.expansions)} came early enough to learn "
        f"from and {later.expansions:,} to judge by; {_LEAST_EARLIER} and {_LEAST_LATER} are needed",
        "a longer history helps: import older events, facts and outcomes",
    )


def _plain(strength: float) -> Fit:
    return lambda rows, scale: Linear.fit(rows.values, rows.happened, scale, strength)


def _boosted(seed: int) -> Fit:
    return lambda rows, scale: Boosted.fit(rows.values, rows.happened, scale, seed)


def _strength(panel: Panel) -> float:
    """How strong the penalty is: what tells best about accounts that were not learned from; of equals the strongest."""
    losses = {
        strength: float(_losses(sigmoid(_of_others(panel, _plain(strength))), panel.happened).mean())
        for strength in _STRENGTHS
    }
    return min(losses, key=lambda strength: (round(losses[strength], 6), strength))


def _of_others(panel: Panel, fit: Fit) -> Floats:
    """Log-odds of every row by what the rows of other accounts taught. An account is never on both sides: its rows are
    so alike that it would only be remembered."""
    found, fold, scale = np.zeros(panel.rows), _folds(panel), Scale.of(panel.values)
    for each in range(_FOLDS):
        others = panel.of(fold != each)
        found[fold == each] = fit(others, scale).margin(panel.values[fold == each])
    return found


def _folds(panel: Panel) -> Places:
    """The fold of each row: accounts in turn, those that expanded spread evenly."""
    ever = np.zeros(int(panel.account.max()) + 1, dtype=bool)
    ever[panel.account[panel.happened]] = True
    order = np.argsort(~ever, kind="stable")
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order)) % _FOLDS
    return np.asarray(place[panel.account])


def _calibrated(panel: Panel, fit: Fit, values: Floats) -> Floats:
    """Chances for other rows."""
    learner, calibration = _whole(panel, fit)
    return calibration.chances(sigmoid(learner.margin(values)))


def _whole(panel: Panel, fit: Fit) -> tuple[Learner, BetaCalibration]:
    """Learned from all rows, and calibrated by what the others taught about each."""
    return fit(panel, Scale.of(panel.values)), BetaCalibration.fit(sigmoid(_of_others(panel, fit)), panel.happened)


def _gain(was: Floats, now: Floats, later: Panel) -> tuple[bool, float]:
    """By how much log-loss falls from one to the other, and whether by more than noise: accounts are what vary, and
    the rows of one are taken together."""
    gains = _losses(was, later.happened) - _losses(now, later.happened)
    mean = float(gains.mean())
    by_account = np.bincount(later.account, weights=gains - mean)
    count = len(np.unique(later.account))
    error = float(np.sqrt((by_account**2).sum() * count / max(count - 1, 1)) / later.rows)
    return mean > _SURE * error, mean


def _losses(chances: Floats, happened: Flags) -> Floats:
    inside = np.clip(chances, LEAST, 1 - LEAST)
    return -np.log(np.where(happened, inside, 1 - inside))


def _judged(chances: Floats, later: Panel, gain: float) -> Judged:
    happened = later.happened
    return Judged(
        later.moments[int(later.moment.min())],
        later.moments[int(later.moment.max())],
        later.expansions,
        held(chances, happened),
        top(chances, happened, 0.1),
        calibration_error(chances, happened),
        gain,
    )


def _expansions(count: int) -> str:
    return "no expansion" if not count else "1 expansion" if count == 1 else f"{count:,} expansions"


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"


__all__ = ["LEAST_EXPANSIONS", "Judged", "Model", "TooLittle", "learn"]
