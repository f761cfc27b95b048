"""How Salesforce words what it refuses."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.kit.guard import Refusal


class SoqlError(Refusal):
    """400; below an object's own address that is none, or that the user may not see, 404."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message

    def reply(self, request: Request) -> Response:
        if self.code == "NOT_FOUND":
            return error_reply(404, self.code, self.message)
        if self.code == "INVALID_TYPE" and "sobject" in request.path_params:
            return not_found()
        return error_reply(400, self.code, self.message)


class RecordError(Exception):
    """One record is refused; the others of its collection are not."""

    def __init__(self, code: str, message: str, *fields: str) -> None:
        super().__init__(message)
        self.body = {"statusCode": code, "message": message, "fields": list(fields)}


def error_reply(status: int, code: str, message: str) -> Response:
    return JSONResponse([{"message": message, "errorCode": code}], status)


def not_found() -> Response:
    return error_reply(404, "NOT_FOUND", "The requested resource does not exist")


def oauth_error(code: str, text: str) -> Response:
    return JSONResponse({"error": code, "error_description": text}, 400)
