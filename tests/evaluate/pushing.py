"""An event as serve takes it: written down, then heard and answered by the resident evaluator."""

from __future__ import annotations

from datetime import datetime

from expansion.contract import EventRow
from expansion.evaluate.results import Answers
from expansion.react.resident import Resident
from expansion.usage.pushed.journal import Journal


def take(resident: Resident, row: EventRow, now: datetime) -> dict[str, Answers]:
    """What the triggers answer about its account then."""
    Journal(resident.store.root).append([row])
    taken = resident.hear([row], now)
    assert not taken.refused, taken.refused
    whose = resident.whose(str(row.account_id or ""), str(row.user_id or ""))
    assert whose is not None, "it was taken in"
    return resident.answer(*whose, now)
