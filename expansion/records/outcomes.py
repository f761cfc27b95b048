"""What an account came to buy more of, or less, as a value: whether it was told, or follows from what is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

Kind = Literal["expansion", "contraction"]


@dataclass(frozen=True)
class OutcomeRecord:
    """One outcome. `amount` is what a year is worth of it, and never below nothing: `kind` says in which direction."""

    account_id: str
    kind: Kind
    at: datetime  # when it became so
    tier: str | None  # of policy.yaml; None: nobody says which
    amount: Decimal | None
    currency: str | None
    source: str  # "salesforce.won_opportunity", "fact arr", "event Plan Upgraded", "expansion.outcome"
    remote_id: str  # its own in that source
    known_at: datetime  # an earlier moment does not see it
    called: str | None = None  # in the source's own word: "Upsell"
    reason: str | None = None  # as a person gave it

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from every other."""
        return self.source, self.remote_id


@dataclass(frozen=True)
class Told:
    """What became of outcomes that were told."""

    new: int = 0
    changed: int = 0  # told otherwise than before
    gone: int = 0  # no longer so
    repeats: int = 0

    def __str__(self) -> str:
        parts = [f"{self.new:,} new"]
        parts += [f"{self.changed:,} changed"] if self.changed else []
        parts += [f"{self.gone:,} no longer so"] if self.gone else []
        return ", ".join(parts)


__all__ = ["Kind", "OutcomeRecord", "Told"]
