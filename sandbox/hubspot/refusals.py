"""How HubSpot words what it refuses."""

from __future__ import annotations

import uuid
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.kit.guard import Refusal

Record = dict[str, Any]


class Invalid(Refusal):
    """One input is refused; alone in its batch, or with the whole batch, depends on the endpoint."""

    def __init__(self, code: str, message: str, category: str = "VALIDATION_ERROR", **context: Any) -> None:
        super().__init__(message)
        self.code, self.message, self.category, self.context = code, message, category, context

    def reply(self, request: Request) -> Response:
        return JSONResponse(self.body(), {"OBJECT_NOT_FOUND": 404, "CONFLICT": 409}.get(self.category, 400))

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


def error(status: int, category: str, message: str) -> Response:
    body = {"status": "error", "message": message, "correlationId": str(uuid.uuid4()), "category": category}
    return JSONResponse(body, status)


def unreadable() -> Response:
    """What is no JSON."""
    return error(400, "VALIDATION_ERROR", "Invalid input JSON on line 1")


def missing(scope: str) -> Response:
    body = {
        "status": "error",
        "message": "This app hasn't been granted all required scopes to make this call.",
        "correlationId": str(uuid.uuid4()),
        "category": "MISSING_SCOPES",
        "errors": [
            {
                "message": "One or more of the following scopes are required.",
                "context": {"requiredGranularScopes": [scope]},
            }
        ],
    }
    return JSONResponse(body, 403)
