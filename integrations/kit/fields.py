"""Sets fields of a system's own record of the account, many records a call. Setting them twice is the same as once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from expansion.contract import Failure, Piece, Refused, Reply
from integrations.kit.batches import in_calls, rounds
from integrations.kit.declare import ActionBase
from integrations.kit.retry import RetryPolicy


@dataclass(frozen=True)
class Change:
    """What is set on one record."""

    number: int  # of its piece: two pieces may change one record
    record: str  # its id in that system
    fields: Mapping[str, Any]  # as they are sent


class SetsFields(ActionBase):
    """The vendor's side writes `learn`, `record`, `written` and `write`."""

    repeatable = True
    retry: RetryPolicy

    def learn(self) -> None:
        """Of what types the fields are; asked once. Raises a Failure."""
        raise NotImplementedError

    def record(self, piece: Piece) -> str:
        """The id of the account's record. Raises Refused where it is not known."""
        raise NotImplementedError

    def written(self, piece: Piece) -> Mapping[str, Any]:
        """The fields as they are sent, each of its type. Raises Refused where one cannot be."""
        raise NotImplementedError

    def write(self, changes: Sequence[Change]) -> list[Reply]:
        """Make the changes in one call, a reply for each. Raises a Failure where the call as a whole failed."""
        raise NotImplementedError

    def deliver(self, pieces: Sequence[Piece]) -> list[Reply]:
        if not pieces:
            return []
        try:
            self.learn()
        except Failure as failure:
            failure.maybe_done = False  # only looked up so far
            return [failure for _ in pieces]
        replies: dict[int, Reply] = {}
        changes: list[Change] = []
        for number, piece in enumerate(pieces):
            try:
                changes.append(Change(number, self.record(piece), self.written(piece)))
            except Refused as refusal:
                replies[number] = refusal
        replies |= self._sent(changes)
        return [replies[number] for number in range(len(pieces))]

    def _sent(self, changes: Sequence[Change]) -> dict[int, Reply]:
        """A reply by number. Two changes of one record go in two calls, in their order: vendors refuse twins."""
        replies: dict[int, Reply] = {}
        for some in rounds(changes, self.batch, same=lambda change: change.record):
            made = in_calls(self.retry, some, self.batch, self.write, repeatable=True)
            replies |= {change.number: reply for change, reply in zip(some, made, strict=True)}
        return replies
