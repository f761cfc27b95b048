"""On which companies records stand, as a batch of them is read: a page for each, and a 207 where one stands on none."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sandbox.kit.pages import page

Record = dict[str, Any]

MOST_INPUTS = 1000
# hubspot.crm.association_type, from the record to the company: without a label, and primary
TYPES = {"tasks": (192, 192), "deals": (341, 5), "tickets": (339, 26)}


def read(kind: str, record: Record | None, asked: Record, size: int) -> tuple[Record | None, Record | None]:
    """What stands in `results`, or what stands in `errors`. Ids are text in one place and numbers in the other."""
    companies: Sequence[str] = record["companies"] if record else ()
    if not companies:
        return None, _none(kind, str(asked["id"]))
    part = page(companies, int(asked.get("after") or 0), size)
    row: Record = {"from": {"id": str(asked["id"])}, "to": [_to(kind, one, record or {}) for one in part.items]}
    if part.next:
        row["paging"] = {"next": {"after": str(part.next), "link": "?"}}
    return row, None


def _to(kind: str, company: str, record: Record) -> Record:
    plain, primary = TYPES[kind]
    types = [{"category": "HUBSPOT_DEFINED", "typeId": plain, "label": None}]
    if record.get("primary") == company:
        types.append({"category": "HUBSPOT_DEFINED", "typeId": primary, "label": "Primary"})
    return {"toObjectId": int(company), "associationTypes": types}


def _none(kind: str, record_id: str) -> Record:
    return {
        "status": "error",
        "correlationId": str(uuid.uuid4()),
        "category": "OBJECT_NOT_FOUND",
        "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
        "message": f"No company is associated with {kind.removesuffix('s')} {record_id}.",
        "context": {
            "fromObjectId": [record_id],
            "fromObjectType": [kind.removesuffix("s")],
            "toObjectType": ["company"],
        },
    }
