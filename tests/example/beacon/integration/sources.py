"""What Beacon knows of an account."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from expansion.contract import FactRecord, NotThere, Refused
from integrations.kit.accounts import one_each
from integrations.kit.declare import SourceBase
from integrations.kit.said import moment
from integrations.kit.shapes import reads
from tests.example.beacon.integration.client import Client

KEY = "external_id"  # the product's own id of an account


@reads("Beacon")
class AccountSource(SourceBase):
    """Fields of accounts: `health_score`, `open_risks`, and what the workspace has added."""

    name = "beacon.account"
    title = "Health score and open risks of an account in Beacon"
    gives = frozenset({"facts"})
    full = frozenset({"facts"})

    def __init__(self, client: Client) -> None:
        self._client = client

    def facts(self, fields: Sequence[str]) -> Iterator[FactRecord]:
        """Nothing is yielded before all is read."""
        rows = self._client.accounts()
        if not rows:
            raise Refused("Beacon, reading accounts: there is not one; check BEACON_TOKEN and BEACON_REGION")
        _must_have(rows, fields)
        found = one_each("Beacon", KEY, ((row[KEY], row) for row in rows), record="id")
        yield from (FactRecord(self.name, account, {}, is_twice=True) for account in found.twice)
        for account, row in found.once.items():
            values = {field: row.get(field) for field in fields}
            yield FactRecord(self.name, account, values, remote_id=str(row["id"]), at=moment(row.get("updated_at")))


def _must_have(rows: Sequence[dict[str, Any]], fields: Sequence[str]) -> None:
    """Beacon sends a field that is empty, and leaves out one that it does not have."""
    known = {field for row in rows for field in row}
    if missing := [field for field in fields if field not in known]:
        named = " and ".join(f"`{field}`" for field in missing)
        raise NotThere(f"Beacon has no field {named} of accounts; it has {', '.join(sorted(known))}", missing)
