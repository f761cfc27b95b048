"""What a map says of how to read files, where looking at them would not tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class ReadWords:
    """The words of `read:`. What is None is told by looking."""

    sheet: str | None = None
    encoding: str | None = None
    separator: str | None = None
    quote: str | None = None
    heading_line: int | None = None
    columns: Sequence[str] | None = None
    rows_at: str | None = None
