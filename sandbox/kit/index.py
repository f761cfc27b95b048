"""Finds documents by a value of theirs, at once: with ten thousand of them a walk through all takes its time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.kit.state import State

Doc = dict[str, Any]


class Index:
    """The documents of one collection by `value_of`. One that was not told of a change notices by the count."""

    def __init__(self, state: State, collection: str, value_of: Callable[[Doc], str]) -> None:
        self._state, self._collection, self._value_of = state, collection, value_of
        self._ids: dict[str, dict[str, None]] = {}
        self._known: set[str] = set()

    def find(self, value: str) -> list[Doc]:
        """Those that have the value now."""
        if len(self._known) != self._state.count(self._collection):
            self._ids, self._known = {}, set()
            for key, doc in self._state.items(self._collection):
                self.note(key, doc)
        found = [self._state.get(self._collection, key) for key in self._ids.get(value, ())]
        return [doc for doc in found if doc is not None and self._value_of(doc) == value]

    def note(self, key: str, doc: Doc) -> None:
        """It was written."""
        self._known.add(key)
        self._ids.setdefault(self._value_of(doc), {})[key] = None
