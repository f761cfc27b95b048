"""Records in collections of 200: one call, a result for each, and another attempt for those that were locked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from expansion.contract import Failure, Refused, Reply, TryLater
from integrations._batches import chunks, halved
from integrations._salesforce_errors import SYSTEM
from integrations.base import RetryPolicy

T = TypeVar("T")

COLLECTION = 200  # records per call: REST API, sObject Collections


def in_collections(
    retry: RetryPolicy,
    items: Sequence[T],
    send: Callable[[Sequence[T]], Any],
    reply: Callable[[T, Mapping[str, Any]], Reply],
    *,
    repeatable: bool,
) -> list[Reply]:
    """One reply per item, in order. `send` makes one call; `reply` reads one record's result."""

    def some(part: Sequence[T]) -> list[Reply]:
        sending = _Sending(part, send, reply)
        try:
            retry.run(sending.attempt, repeatable=repeatable)
        except Failure as failure:
            return sending.replies_after(failure)
        return sending.replies

    return [one for part in chunks(items, COLLECTION) for one in halved(part, some)]


class _Sending(Generic[T]):
    """A collection on its way: each attempt sends what has no final reply yet."""

    def __init__(
        self,
        items: Sequence[T],
        send: Callable[[Sequence[T]], Any],
        reply: Callable[[T, Mapping[str, Any]], Reply],
    ) -> None:
        self._items, self._send, self._reply = items, send, reply
        self._waiting = list(range(len(items)))
        self._answered = False
        self._unsure = False  # an attempt broke off: what has no reply after it may be done
        self.replies: list[Reply] = [TryLater("not sent yet") for _ in items]

    def attempt(self) -> None:
        try:
            results = _results(self._send([self._items[i] for i in self._waiting]), len(self._waiting))
        except Failure as failure:
            self._unsure = self._unsure or failure.maybe_done
            raise
        self._answered = True
        for i, result in zip(self._waiting, results, strict=True):
            self.replies[i] = self._reply(self._items[i], result)
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


def _results(reply: Any, count: int) -> list[Mapping[str, Any]]:
    if not isinstance(reply, list) or len(reply) != count or not all(isinstance(one, dict) for one in reply):
        raise TryLater(f"{SYSTEM} answered for other records than were sent", maybe_done=True)
    return reply
