"""Companies that were merged in HubSpot: the one that is there names the records that it was."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from expansion.contract import Merge, TryLater
from expansion.usage.forms.cells import as_id
from integrations.hubspot import meanings as errors
from integrations.hubspot.client import following
from integrations.hubspot.companies import key_property
from integrations.kit.declare import SourceBase
from integrations.kit.pages import every_page
from integrations.kit.said import moment
from integrations.kit.shapes import reads

if TYPE_CHECKING:
    from integrations.hubspot.client import Client

SYSTEM = errors.SYSTEM
MERGED = "hs_merged_object_ids"
FOUND = 200  # on a page of a search: developers.hubspot.com, "CRM search"
_NUMBER = re.compile(r"\d+")


@reads("HubSpot")
class MergedCompanySource(SourceBase):
    """By `hs_merged_object_ids`. A merge of HubSpot leaves nothing to read of the former records, often not even the id
    of the primary one: whose they were is known from what was pulled of them before.
    """

    name = "hubspot.merged"
    title = "Companies that were merged in HubSpot"
    gives = frozenset({"merges"})

    def __init__(self, client: Client, key_property: str) -> None:
        self._client, self._key = client, key_property

    def merges(self, since: datetime | None) -> Iterator[Merge]:
        """All that there are, each time: when it was is told of none, so it counts from when the company was last
        updated, as it was first seen. Nothing is given before all is read."""
        key = key_property(self._key, self._client.properties("companies"))
        once = {str(row["id"]): row for row in self._merged(key)}
        found = [one for _, row in sorted(once.items()) for one in self._of(row, key)]
        yield from sorted(found, key=lambda one: one.at)

    def _of(self, row: Mapping[str, Any], key: str) -> Iterator[Merge]:
        properties = row["properties"]
        account, at = as_id(properties.get(key) or ""), moment(row.get("updatedAt"))
        if account and at:
            for record in _NUMBER.findall(str(properties.get(MERGED) or "")):
                yield Merge(self.name, "account", record, account, at, by_record=True)

    def _merged(self, key: str) -> list[Mapping[str, Any]]:
        path = f"/crm/objects/{self._client.version}/companies/search"
        asked = {
            "filterGroups": [{"filters": [{"propertyName": MERGED, "operator": "HAS_PROPERTY"}]}],
            "properties": [key, MERGED],
            "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
            "limit": FOUND,
        }

        def ask(after: str | None) -> dict[str, Any]:
            return self._client.ask(path, asked | ({"after": after} if after else {}), search=True)

        rows: list[Mapping[str, Any]] = []
        for page in every_page(ask, following, errors.MEANINGS):
            rows += errors.results(page)
            total = page.get("total")
        if isinstance(total, int) and len(rows) < total:
            raise TryLater(f"{SYSTEM} announced {total} merged companies and sent {len(rows)}")
        return rows
