"""How a vendor says anything but yes, in its own words: faults play it, and tests hold what becomes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Answer:
    """A whole reply. `maybe`: it leaves open whether what was asked is done all the same."""

    status: int = 503
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    maybe: bool = False

    def fault(self) -> dict[str, Any]:
        """The fault that plays it."""
        return {"status": self.status, "body": self.body, "headers": dict(self.headers)}


@dataclass(frozen=True)
class Answers:
    """All kinds of them."""

    later: tuple[Answer, ...]  # busy, too fast, down, locked: every way that the vendor publishes
    no_access: Answer  # to a token that is not good any more
    refused: Answer  # of this one request, for good
