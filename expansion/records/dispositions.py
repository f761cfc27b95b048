"""What people said of a firing: they take it, they want to be left alone with it for a while, it is useful or not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from expansion.calendar.spans import day_text, local_date
from expansion.contract import Disposition

ANSWER = ".answer-"  # in the id of a step that shows what people have answered, whether its episode is over or not


@dataclass(frozen=True)
class DispositionRecord:
    """One as it stands in the ledger."""

    id: int
    firing_id: int
    step_key: str | None  # of the message that it was said about
    trigger: str
    account_id: str
    kind: str
    reason: str | None
    by: str  # in the words of the source: `U024BE7LH`
    email: str | None
    called: str
    at: datetime
    until: datetime | None
    source: str
    remote_id: str

    @property
    def who(self) -> str:
        """As people know them."""
        return self.email or self.called or self.by


@dataclass(frozen=True)
class Answered:
    """What became of one: written down; a repeat of what was said before; somebody else was quicker; of nothing."""

    what: Literal["new", "repeat", "taken", "unknown"]
    record: DispositionRecord | None = None  # what stands now; of a claim that came too late, the other one's


@dataclass(frozen=True)
class Snooze:
    """An account that is left alone by one trigger until then."""

    account_id: str
    until: datetime
    who: str

    def told(self, zone: ZoneInfo) -> str:
        return f"{self.who} snoozed it until {day_text(local_date(self.until, zone))}"


def standing(said: Iterable[DispositionRecord]) -> list[DispositionRecord]:
    """What holds of all that was said of a firing: each person's last word on each matter, in the order of time."""
    last: dict[tuple[str, str], DispositionRecord] = {}
    for one in sorted(said, key=lambda each: each.id):
        last[_matter(one.kind), one.by] = one
    return sorted(last.values(), key=lambda each: each.id)


def is_said(said: Iterable[DispositionRecord], new: Disposition) -> DispositionRecord | None:
    """What this person said last of the matter, if it is the same."""
    for one in standing(said):
        if one.by == new.by and _matter(one.kind) == _matter(new.kind):
            same = (one.kind, one.reason) == (new.kind, new.reason)
            longer = one.until is not None and new.until is not None and new.until > one.until
            return one if same and not longer else None
    return None


def _matter(kind: str) -> str:
    return "verdict" if kind in ("useful", "not_useful") else kind
