"""The fields of the objects that are known here, as the describe call gives them."""

from __future__ import annotations

from typing import Any

Doc = dict[str, Any]

_STAGES = ("New Customer", "Kicked Off", "Adopting", "Will Churn")


def item(kind: str, name: str) -> str:
    """The Gsid of an item of a picklist: queries give this, and not the name."""
    return "1I00" + "".join(c for c in f"{kind}{name}".upper() if c.isalnum()).ljust(32, "0")[:32]


def _field(name: str, label: str, kind: str, *, writable: bool = True, options: tuple[str, ...] = ()) -> Doc:
    meta = {"createable": writable, "updateable": writable, "readOnly": not writable, "hidden": False}
    found = [{"active": True, "label": one, "value": item(name, one)} for one in options]
    return {
        "fieldName": name,
        "label": label,
        "dataType": kind,
        "objectName": "company",
        "options": found,
        "meta": meta,
    }


COMPANY = (
    _field("Gsid", "GSID", "GSID", writable=False),
    _field("Name", "Name", "STRING"),
    _field("Arr", "ARR", "CURRENCY"),
    _field("Industry", "Industry", "STRING"),
    _field("RenewalDate", "Renewal Date", "DATE"),
    _field("Stage", "Stage", "PICKLIST", options=_STAGES),
    _field("CurrentScore", "Current Score", "NUMBER", writable=False),
    _field("Csm", "CSM", "LOOKUP"),
    _field("ModifiedDate", "Modified Date", "DATETIME", writable=False),
    _field("product_account_id__gc", "Product Account ID", "STRING"),
    _field("expansion_state__gc", "Expansion State", "STRING"),
    _field("seats__gc", "Seats", "NUMBER"),
)
PICKLISTS = {
    "CTA_TYPE": ["Risk", "Opportunity", "Lifecycle", "Activity"],
    "CTA_STATUS": ["New", "Work In Progress", "Closed Success", "Closed Invalid"],
    "CTA_PRIORITY": ["High", "Medium", "Low"],
    "CTA_REASON": ["Upsell", "Product Usage Risk", "Renewal", "Other"],
}
