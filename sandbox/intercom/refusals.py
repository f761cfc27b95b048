"""How Intercom words what it refuses."""

from __future__ import annotations

import uuid

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.kit.guard import Refusal


class Problem(Refusal):
    """An error list of one."""

    def __init__(self, status: int, code: str, message: str, field: str | None = None) -> None:
        super().__init__(message)
        error = {"code": code, "message": message, **({"field": field} if field else {})}
        self.status, self._error = status, error

    def reply(self, request: Request) -> Response:
        body = {"type": "error.list", "request_id": str(uuid.uuid4()), "errors": [self._error]}
        return JSONResponse(body, self.status)


def no_such(what: str = "User") -> Problem:
    return Problem(404, "not_found", f"{what} Not Found")
