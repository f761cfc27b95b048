"""A no in Gainsight's words."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.gainsight.answers import envelope
from sandbox.kit.guard import Refusal


class Problem(Refusal):
    """`status` 200 is as much a no as 400: the envelope says it."""

    def __init__(self, status: int, code: str, message: str, data: Any = None) -> None:
        super().__init__(message)
        self._status, self._body = status, envelope(data, code, message)

    def reply(self, request: Request) -> Response:
        return JSONResponse(self._body, self._status)
