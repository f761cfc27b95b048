"""What is known of a file before it is read: how it is laid out, and what gives its rows."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from expansion.files.read.row_batches import RowBatches
from expansion.files.read.whole import Whole


@dataclass(frozen=True)
class Plan:
    """A file, and how its rows come. Files of one `key` are laid out alike and can be read as one.

    `batches` gives the rows; where it is None, DuckDB reads the file itself. `told` is for people: how it is read.
    """

    whole: Whole
    key: Hashable
    columns: tuple[str, ...] | None
    cells: tuple[tuple[str, Any], ...]
    batches: Callable[[RowBatches], Iterator[pa.RecordBatch]] | None
    types: Mapping[str, str] = field(default_factory=dict)
    told: Mapping[str, Any] = field(default_factory=dict)
