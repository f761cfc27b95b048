"""In whose name people act: the account that all events of a person name.

It is taken for theirs where nobody says whose they are; who acts in several belongs to none of them by that alone.
"""

from __future__ import annotations

from datetime import UTC

from expansion.usage.identity.former_ids import former_ids
from expansion.usage.identity.merges import merges_said
from expansion.usage.identity.renaming import Renaming
from expansion.usage.storage.store import UsageStore


def acting_for(store: UsageStore) -> dict[str, str | None]:
    """The account that all stored events of a person name; None where there are several."""
    con, manifest = store.connect(), store.manifest()
    if not manifest.segments:
        return {}
    people = store.files(segment.people_file for segment in manifest.segments)
    if said := merges_said(store, manifest):
        by = max(max(one.at, one.known_at) for one in said).replace(tzinfo=UTC)
        people = Renaming.on(con, former_ids(said, by)).rows(people)
    return dict(
        con.execute(
            "SELECT user_id, CASE WHEN min(account_id) = max(account_id) THEN min(account_id) END "
            f"FROM {people} WHERE user_id <> '' AND account_id <> '' GROUP BY user_id"
        ).fetchall()
    )
