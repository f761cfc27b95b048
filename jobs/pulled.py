"""One thing to ask one source for, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Pull:
    """One thing to ask one source for."""

    source: str  # "salesforce.account"
    what: Literal["facts", "people", "cohort", "events", "merges", "outcomes", "table"]
    names: tuple[str, ...]  # fields; the cohort; the account property of events; the map of a table

    @property
    def title(self) -> str:
        own = ", ".join(self.names) or "(no map)"
        return f"{self.source} {own}" if self.what in ("cohort", "table") else f"{self.source} {self.what}"


@dataclass(frozen=True)
class Pulled:
    """What came of a pull. A `problem` is one sentence; what was read before it is stored."""

    pull: Pull
    stored: int = 0
    repeats: int = 0
    rejects: int = 0  # rows that could not be read, and that no earlier pull had said so of
    report: str | None = None
    problem: str | None = None
    whose: str = "settings"  # or "their system", or "this program"
    notes: tuple[str, ...] = ()  # worth a look
    changed: int = 0  # rows of a table that took the place of what was stored of them


class Stopped(Exception):
    """The run was told to stop while a source was being read."""


__all__ = ["Pull", "Pulled", "Stopped"]
