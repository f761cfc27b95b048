"""Rows of files, as SQL can read them once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from expansion.files.read.found import FoundFile


@dataclass(frozen=True)
class Rows:
    """Rows of files that are laid out alike.

    `relation` is SQL that can be read once; it gives

    - `file`: the place of the row's file in `files`, an INTEGER;
    - `line`: where the row begins, a BIGINT from 1 on; of a table that has no lines, the row's number;
    - `broken`: why it is no row, or NULL; `text`: a broken row as it came, else NULL;
    - the cells, `c0`, `c1` and so on, one for each of `columns`, as text or as `types` says; where `columns` is None,
      `row`: the text of a JSON object.

    A file that shows only while it is read that it cannot be used is in `problems` afterwards, and none of its rows may
    be kept. Where DuckDB fails while it reads, `damaged` tells whether the files are to blame: then nothing of these
    Rows may be kept, and the files come again, each by itself, the damaged ones as Unusable.
    """

    relation: str
    files: tuple[FoundFile, ...]
    columns: tuple[str, ...] | None
    types: Mapping[str, str] = field(default_factory=dict)
    counted: Callable[[], Mapping[int, int]] = dict
    problems: Callable[[], Mapping[int, str]] = dict
    damaged: Callable[[Exception], bool] = lambda error: False


@dataclass(frozen=True)
class Unusable:
    """A file of which no row can be had, and why."""

    file: FoundFile
    sentence: str
