"""Changing a task that an earlier step made, once, and never one that a person has worked on.

Each attempt reads the tasks right before it writes: one that carries our note has been changed already, one that
somebody has touched is left alone and said to be, one that is gone needs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from expansion.contract import Done, Failure, Made, Piece, Reply, Standing, TryLater
from expansion.fields import Inputs
from expansion.follow.inputs import ChangeTask, reference
from integrations.kit.batches import rounds
from integrations.kit.declare import ActionBase
from integrations.kit.retry import RetryPolicy

GONE = "the task is not there any more, so nothing was changed"


@dataclass(frozen=True)
class Now:
    """A task as it is: how it stands, its notes, and what else the vendor's side needs for writing."""

    standing: Standing
    notes: str = ""
    link: str | None = None
    row: Any = None


def standings(read: Callable[[Sequence[Made]], list[Now]], made: Sequence[Made]) -> list[Standing | Failure]:
    """How the tasks stand, in order; where they cannot be read, the failure of each."""
    try:
        return [now.standing for now in read(made)]
    except Failure as failure:
        return [failure for _ in made]


class ChangesTasks(ActionBase):
    """The vendor's side writes `read` and `write`."""

    input_model = ChangeTask
    repeatable = True
    follows = True
    made_with: type[Inputs]  # the input of the action that makes the tasks
    retry: RetryPolicy

    def read(self, made: Sequence[Made]) -> list[Now]:
        """The tasks as they are, in order. Raises a Failure."""
        raise NotImplementedError

    def write(self, changes: Sequence[tuple[Piece, Now]]) -> list[Reply]:
        """Make the changes, a reply for each. Raises a Failure where the call as a whole failed."""
        raise NotImplementedError

    def deliver(self, pieces: Sequence[Piece]) -> list[Reply]:
        replies: dict[str, Reply] = {}
        # Two changes of one task: the second has to read what the first has written.
        for some in rounds(pieces, self.batch, same=lambda piece: change_of(piece).remote_id):
            changing = _Changing(self, some)
            try:
                # What broke off is not repeated at once: a slow system may write it after we have read the task again.
                self.retry.run(changing.attempt, repeatable=False)
            except Failure as failure:
                changing.give_up(failure)
            replies |= changing.replies
        return [replies[piece.key] for piece in pieces]


@dataclass
class _Changing:
    """Changes on their way: each attempt reads and writes what has no final reply yet."""

    action: ChangesTasks
    waiting: list[Piece]
    replies: dict[str, Reply] = field(default_factory=dict)
    unsure: bool = False  # an attempt may have written before it broke off

    def attempt(self) -> None:
        tasks = self.action.read([change_of(piece).as_made(self.action.made_with) for piece in self.waiting])
        changes = []
        for piece, now in zip(self.waiting, tasks, strict=True):
            if settled := _settled(piece, now):
                self.replies[piece.key] = settled
            else:
                changes.append((piece, now))
        try:
            made = self.action.write(changes) if changes else []
        except Failure as failure:
            self.unsure = self.unsure or failure.maybe_done
            raise
        self.replies |= {piece.key: reply for (piece, _), reply in zip(changes, made, strict=True)}
        later = {key: reply for key, reply in self.replies.items() if isinstance(reply, TryLater)}
        self.unsure = self.unsure or any(reply.maybe_done for reply in later.values())
        self.waiting = [piece for piece in self.waiting if piece.key in later]
        for reply in later.values():
            raise reply

    def give_up(self, failure: Failure) -> None:
        failure.maybe_done = failure.maybe_done or self.unsure
        for piece in self.waiting:
            self.replies[piece.key] = failure


def change_of(piece: Piece) -> ChangeTask:
    return cast(ChangeTask, piece.input)


def said(change: ChangeTask) -> str:
    """What a change did, for the ledger."""
    did = [word for word, yes in (("closed", change.close), ("given to somebody else", change.assign_to)) if yes]
    return f"{' and '.join([*did, 'a note added'])}: {change.note}"


def _settled(piece: Piece, now: Now) -> Done | None:
    """The reply where nothing is to be written."""
    change = change_of(piece)
    if not now.standing.there:
        return Done(change.remote_id, None, GONE)
    if reference(piece.key) in now.notes:
        return Done(change.remote_id, now.link, said(change), already=True)
    if now.standing.touched:
        return Done(change.remote_id, now.link, f"left alone: {now.standing.touched}")
    return None
