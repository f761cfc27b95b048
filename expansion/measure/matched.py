"""Accounts that did something beside accounts that did not, at the same time and of the same size.

Large accounts do more of everything and expand more often: compared all together, whatever they do looks like a reason.
So accounts are compared inside strata (a moment and a band of size), and what the strata say is put together
(Mantel-Haenszel: Mantel and Haenszel 1959, JNCI 22; the interval is that of Greenland and Robins 1985, Biometrics 41).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from expansion.evaluate.numbers import Array, Flags

_BAND = 50  # accounts: in smaller bands of size hardly any stratum has both sides
_BANDS = 20
_FEW = 5  # expansions on both sides together, below which no lift is printed
_Z = 1.959964  # 95 %


@dataclass(frozen=True)
class Rows:
    """Accounts at moments: each with its stratum, and whether it expanded in the time after."""

    stratum: Array
    account: Array
    moment: Array
    expanded: Flags

    @classmethod
    def of(cls, moment: Array, account: Array, size: Array, expanded: Flags) -> tuple[Rows, Array]:
        """Sorted by stratum, so that sums over strata are cheap; and in which order that puts what lies beside."""
        stratum = strata(moment, size)
        order = np.argsort(stratum, kind="stable")
        return cls(stratum[order], account[order], moment[order], expanded[order]), order

    def part(self, kept: Flags) -> Rows:
        return Rows(self.stratum[kept], self.account[kept], self.moment[kept], self.expanded[kept])


def strata(moment: Array, size: Array) -> Array:
    """A number for each moment and band of size: as many bands as leave some fifty accounts in each, at most twenty."""
    found = np.zeros(len(moment), dtype=np.int64)
    for one in np.unique(moment):
        those = np.flatnonzero(moment == one)
        bands = int(np.clip(len(those) // _BAND, 1, _BANDS))
        rank = np.empty(len(those), dtype=np.int64)
        rank[np.argsort(size[those], kind="stable")] = np.arange(len(those))
        found[those] = int(one) * _BANDS + rank * bands // len(those)
    return found


@dataclass(frozen=True)
class Compared:
    """Of each behaviour: how many account-months showed it, how many of them expanded, how much likelier that was."""

    showed: Array
    came: Array
    lift: Array  # NaN: too few to say
    low: Array
    high: Array
    p: Array  # how often chance alone would give as much, or more


def compared(rows: Rows, shown: Array) -> Compared:
    """`shown`: rows x behaviours, in the order of the rows."""
    starts = np.flatnonzero(np.diff(rows.stratum, prepend=-1))
    n = np.diff(np.append(starts, len(rows.stratum))).astype(float)[:, None]
    bought = rows.expanded[:, None]
    n1 = np.add.reduceat(shown, starts, axis=0, dtype=np.float64)
    m1 = np.add.reduceat(bought, starts, axis=0, dtype=np.float64)
    a = np.add.reduceat(shown & bought, starts, axis=0, dtype=np.float64)
    return _put_together(n, n1, m1, a, _spread_by_account(rows, shown, n, n1, m1))


def _put_together(n: Array, n1: Array, m1: Array, a: Array, by_account: Array) -> Compared:
    n0, c = n - n1, m1 - a
    expected = (n1 * m1 / n).sum(axis=0)
    by_stratum = (n1 * n0 * m1 * (n - m1) / (n * n * np.maximum(n - 1, 1))).sum(axis=0)
    with_it, without = (a * n0 / n).sum(axis=0), (c * n1 / n).sum(axis=0)
    showed, came = n1.sum(axis=0), a.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        lift = with_it / without
        spread = ((m1 * n1 * n0 - a * c * n) / (n * n)).sum(axis=0) / (with_it * without)
        off = np.exp(_Z * np.sqrt(spread))
        z = (came - expected) / np.sqrt(np.maximum(by_stratum, by_account))
    few = (with_it <= 0) | (without <= 0) | (m1.sum() < _FEW)
    lift = np.where(few, np.nan, lift)
    normal = stats.norm.sf(np.nan_to_num(z, nan=-np.inf, posinf=-np.inf))
    rare = stats.poisson.sf(came - 1, np.maximum(expected, 1e-9))  # where few are expected, a normal tail is too thin
    return Compared(showed, came, lift, lift / off, lift * off, np.maximum(normal, rare))


def _spread_by_account(rows: Rows, shown: Array, n: Array, n1: Array, m1: Array) -> Array:
    """The spread of what came beyond chance, where months of one account hang together."""
    sizes = n[:, 0].astype(np.int64)
    usual = np.repeat((m1 / n)[:, 0], sizes)
    share = np.repeat(n1 / n, sizes, axis=0)
    pulls = (shown - share) * (rows.expanded - usual)[:, None]
    order = np.argsort(rows.account, kind="stable")
    starts = np.flatnonzero(np.diff(rows.account[order], prepend=-1))
    return np.asarray((np.add.reduceat(pulls[order], starts, axis=0) ** 2).sum(axis=0))


def false_share(p: Sequence[float] | Array) -> Array:
    """For each of all that was tried: the share of false ones among it and what is surer (Benjamini-Yekutieli).

    Windows of one event hang together, and events of one account too, in both directions; this holds whatever hangs
    together, at the price of a factor (the sum of 1 / k: 8 at 1,000 tried).
    """
    return np.asarray(stats.false_discovery_control(np.asarray(p), method="by"))
