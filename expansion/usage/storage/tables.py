"""Tables of files: what the rows of files are rows of. An id is one of its table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from expansion.usage.storage.spans import Spans

MOST_TOLD = 10_000  # rows that are listed one by one


@dataclass(frozen=True)
class Table:
    """A table, as the map of its files describes it."""

    name: str
    update: bool = False  # a row takes the place of the one that is stored under its id
    late_after: str | None = None  # how old its newest event may be, `40 days`; None: as policy.yaml says
    covers: Spans | None = None  # for when the files hold all there was, beside what their events tell


@dataclass(frozen=True)
class OtherRow:
    """A row whose id stands for another row: of its table as it is stored, or of the same files."""

    file: int
    line: int
    event_id: str


class OfFile(NamedTuple):
    """What became of the rows of one file."""

    stored: int = 0  # those that took the place of another among them
    repeats: int = 0
    differing: int = 0  # under the id of another row
    updated: int = 0  # that took the place of another


@dataclass(frozen=True)
class Stored:
    """What became of a batch of events.

    Of files, `rows`, `duplicates` and `differing` together are all that were offered. Of what was pulled, the first of
    an id counts and the others are duplicates; `differing` says how many ids stood for several different events.
    """

    rows: int  # stored, those that took the place of another among them
    duplicates: int
    differing: int = 0
    updated: int = 0  # that took the place of another
    by_file: Mapping[int, OfFile] = field(default_factory=dict)
    other_rows: tuple[OtherRow, ...] = ()  # the first of those that differ
