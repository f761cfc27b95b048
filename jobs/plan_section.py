"""A heading with sentences and a table: what a plan is told in, on a terminal and in a pull request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

SHOWN = 25  # accounts of one list: a pull request is read, not searched


@dataclass(frozen=True)
class Section:
    """A heading with sentences and a table below it."""

    title: str
    lines: tuple[str, ...] = ()
    rows: tuple[Mapping[str, str], ...] = ()
    after: tuple[str, ...] = ()  # below the table
