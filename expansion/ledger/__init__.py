"""Remembers what fired and what was done about it, so that everything happens once.

`open_ledger(url)` gives a `Ledger`; `Holder` is the process that claims steps in it.
"""

from expansion.decide.firing import OpenEpisode, step_key
from expansion.ledger.database import LedgerError
from expansion.ledger.holders import Holder, is_alive
from expansion.ledger.records import (
    Attempt,
    ClaimedStep,
    DueAction,
    FiringFilter,
    FiringRecord,
    Recorded,
    RunRecord,
    StepFilter,
    StepRecord,
    Verdict,
)
from expansion.ledger.store import Ledger, open_ledger

__all__ = [
    "Attempt",
    "ClaimedStep",
    "DueAction",
    "FiringFilter",
    "FiringRecord",
    "Holder",
    "Ledger",
    "LedgerError",
    "OpenEpisode",
    "Recorded",
    "RunRecord",
    "StepFilter",
    "StepRecord",
    "Verdict",
    "is_alive",
    "open_ledger",
    "step_key",
]
