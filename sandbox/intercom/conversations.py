"""Conversations as Intercom lists and searches them, API version 2.15: by cursor, the one changed last first.

A date is compared by the day of the workspace, which is UTC here: `>` is from the next day on.
"""

from __future__ import annotations

from typing import Any

from sandbox.intercom.refusals import Problem
from sandbox.kit.pages import page

Doc = dict[str, Any]

_DAY = 86_400
_DATES = ("created_at", "updated_at")
_MOST = 150


def matches(query: Any, conversation: Doc) -> bool:
    """Whether it fits a query of one date; the stand-in searches by nothing else."""
    if not isinstance(query, dict) or query.get("field") not in _DATES or query.get("operator") not in ("<", ">", "="):
        raise Problem(400, "parameter_invalid", "the stand-in searches conversations by one date alone")
    value = query.get("value")
    if isinstance(value, bool) or not isinstance(value, int):
        raise Problem(400, "parameter_invalid", "the date is a number of seconds", query["field"])
    has, asked = int(conversation[query["field"]]) // _DAY, value // _DAY
    return {"<": has < asked, ">": has > asked, "=": has == asked}[query["operator"]]


def listed(found: list[Doc], asked: Doc) -> Doc:
    """A page of them."""
    size, start = str(asked.get("per_page") or 20), str(asked.get("starting_after") or "0")
    if not (size.isdigit() and len(size) < 9 and 1 <= int(size) <= _MOST):
        raise Problem(400, "parameter_invalid", f"per_page must be a number of at most {_MOST}")
    if not (start.isdigit() and len(start) < 9):
        raise Problem(400, "parameter_invalid", "starting_after is not a cursor")
    newest = sorted(found, key=lambda one: (-one["updated_at"], one["id"]))
    part = page(newest, int(start), int(size))
    pages: Doc = {
        "type": "pages",
        "page": int(start) // int(size) + 1,
        "per_page": int(size),
        "total_pages": -(-len(found) // int(size)),
    }
    if part.next:
        pages["next"] = {"per_page": int(size), "starting_after": str(part.next)}
    shown = [_shown(one) for one in part.items]
    return {"type": "conversation.list", "conversations": shown, "total_count": len(found), "pages": pages}


def _shown(doc: Doc) -> Doc:
    """`doc`: id, created_at, updated_at, and what it has of contact, company_id, tags, topics, channel, attributes."""
    ours = doc.get("company_id")
    company = {"type": "company", "id": f"65{ours}", "company_id": ours}
    contact = {"type": "contact", "id": f"67{doc['id']}", "external_id": doc.get("contact")}
    return {
        "type": "conversation",
        "id": doc["id"],
        "title": None,
        "created_at": doc["created_at"],
        "updated_at": doc["updated_at"],
        "open": True,
        "state": "open",
        "read": True,
        "priority": "not_priority",
        "company": company if ours else None,
        "tags": {"type": "tag.list", "tags": [{"type": "tag", "id": f"t-{t}", "name": t} for t in doc.get("tags", [])]},
        "topics": {
            "type": "topic.list",
            "topics": [{"type": "topic", "id": t, "name": t} for t in doc.get("topics", [])],
        },
        "source": {
            "type": doc.get("channel", "conversation"),
            "id": f"s-{doc['id']}",
            "delivered_as": "customer_initiated",
        },
        "contacts": {"type": "contact.list", "contacts": [contact]},
        "custom_attributes": doc.get("attributes", {}),
    }
