"""On which companies deals and tickets stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from expansion.contract import TryLater
from integrations.hubspot import meanings as errors
from integrations.kit.batches import chunks
from integrations.kit.breaks import Broke

if TYPE_CHECKING:
    from integrations.hubspot.client import Client

BATCH = 1000  # inputs per call: developers.hubspot.com, "Associations", batch read
PRIMARY = {"deals": 5, "tickets": 26}  # hubspot.crm.association_type: record -> primary company
NONE = "NO_ASSOCIATIONS_FOUND"  # in the `subCategory` of a 207's error, for each record that stands on nothing
Row = Mapping[str, Any]


def companies_of(client: Client, kind: str, ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Each record's companies: the primary one where one is marked, or all. Raises a Failure."""
    found: dict[str, tuple[str, ...]] = {}
    for some in chunks(ids, BATCH):
        found |= _read(client, kind, some)
    return found


def _read(client: Client, kind: str, ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    path = f"/crm/associations/{client.version}/{kind}/companies/batch/read"
    told: dict[str, list[Row]] = {}
    alone: set[str] = set()
    asking: list[dict[str, str]] = [{"id": one} for one in ids]
    asked: set[tuple[str, ...]] = set()
    while asking:
        reply = client.ask(path, {"inputs": asking})
        alone |= set(_without(reply))
        asking = []
        for row in errors.results(reply):
            record = str(row["from"]["id"])
            told.setdefault(record, []).extend(row["to"])
            if after := _following(row):
                asking.append({"id": record, "after": after})
        _must_go_on(asking, asked)
    _must_be_all(kind, ids, told.keys() | alone)
    return {record: _companies(kind, rows) for record, rows in told.items()}


def _following(row: Row) -> str | None:
    """Where the rest of one record's companies begins."""
    after = ((row.get("paging") or {}).get("next") or {}).get("after")
    return None if after is None else str(after)


def _without(reply: Row) -> Iterator[str]:
    """The records that stand on no company. Raises a Failure where a record could not be read for another reason."""
    for error in reply.get("errors") or ():
        if NONE not in str(error.get("subCategory")):
            raise errors.of_error(error)
        yield from map(str, (error.get("context") or {}).get("fromObjectId") or ())


def _must_go_on(asking: Sequence[Mapping[str, str]], asked: set[tuple[str, ...]]) -> None:
    marks = tuple(f"{one['id']}:{one['after']}" for one in asking)
    if marks and marks in asked:
        raise errors.MEANINGS.of(Broke.SAME_PAGE)
    asked.add(marks)


def _must_be_all(kind: str, ids: Sequence[str], told: set[str]) -> None:
    if missing := set(ids) - told:
        raise TryLater(f"{errors.SYSTEM} was asked for the companies of {len(ids)} {kind} and left {len(missing)} out")


def _companies(kind: str, rows: Sequence[Row]) -> tuple[str, ...]:
    """Ids are text in one place of a reply and numbers in another."""
    first = [row for row in rows if any(_is_primary(kind, one) for one in row.get("associationTypes") or ())]
    return tuple(dict.fromkeys(str(row["toObjectId"]) for row in first or rows))


def _is_primary(kind: str, said: Row) -> bool:
    return said.get("category") == "HUBSPOT_DEFINED" and said.get("typeId") == PRIMARY[kind]
