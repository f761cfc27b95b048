"""Who sends, and with what: the same for what is due and for what a dead run left behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from expansion.contract import Action, Piece
from expansion.deliver.judging import Judge, Patience
from expansion.ledger.store import Ledger
from expansion.records.ledger import ClaimedStep

# Renewed before each batch, and the end of it: once its first two thirds are over, no call of the batch goes out. The
# last third is left to the call that is under way then: that may wait for its turn (Budget.patience, a minute for each
# of two limits) and for its answer (two minutes at most, however slowly it comes).
LEASE = timedelta(minutes=15)

ToPiece = Callable[[ClaimedStep], Piece]


@dataclass(frozen=True)
class Office:
    """One process that settles steps in its own name.

    `to_piece` makes a claimed step into a piece; it raises `Refused` where that cannot be done.
    """

    ledger: Ledger
    actions: Mapping[str, Action]  # of the systems that are connected
    to_piece: ToPiece
    now: Callable[[], datetime]
    holder: str
    lease: timedelta = LEASE
    patience: Patience = field(default_factory=Patience)

    def judge(self, action: Action) -> Judge:
        """Somebody to say what the replies of this action mean for its steps."""
        return Judge(action, self.patience, self.now)
