"""The two ways in which a score is learned: a plain regularised model, and trees that are boosted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, cast

import numpy as np

from expansion.measure.calibration import Flags, Floats

# Values beyond the first and the last hundredth of an account's kind count as those: one crawler or one odd import
# moves no coefficient.
CAPS = (1.0, 99.0)


@contextmanager
def one_thread() -> Iterator[None]:
    """Learning on one thread: sums come out the same each time, and on a busy machine threads that wait for each other
    made it twenty times slower (measured, two cores). It holds for libraries that are loaded, so they are loaded first.
    """
    import sklearn.ensemble
    import sklearn.linear_model  # noqa: F401
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        yield


class Learner(Protocol):
    """Log-odds for rows, and what each group of columns adds to them."""

    @property
    def scale(self) -> Scale: ...

    def margin(self, values: Floats) -> Floats: ...

    def usual(self) -> float:
        """The log-odds of an account that is usual in everything."""
        ...

    def adds(self, values: Floats, groups: Mapping[str, Sequence[int]]) -> dict[str, Floats]:
        """What each group of columns adds to the log-odds of each row, against an account that is usual in it."""
        ...


@dataclass(frozen=True)
class Scale:
    """Each column capped, then in standard deviations from its mean. What is not known is usual: nought."""

    low: Floats
    high: Floats
    mean: Floats
    deviation: Floats

    @classmethod
    def of(cls, values: Floats) -> Scale:
        """The scale of these rows; a column that says nothing becomes noughts."""
        known = np.where(np.isnan(values).all(axis=0), 0.0, values)
        low, high = np.nanpercentile(known, CAPS, axis=0)
        capped = np.clip(known, low, high)
        mean, deviation = np.nanmean(capped, axis=0), np.nanstd(capped, axis=0)
        # A flag that is rare is all cap: it is kept as it is.
        flat = (low == high) & (np.nanmax(known, axis=0) > np.nanmin(known, axis=0))
        if flat.any():
            rare = known[:, flat]
            low[flat], high[flat] = np.nanmin(rare, axis=0), np.nanmax(rare, axis=0)
            mean[flat], deviation[flat] = np.nanmean(rare, axis=0), np.nanstd(rare, axis=0)
        return cls(low, high, mean, np.where(deviation > 1e-12, deviation, np.inf))

    def __call__(self, values: Floats) -> Floats:
        scaled = (np.clip(values, self.low, self.high) - self.mean) / self.deviation
        return cast(Floats, np.nan_to_num(scaled, nan=0.0))


@dataclass(frozen=True)
class Linear:
    """Logistic regression with an L2 penalty on standardised, capped columns."""

    scale: Scale
    weights: Floats
    constant: float

    @classmethod
    def fit(cls, values: Floats, happened: Flags, scale: Scale, strength: float) -> Linear:
        """`strength`: how much the data weigh against the penalty, C of scikit-learn."""
        from sklearn.linear_model import LogisticRegression

        found = LogisticRegression(C=strength, max_iter=2_000).fit(scale(values), happened)
        return cls(scale, np.asarray(found.coef_[0]), float(found.intercept_[0]))

    def margin(self, values: Floats) -> Floats:
        return self.scale(values) @ self.weights + self.constant

    def usual(self) -> float:
        return self.constant

    def adds(self, values: Floats, groups: Mapping[str, Sequence[int]]) -> dict[str, Floats]:
        scaled = self.scale(values) * self.weights
        return {name: scaled[:, list(places)].sum(axis=1) for name, places in groups.items()}


@dataclass(frozen=True)
class Boosted:
    """Gradient-boosted trees, small and slow to learn: there are hundreds of expansions, not millions."""

    scale: Scale
    trees: Any

    @classmethod
    def fit(cls, values: Floats, happened: Flags, scale: Scale, seed: int) -> Boosted:
        from sklearn.ensemble import HistGradientBoostingClassifier

        trees = HistGradientBoostingClassifier(
            learning_rate=0.05,
            max_iter=120,
            max_leaf_nodes=8,
            min_samples_leaf=40,
            l2_regularization=1.0,
            early_stopping=False,
            random_state=seed,
        )
        return cls(scale, trees.fit(scale(values), happened))

    def margin(self, values: Floats) -> Floats:
        return self._margin(self.scale(values))

    def usual(self) -> float:
        return float(self._margin(np.zeros((1, len(self.scale.mean))))[0])

    def adds(self, values: Floats, groups: Mapping[str, Sequence[int]]) -> dict[str, Floats]:
        """By putting what is usual in place of a group. What several groups do together belongs to none of them, and is
        left out."""
        scaled = self.scale(values)
        whole, found = self._margin(scaled), {}
        for name, places in groups.items():
            without = scaled.copy()
            without[:, list(places)] = 0.0
            found[name] = whole - self._margin(without)
        return found

    def _margin(self, scaled: Floats) -> Floats:
        return cast(Floats, self.trees.decision_function(scaled))
