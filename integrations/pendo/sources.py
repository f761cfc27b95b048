"""What Pendo knows of accounts, and which of them are in a segment."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from expansion.contract import CohortMembers, FactRecord, Failure, NotThere, Refused, Wanted
from expansion.usage.forms.cells import as_id
from integrations.kit.accounts import one_each
from integrations.kit.declare import Finding, SourceBase
from integrations.kit.shapes import reads
from integrations.kit.units import misfits
from integrations.pendo.client import Client
from integrations.pendo.schema import Schema, place

log = logging.getLogger(__name__)


@reads("Pendo")
class AccountSource(SourceBase):
    """Metadata of accounts: `custom.plan`, `agent.plan`, `auto.lastvisit`."""

    name = "pendo.account"
    title = "Metadata of accounts in Pendo"
    gives = frozenset({"facts"})
    full = frozenset({"facts"})

    def __init__(self, client: Client) -> None:
        self._client = client

    def facts(self, fields: Sequence[str]) -> Iterator[FactRecord]:
        return self._records(self._client.schema(), fields)

    def wanted(self, wanted: Wanted) -> Iterator[FactRecord]:
        """A field whose type has changed in Pendo is named by every pull."""
        schema = self._client.schema()
        yield from self._records(schema, wanted.fields)
        for finding in _misfits(schema, wanted):
            log.warning("Pendo: %s; %s", finding.what, finding.remedy)

    def contradictions(self, wanted: Wanted) -> list[Finding]:
        try:
            return list(_misfits(self._client.schema(), wanted))
        except Failure as failure:
            return [Finding("fields that facts.yaml names", False, str(failure))]

    def _records(self, schema: Schema, fields: Sequence[str]) -> Iterator[FactRecord]:
        """Nothing is yielded before all is read."""
        if missing := [field for field in fields if place(field) not in schema]:
            named = " and ".join(f"`{field}`" for field in missing)
            raise NotThere(f"Pendo has no field {named} of accounts; it has {schema.shown()}", missing)
        rows = self._client.accounts()
        if not rows:
            raise Refused("Pendo, reading accounts: there is not one; check PENDO_INTEGRATION_KEY and PENDO_REGION")
        found = one_each("Pendo", "accountId", ((row["accountId"], row) for row in rows), record="accountId")
        yield from (FactRecord(self.name, account, {}, is_twice=True) for account in found.twice)
        for account, row in found.once.items():
            values = {field: _value(schema, row, field) for field in fields}
            yield FactRecord(self.name, account, values, remote_id=str(row["accountId"]))


@reads("Pendo")
class SegmentSource(SourceBase):
    """The accounts of a segment's visitors, as Pendo works it out at each question."""

    name: ClassVar[str] = "pendo.segment"
    title: ClassVar[str] = "Accounts of the visitors in a Pendo segment"
    gives: ClassVar[frozenset[str]] = frozenset({"cohorts"})

    def __init__(self, client: Client) -> None:
        self._client = client

    def cohort(self, name: str) -> CohortMembers:
        rows = self._client.accounts_in(self._client.segment_id(name))
        accounts = frozenset(account for row in rows if (account := as_id(row["accountId"])))
        return CohortMembers(self.name, name, accounts)


def _misfits(schema: Schema, wanted: Wanted) -> Iterator[Finding]:
    for field, kinds in wanted.kinds.items():
        yield from misfits(field, schema.holds(place(field)), kinds)


def _value(schema: Schema, row: Mapping[str, Any], field: str) -> object:
    """None where this account has none."""
    group, name = place(field)
    fields = (row.get("metadata") or {}).get(group) or {}
    return schema.read((group, name), fields.get(name))
