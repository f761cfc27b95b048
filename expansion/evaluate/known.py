"""Which accounts there are, for a system that lists none and has to be asked for each."""

from __future__ import annotations

from datetime import datetime

from expansion.evaluate.relations import StoreRelations
from expansion.usage.storage.store import UsageStore


def known_accounts(store: UsageStore, now: datetime) -> tuple[str, ...]:
    """All that ever had an event or a fact, by the ids that they have now."""
    stored = StoreRelations.of(store, now)
    rows = stored.con.execute(f"SELECT DISTINCT account_id FROM {stored.accounts()} ORDER BY 1").fetchall()
    return tuple(account for (account,) in rows)
