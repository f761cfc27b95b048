"""Cutting work into the calls a vendor takes, and keeping one bad piece from stopping the others."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Generic, TypeVar

from expansion.contract import Failure, Refused, Reply, TryLater
from integrations.kit.retry import RetryPolicy
from integrations.kit.shapes import reading

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


def in_calls(
    retry: RetryPolicy,
    items: Sequence[T],
    size: int,
    send: Callable[[Sequence[T]], list[Reply]],
    *,
    repeatable: bool,
    look: Callable[[Sequence[T]], list[Reply | None]] | None = None,
) -> list[Reply]:
    """One reply per item, in order. `send` makes one call for up to `size` items and reads a reply for each.

    An item whose own reply is TryLater (a locked row) is sent again without the others, as the policy says. `look` says
    what is there; it is asked before a call that broke off is repeated, so that an upsert does not write over what a
    person has changed meanwhile.
    """

    def some(part: Sequence[T]) -> list[Reply]:
        sending = _Sending(part, send, look)
        try:
            retry.run(sending.attempt, repeatable=repeatable)
        except Failure as failure:
            return sending.replies_after(failure)
        return sending.replies

    return [one for part in chunks(items, size) for one in halved(part, some)]


def halved(items: Sequence[T], send: Callable[[Sequence[T]], list[Reply]]) -> list[Reply]:
    """One reply per item. Where the vendor refuses the call as a whole, halve it until the item at fault stands alone.

    A malformed date in one of 200 records makes Salesforce refuse all 200; the same goes for HubSpot's properties.
    """
    try:
        return send(items)
    except Refused as refusal:
        if len(items) == 1:
            return [refusal]
        middle = len(items) // 2
        return halved(items[:middle], send) + halved(items[middle:], send)


class _Sending(Generic[T]):
    """A call on its way: each attempt sends what has no final reply yet."""

    def __init__(
        self,
        items: Sequence[T],
        send: Callable[[Sequence[T]], list[Reply]],
        look: Callable[[Sequence[T]], list[Reply | None]] | None,
    ) -> None:
        self._items, self._send, self._look = items, send, look
        self._waiting = list(range(len(items)))
        self._answered = False
        self._unsure = False  # an attempt broke off: what has no reply after it may be done
        self.replies: list[Reply] = [TryLater("not sent yet")] * len(items)

    def attempt(self) -> None:
        if self._unsure and self._look:
            found = self._look([self._items[i] for i in self._waiting])
            there = {i: reply for i, reply in zip(self._waiting, found, strict=True) if reply is not None}
            self._waiting = [i for i in self._waiting if i not in there]
            for i, reply in there.items():
                self.replies[i] = reply
        if not self._waiting:
            return
        try:
            with reading("the system", wrote=True):
                made = self._send([self._items[i] for i in self._waiting])
        except Failure as failure:
            self._unsure = self._unsure or failure.maybe_done
            raise
        self._answered = True
        for i, reply in zip(self._waiting, made, strict=True):
            self.replies[i] = reply
        later = {i: reply for i in self._waiting if isinstance(reply := self.replies[i], TryLater)}
        self._waiting = list(later)
        for reply in later.values():
            raise reply

    def replies_after(self, failure: Failure) -> list[Reply]:
        """The replies, the failure standing for those that never got one; raised where the call itself was refused."""
        if isinstance(failure, Refused) and not self._answered and not self._unsure:
            raise failure
        if not any(failure is reply for reply in self.replies):
            for i in self._waiting:
                self.replies[i] = failure
        for i in self._waiting:
            waiting = self.replies[i]
            if self._unsure and isinstance(waiting, Failure):
                waiting.maybe_done = True
        return self.replies
