"""Events as a source downloads them: lines of JSON, in pieces of whole lines, not yet taken apart.

A source that has such lines says how nearly all of them are written; those are read many at a time, in SQL. Each other
line is read by the source itself, so that both ways have to mean the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from expansion.contract import EventRow

Column = Sequence[str | None]


@dataclass(frozen=True)
class PlainLine:
    """How nearly all lines are written: where each thing stands in the object of a line, as a JSON pointer.

    A line is plain where `time` and `received_at` are whole numbers, `account` is a text, a whole number or a list of
    one text, all others are texts or nothing, and nothing in it can be read in two ways.
    """

    keys: tuple[str, ...]  # of the object, in this order, and no other
    event: str
    time: str
    received_at: str
    account: str
    user: str
    properties: str
    reserved: frozenset[str]  # names in `properties` that are the source's own bookkeeping, and no properties
    nobody: str  # how a user begins who is no person
    known_by: tuple[str, ...]  # what an id is made of: `ids` takes a column of texts for each of these
    ids: Callable[..., Column]  # nothing, where a line has to be read by the source
    formerly: tuple[str, ...]  # the same of ids under which the events may be stored already
    former_ids: Callable[..., Column]
    # Of clocks on a wall: each second from which on their times are so many seconds later than UTC; of times before the
    # first, and from the last on, only the source can tell. Empty: times are of UTC.
    offsets: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class EventLines:
    """The lines of one pull. `blocks` gives whole lines, and can be asked for once."""

    blocks: Callable[[], Iterator[bytes]]
    rows: Callable[[bytes], Sequence[EventRow] | None]  # of one line; None: it is no event
    ended: Callable[[int, int], None]  # when all were read: how many there were, and how many of them were no events
    plain: PlainLine | None = None  # None: every line is read by the source

    def events(self) -> Iterator[EventRow]:
        """The events, line by line. What the source has to say at the end is raised there."""
        read = bad = 0
        for block in self.blocks():
            for line in lines_of(block):
                rows = self.rows(line)
                read, bad = read + 1, bad + (rows is None)
                yield from rows or ()
        self.ended(read, bad)


def lines_of(block: bytes) -> Iterator[bytes]:
    """The lines of a block, none of them empty."""
    return (line for line in block.split(b"\n") if line.strip())


__all__ = ["Column", "EventLines", "PlainLine", "lines_of"]
