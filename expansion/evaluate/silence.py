"""Sources of facts that have not answered for longer than is expected: what they told is not known any more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from expansion.usage.storage.marks import silent


@dataclass(frozen=True)
class Silence:
    """By source, how old its last answer may be; and when that was."""

    lags: Mapping[str, timedelta] = field(default_factory=dict)
    last_answer: Callable[[str], datetime | None] = lambda source: None

    def mark(self, source: str, moment: datetime) -> str | None:
        """What stands for every value of a source at a moment; None where it answered in time, or never had to."""
        lag = self.lags.get(source)
        last = self.last_answer(source) if lag is not None else None
        if lag is None or last is None or moment <= last + lag:
            return None
        return silent(last.astimezone(UTC).replace(tzinfo=None))


__all__ = ["Silence"]
