"""How HubSpot words what it refuses."""

from __future__ import annotations

import uuid
from typing import Any

Record = dict[str, Any]


class Invalid(Exception):
    """One input is refused; alone in its batch, or with the whole batch, depends on the endpoint."""

    def __init__(self, code: str, message: str, category: str = "VALIDATION_ERROR", **context: Any) -> None:
        super().__init__(message)
        self.code, self.message, self.category, self.context = code, message, category, context

    def body(self) -> Record:
        detail = {"message": self.message, "code": self.code}
        head = self.message if self.category != "VALIDATION_ERROR" else f"Property values were not valid: [{detail}]"
        return {
            "status": "error",
            "message": head,
            "correlationId": str(uuid.uuid4()),
            "category": self.category,
            "errors": [detail],
            "context": self.context,
            "links": {},
        }


class NotAssociated(Invalid):
    """What a record should be put on is gone: HubSpot says so without `errors` (HubSpot/hubspot-api-nodejs#646)."""

    def body(self) -> Record:
        return {name: part for name, part in super().body().items() if name != "errors"} | {"message": self.message}
