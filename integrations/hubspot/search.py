"""Searches that go beyond the ten thousand results which HubSpot pages through: each page begins after the last id.

developers.hubspot.com, "CRM search", Limits: 200 results a page, 10,000 a query, 3,000 characters a body. What changes
while pages are read moves none of the others: ids do not change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from expansion.contract import TryLater
from integrations.hubspot import meanings as errors
from integrations.kit.breaks import Broke

if TYPE_CHECKING:
    from integrations.hubspot.client import Client

FOUND = 200  # on a page
VALUES = 40  # of one filter: a stage's id may be 36 characters
Row = Mapping[str, Any]


def pages(
    client: Client, kind: str, filters: Sequence[Mapping[str, Any]], properties: Sequence[str]
) -> Iterator[list[Row]]:
    """The records that pass all filters, by their ids, page by page. Raises a Failure."""
    path, last = f"/crm/objects/{client.version}/{kind}/search", 0
    while True:
        after = {"propertyName": "hs_object_id", "operator": "GT", "value": str(last)}
        body = {
            "filterGroups": [{"filters": [*filters, after]}],
            "properties": list(properties),
            "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
            "limit": FOUND,
            "after": "0",
        }
        page = client.ask(path, body, search=True)
        rows, left = errors.results(page), int(page["total"])
        _must_be_whole(kind, len(rows), left)
        if rows:
            yield rows
        if len(rows) >= left:
            return
        before, last = last, max(int(row["id"]) for row in rows)
        if last <= before:
            raise errors.MEANINGS.of(Broke.SAME_PAGE)


def _must_be_whole(kind: str, came: int, left: int) -> None:
    """`left`: how many there are from here on, as this page says."""
    if came < min(FOUND, left):
        raise TryLater(f"{errors.SYSTEM} announced {min(FOUND, left)} {kind} on a page and sent {came}")
