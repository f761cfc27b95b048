"""Accounts that were merged in Salesforce: records that lost lie in the recycle bin, and name the one that was kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from expansion.contract import Merge
from expansion.usage.forms.cells import as_id
from integrations.kit.batches import chunks
from integrations.kit.declare import SourceBase
from integrations.kit.said import moment
from integrations.kit.shapes import reads
from integrations.salesforce.fields import account_key
from integrations.salesforce.values import moment_text

if TYPE_CHECKING:
    from integrations.salesforce.client import Client

_IDS = 200  # in one query: its text may have 16,384 characters in an address


@reads("Salesforce")
class MergedAccountSource(SourceBase):
    """By `MasterRecordId` of deleted accounts, which only the resource QueryAll shows.

    Of the losing record the product's account id is read as it was. Where it had none, or the record that was kept took
    it over, what was pulled of the record before says whose it was.
    """

    name = "salesforce.merged"
    title = "Accounts that were merged in Salesforce"
    gives = frozenset({"merges"})

    def __init__(self, client: Client, key_field: str) -> None:
        self._client, self._key_field = client, key_field

    def merges(self, since: datetime | None) -> Iterator[Merge]:
        """Nothing is given before all is read. The recycle bin keeps a record for 15 days."""
        key = account_key(self._client, self._key_field)
        later = f" AND SystemModstamp >= {moment_text(since)}" if since else ""
        lost = self._client.query(
            f"SELECT Id, MasterRecordId, SystemModstamp, {key} FROM Account "  # noqa: S608
            f"WHERE IsDeleted = true AND MasterRecordId != null{later}",
            deleted=True,
        )
        kept = self._kept({str(row["MasterRecordId"]) for row in lost}, key)
        once = {str(row["Id"]): row for row in lost}
        for row in sorted(once.values(), key=lambda each: (str(each["SystemModstamp"]), str(each["Id"]))):
            at, now = moment(row["SystemModstamp"]), kept.get(str(row["MasterRecordId"]))
            if now and at:
                yield from self._of(row, as_id(row[key] or ""), now, at)

    def _of(self, row: Mapping[str, Any], was: str, now: str, at: datetime) -> Iterator[Merge]:
        if not was:
            yield Merge(self.name, "account", str(row["Id"]), now, at, by_record=True)
        elif was.casefold() != now.casefold():  # Salesforce itself takes texts that differ in case for one
            yield Merge(self.name, "account", was, now, at)
        yield Merge(self.name, "account", str(row["MasterRecordId"]), now, at, by_record=True)

    def _kept(self, ids: Iterable[str], key: str) -> dict[str, str]:
        """The product's account id of the records that were kept; of those that were merged on as well."""
        found: dict[str, str] = {}
        for some in chunks(sorted(ids), _IDS):
            named = ", ".join(f"'{one}'" for one in some if one.isalnum())
            rows = self._client.query(f"SELECT Id, {key} FROM Account WHERE Id IN ({named})", deleted=True)  # noqa: S608
            found |= {str(row["Id"]): account for row in rows if (account := as_id(row[key] or ""))}
        return found
