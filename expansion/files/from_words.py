"""Where a pull reads the rows of a map by itself: a table or a query of a warehouse, or files."""

from __future__ import annotations

import re

from pydantic import Field, model_validator

from expansion.language.model.fields import SpanField, Strict

_READS = re.compile(r"\s*(?:--[^\n]*\n\s*|/\*.*?\*/\s*)*(?:SELECT|WITH|\()", re.IGNORECASE | re.DOTALL)


class From(Strict):
    """The words of `from:`."""

    connection: str = "warehouse"  # EXPANSION_WAREHOUSE_URL; others by their name in EXPANSION_WAREHOUSE_URLS
    table: str | None = Field(None, min_length=1)
    query: str | None = None
    files: str | list[str] | None = None
    cursor: str | None = Field(None, min_length=1)  # a column that only grows; left out: all rows are read each time
    overlap: SpanField | int | None = None  # how far back rows are read again, for those that came late
    whole_every: SpanField | None = None  # when all rows are read again, for those that changed without a word

    @model_validator(mode="after")
    def _one_place(self) -> From:
        given = [word for word in ("table", "query", "files") if getattr(self, word) is not None]
        if len(given) != 1:
            raise ValueError("say one of `table`, `query` and `files`")
        if self.files is not None and ("connection" in self.model_fields_set or self.cursor is not None):
            raise ValueError("`files` are read as a whole, and have no `connection` and no `cursor`")
        if self.query is not None and not _READS.match(self.query):
            raise ValueError("`query` only reads: it begins with SELECT or WITH")
        for word in ("overlap", "whole_every"):
            if getattr(self, word) is not None and self.cursor is None:
                raise ValueError(f"`{word}` goes with `cursor`: without it all rows are read each time")
        if isinstance(self.overlap, int) and self.overlap < 0:
            raise ValueError("`overlap` is 0 or more")
        return self


__all__ = ["From"]
