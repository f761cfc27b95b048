"""What every way to read a table has in common: row by row as text, whatever holds it; nothing is written anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import pyarrow as pa

from expansion.files.from_words import From
from expansion.tables.marks import Seen

TOGETHER = 50_000  # rows of a batch, where the rows come one by one


class ReadTable(Protocol):
    """A table or a query, open. Whatever breaks is a TryLater, a NoAccess or a Refused."""

    def look(self) -> Seen:
        """What it is now. Asked once, before its rows."""
        ...

    def batches(self, since: str | None) -> Iterator[Sequence[pa.Array]]:
        """Its rows, each column as text: those from this value of the cursor on and those without one, or all."""
        ...

    def writes(self) -> list[str] | None:
        """What its user may do to the table beyond reading; None where that is not told."""
        ...

    def close(self) -> None: ...


def trimmed(place: From) -> str:
    """A query without what ends it: it is put into brackets."""
    assert place.query is not None, "asked of queries"
    return place.query.strip().rstrip(";").rstrip()


__all__ = ["TOGETHER", "ReadTable", "trimmed"]
