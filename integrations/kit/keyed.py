"""Makes a thing once: it carries our key and is looked up by it, and one that is there already is left alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from expansion.contract import Done, Failure, Piece, Refused, Reply, TryLater
from integrations.kit.declare import ActionBase


@dataclass
class Draft:
    """A thing about to be made for a piece."""

    piece: Piece
    record: dict[str, Any]  # as it is sent, but for the key
    note: str | None = None  # what people should know of it


D = TypeVar("D", bound=Draft)


class Keyed(Generic[D]):
    """The things of one kind that carry our key. The vendor's side writes `existing`, `link` and `make`; or `create`,
    where several are made in one call."""

    taken: type[Failure] | None = None  # what `make` raises where a thing with our key is there already

    def existing(self, pieces: Sequence[Piece]) -> dict[str, str]:
        """The ids of the things that are there already, by key. Raises a Failure."""
        raise NotImplementedError

    def make(self, draft: D) -> str:
        """The id of the new thing. Raises a Failure."""
        raise NotImplementedError

    def create(self, drafts: Sequence[D]) -> list[Reply]:
        """One reply per draft, in order."""
        return [self._one(draft) for draft in drafts]

    def link(self, thing: str) -> str | None:
        """Where a person sees it."""
        raise NotImplementedError

    def done(self, thing: str, *, already: bool = False, note: str | None = None) -> Done:
        return Done(thing, self.link(thing), note, already)

    def find(self, pieces: Sequence[Piece]) -> list[Done | Failure | None]:
        """What became of them, in order. Raises a Failure where nobody can tell of any."""
        there = self.existing(pieces)
        return [self.done(there[piece.key], already=True) if piece.key in there else None for piece in pieces]

    def look(self, drafts: Sequence[D]) -> list[Reply | None]:
        """Those that are there, before a call that broke off is repeated; with what people should know of them."""
        there = self.existing([draft.piece for draft in drafts])
        return [
            self.done(there[d.piece.key], already=True, note=d.note) if d.piece.key in there else None for d in drafts
        ]

    def _one(self, draft: D) -> Reply:
        try:
            return self.done(self.make(draft), note=draft.note)
        except Failure as failure:
            return self._by_an_earlier_attempt(draft, failure) if isinstance(failure, self.taken or ()) else failure

    def _by_an_earlier_attempt(self, draft: D, taken: Failure) -> Reply:
        """One of which no reply came; where it cannot be seen, it is there all the same."""
        try:
            [found] = self.look([draft])
        except Failure as unseen:
            unseen.maybe_done = True
            return unseen
        return found or TryLater(f"{taken}, and cannot be seen yet", maybe_done=True)


class MakesOnce(ActionBase, Generic[D]):
    """Looks up what is there, and makes the rest. The vendor's side writes `draft`."""

    def __init__(self, keyed: Keyed[D]) -> None:
        self._keyed = keyed

    def draft(self, piece: Piece) -> D:
        """Raises Refused where it cannot be made, and another Failure where that cannot be told."""
        raise NotImplementedError

    def there(self, pieces: Sequence[Piece]) -> dict[str, str]:
        """The ids of what needs not be made any more, by key. Raises a Failure."""
        return self._keyed.existing(pieces)

    def deliver(self, pieces: Sequence[Piece]) -> list[Reply]:
        if not pieces:
            return []
        single = {piece.key: piece for piece in pieces}  # vendors refuse a call that holds a key twice
        try:
            there = self.there(list(single.values()))
            drafts, replies = self._drafts([piece for key, piece in single.items() if key not in there])
        except Failure as failure:
            failure.maybe_done = False  # only looked up so far
            return [failure for _ in pieces]
        replies |= {key: self._keyed.done(thing, already=True) for key, thing in there.items()}
        replies |= {d.piece.key: r for d, r in zip(drafts, self._keyed.create(drafts), strict=True)}
        return [replies[piece.key] for piece in pieces]

    def find(self, pieces: Sequence[Piece]) -> list[Done | Failure | None]:
        if not pieces:
            return []
        try:
            return self._keyed.find(pieces)
        except Failure as failure:
            return [failure for _ in pieces]

    def _drafts(self, pieces: Sequence[Piece]) -> tuple[list[D], dict[str, Reply]]:
        """What can be made, and the refusals of what cannot."""
        drafts: list[D] = []
        refused: dict[str, Reply] = {}
        for piece in pieces:
            try:
                drafts.append(self.draft(piece))
            except Refused as refusal:
                refused[piece.key] = refusal
        return drafts, refused
