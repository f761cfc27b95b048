"""Finds what is made from itself: facts of facts, cohorts of cohorts, triggers of triggers."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

N = TypeVar("N", bound=Hashable)


def circles(parts: Mapping[N, Iterable[N]]) -> Iterator[list[N]]:
    """Each way from a name back to itself, without the return; of circles that share a name only the first."""
    seen: set[N] = set()
    for name in parts:
        circle = _circle(name, parts)
        if circle and not seen & set(circle):
            seen.update(circle)
            yield circle


def told(circle: Sequence[str]) -> str:
    """A circle as a sentence."""
    way = " -> ".join(f"`{one}`" for one in [*circle, circle[0]])
    return f"`{circle[0]}` is made from itself: {way}"


def _circle(start: N, parts: Mapping[N, Iterable[N]]) -> list[N] | None:
    ways = [[start]]
    seen: set[N] = set()
    while ways:
        way = ways.pop()
        for part in parts.get(way[-1], ()):
            if part == start:
                return way
            if part not in seen:
                seen.add(part)
                ways.append([*way, part])
    return None
