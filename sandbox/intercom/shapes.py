"""What Intercom's records look like in a reply, API version 2.15."""

from __future__ import annotations

from typing import Any

from sandbox.kit.pages import page

Doc = dict[str, Any]

WORKSPACE = "sandbox1"

_EMPTY = (
    "phone avatar owner_id signed_up_at last_seen_at last_replied_at last_contacted_at last_email_opened_at "
    "last_email_clicked_at language_override browser browser_version browser_language os android_app_name "
    "android_app_version android_device android_os_version android_sdk_version android_last_seen_at ios_app_name "
    "ios_app_version ios_device ios_os_version ios_sdk_version ios_last_seen_at"
)
_SHOWN = 10  # of the tags, companies and notes of a contact; the rest behind `url`


def contact(doc: Doc) -> Doc:
    at = f"/contacts/{doc['id']}"
    return {
        **{name: doc.get(name) for name in _EMPTY.split()},
        "type": "contact",
        "id": doc["id"],
        "workspace_id": WORKSPACE,
        "external_id": doc["external_id"],
        "role": doc["role"],
        "email": doc["email"],
        "name": doc["name"],
        "has_hard_bounced": False,
        "marked_email_as_spam": False,
        "unsubscribed_from_emails": doc["unsubscribed_from_emails"],
        "created_at": doc["created_at"],
        "updated_at": doc["updated_at"],
        "location": {"type": "location", "country": None, "region": None, "city": None},
        "social_profiles": {"type": "list", "data": []},
        "custom_attributes": doc["custom_attributes"],
        "tags": _first("tag", doc["tags"], at, "tags"),
        "notes": _first("note", [], at, "notes"),
        "companies": _first("company", doc["companies"], at, "companies"),
    }


def _first(kind: str, ids: list[str], at: str, what: str) -> Doc:
    plural = {"company": "companies"}.get(kind, f"{kind}s")
    data = [{"id": one, "type": kind, "url": f"/{plural}/{one}"} for one in ids[:_SHOWN]]
    return {
        "type": "list",
        "data": data,
        "url": f"{at}/{what}",
        "total_count": len(ids),
        "has_more": len(ids) > _SHOWN,
    }


def tag(doc: Doc) -> Doc:
    return {"type": "tag", "id": doc["id"], "name": doc["name"]}


def company(doc: Doc, people: int) -> Doc:
    return {
        "type": "company",
        "id": doc["id"],
        "app_id": WORKSPACE,
        "company_id": doc["company_id"],
        "name": doc["name"],
        "created_at": doc["created_at"],
        "updated_at": doc["created_at"],
        "monthly_spend": 0,
        "session_count": 0,
        "user_count": people,
        "custom_attributes": doc.get("custom_attributes", {}),
        "tags": {"type": "tag.list", "tags": []},
        "segments": {"type": "segment.list", "segments": []},
        "plan": {},
    }


def listed(kind: str, records: list[Doc], start: int, per_page: int) -> Doc:
    """A list with its cursor; `start` is where the page begins."""
    part = page(records, start, per_page)
    pages: Doc = {
        "type": "pages",
        "page": start // per_page + 1,
        "per_page": per_page,
        "total_pages": -(-len(records) // per_page),
    }
    if part.next:
        pages["next"] = {"per_page": per_page, "starting_after": str(part.next)}
    return {"type": kind, "data": part.items, "total_count": len(records), "pages": pages}
