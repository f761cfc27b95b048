"""Who is among the largest of those who have something in common."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from fractions import Fraction

import numpy as np

from expansion.evaluate.fact_values import FactColumn
from expansion.evaluate.logic import Answers, from_bool
from expansion.evaluate.numbers import Array, Numbers, compare

Peers = FactColumn | Numbers | None  # what they have in common; None: nothing, all are peers


def top_answers(own: Numbers, peers: Peers, everyone: Numbers, everyones: Peers, share: Fraction) -> Answers:
    """Yes where fewer than this share of the peers (itself among them) have a larger number, and it is above zero.

    Peers whose own number is not known are left out. Where the number or what is in common is not known, or numbers may
    be larger than was seen, it cannot be told.
    """
    groups: dict[Hashable, int] = {}
    mine, my_group = _groups(peers, groups, len(own.known))
    theirs, their_group = _groups(everyones, groups, len(everyone.known))
    ranks, my_ranks = _ranks(everyone, own)
    counted = theirs & everyone.known
    # By group, then by number: how many of a group are larger is told by two places in this order.
    width = int(max(ranks.max(initial=0), my_ranks.max(initial=0))) + 1
    order = np.sort(their_group[counted] * width + ranks[counted])
    end = np.searchsorted(order, (my_group + 1) * width, side="left")
    begin = np.searchsorted(order, my_group * width, side="left")
    larger = end - np.searchsorted(order, my_group * width + my_ranks, side="right")
    among = larger * share.denominator < (end - begin) * share.numerator
    known = own.known & mine & ~np.full(len(own.known), own.least or everyone.least)
    return from_bool(among & (compare(own, Fraction(0)) > 0), known)


def _groups(peers: Peers, groups: dict[Hashable, int], size: int) -> tuple[Array, Array]:
    """Whether it is known what each has in common with others, and a number for it."""
    if peers is None:
        return np.ones(size, dtype=bool), np.zeros(size, dtype=np.int64)
    if isinstance(peers, FactColumn):
        numbers = np.array([groups.setdefault(value, len(groups)) for value in peers.values], dtype=np.int64)
        return peers.known, numbers[peers.codes]
    values = [peers.at(place) for place in range(size)]
    known = peers.known & (not peers.least)
    return known, np.array([groups.setdefault(value, len(groups)) for value in values], dtype=np.int64)


def _ranks(everyone: Numbers, own: Numbers) -> tuple[Array, Array]:
    """The places of both in the order of all numbers; the same number has the same place."""
    if isinstance(everyone.den, int) and isinstance(own.den, int) and everyone.den == own.den:
        different = np.unique(np.concatenate([everyone.num, own.num]))
        return np.searchsorted(different, everyone.num), np.searchsorted(different, own.num)
    values = [_fractions(everyone), _fractions(own)]
    place = {value: rank for rank, value in enumerate(sorted({*values[0], *values[1]}))}
    ranks, own_ranks = (np.array([place[value] for value in some], dtype=np.int64) for some in values)
    return ranks, own_ranks


def _fractions(numbers: Numbers) -> Sequence[Fraction]:
    return [numbers.at(place) or Fraction(0) for place in range(len(numbers.known))]
