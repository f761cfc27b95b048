"""What attributes of Intercom's contacts take: each has a type, and a value of another is refused."""

from __future__ import annotations

from typing import Any

# Of the contact itself: "Update a contact", version 2.15
WRITABLE = (
    "email",
    "name",
    "external_id",
    "unsubscribed_from_emails",
    "phone",
    "signed_up_at",
    "last_seen_at",
    "owner_id",
)
TYPES = ("string", "integer", "float", "boolean", "datetime", "date", "options")


def fits(value: Any, data_type: str) -> bool:
    """Whether an attribute of that type takes the value; null empties any."""
    if value is None:
        return True
    if isinstance(value, bool) or data_type == "boolean":
        return isinstance(value, bool) and data_type == "boolean"
    match data_type:
        case "integer" | "date" | "datetime":
            return isinstance(value, int)
        case "float":
            return isinstance(value, int | float)
        case _:
            return isinstance(value, str)
