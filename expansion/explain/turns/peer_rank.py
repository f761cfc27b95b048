"""Where one stands among its peers: who is compared, and how many have a larger number."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np

from expansion.evaluate.engine import Engine
from expansion.evaluate.fact_values import FactColumn
from expansion.evaluate.numbers import Flags, Numbers, compare
from expansion.evaluate.tree import Test


@dataclass(frozen=True)
class PeerRank:
    """One subject among the peers of a test with `among_top`, at a point."""

    engine: Engine
    test: Test
    index: int
    point: int = 0

    @property
    def place(self) -> tuple[int, int] | None:
        """Its rank, and among how many; None where it cannot be told."""
        own = self.engine.number(self.test.measure, self.point).at(self.index)
        if own is None or self.counted is None:
            return None
        larger = int((self.counted & (compare(self.everyone, own) > 0)).sum())
        return larger + 1, int(self.counted.sum())

    @property
    def edge(self) -> Fraction | None:
        """The least number with which it would be among the top, if that is above zero; None where any such is."""
        assert self.counted is not None, "asked where the peers are known"
        share = self.test.wanted.value
        may_be_larger = -(-self.counted.sum() * share.numerator // share.denominator) - 1
        others = self.counted.copy()
        subject = self.engine.subjects.ids[self.index]
        if (own := self.engine.population.subjects.index.get(subject)) is not None:
            others[own] = False
        if may_be_larger >= others.sum():
            return None
        edge = _largest(self.everyone, others, int(may_be_larger))
        return edge if edge > 0 else None

    @cached_property
    def everyone(self) -> Numbers:
        return self.engine.population.number(self.test.measure, self.point)

    @cached_property
    def counted(self) -> Flags | None:
        """Who is compared, itself among them; None where it cannot be told."""
        if self.everyone.least:
            return None
        same = self._same()
        return None if same is None else same & self.everyone.known

    def _same(self) -> Flags | None:
        """Who has the same in common."""
        theirs = self.engine.population.peers(self.test.peers, self.point)
        mine = self.engine.peers(self.test.peers, self.point)
        if mine is None or theirs is None:
            return np.ones(len(self.everyone.known), dtype=bool)
        if isinstance(mine, FactColumn) and isinstance(theirs, FactColumn):
            value = mine.value(self.index)
            return None if value is None else theirs.where(lambda other: bool(other == value))
        assert isinstance(mine, Numbers) and isinstance(theirs, Numbers), "everybody has the same kind of thing"
        number = mine.at(self.index)
        if number is None or mine.least or theirs.least:
            return None
        equal: Flags = theirs.known & (compare(theirs, number) == 0)
        return equal


def _largest(numbers: Numbers, some: Flags, place: int) -> Fraction:
    """The largest number of some but so many."""
    if isinstance(numbers.den, int):
        num = np.sort(numbers.num[some])[::-1][place]
        return Fraction(int(num), numbers.den)
    found = sorted((numbers.at(one) or Fraction(0) for one in np.flatnonzero(some).tolist()), reverse=True)
    return found[place]
