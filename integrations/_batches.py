"""Cutting work into the calls a vendor takes, and keeping one bad piece from stopping the others."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import TypeVar

from expansion.contract import Failure, Refused, Reply

T = TypeVar("T")


def chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """The items in their order, at most `size` at a time."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def rounds(items: Sequence[T], size: int, same: Callable[[T], Hashable]) -> Iterator[list[T]]:
    """As chunks, but none holds two items for which `same` is equal: vendors refuse two changes of one record."""
    waiting = list(items)
    while waiting:
        taken: dict[Hashable, T] = {}
        left: list[T] = []
        for item in waiting:
            if len(taken) < size and same(item) not in taken:
                taken[same(item)] = item
            else:
                left.append(item)
        yield list(taken.values())
        waiting = left


def halved(items: Sequence[T], send: Callable[[Sequence[T]], list[Reply]]) -> list[Reply]:
    """One reply per item. Where the vendor refuses the call as a whole, halve it until the item at fault stands alone.

    A malformed date in one of 200 records makes Salesforce refuse all 200; the same goes for HubSpot's properties.
    """
    if not items:
        return []
    try:
        return send(items)
    except Refused as refusal:
        if len(items) == 1 or refusal.maybe_done:
            return [refusal for _ in items]
        middle = len(items) // 2
        return halved(items[:middle], send) + halved(items[middle:], send)
    except Failure as failure:
        return [failure for _ in items]
