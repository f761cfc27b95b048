"""How Salesforce says no: developer.salesforce.com, REST API, "Status Codes and Error Responses"."""

from __future__ import annotations

from sandbox.kit.answers import Answer, Answers


def _error(code: str, message: str = "") -> list[dict[str, str]]:
    return [{"errorCode": code, "message": message}]


ANSWERS = Answers(
    later=(
        Answer(503, "<html>", maybe=True),
        Answer(503, _error("SERVER_UNAVAILABLE"), maybe=True),
        Answer(500, _error("UNKNOWN_EXCEPTION"), maybe=True),
        Answer(403, _error("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")),
        Answer(403, _error("REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded.")),
        Answer(400, _error("UNABLE_TO_LOCK_ROW")),
        Answer(429, "slow down"),
    ),
    no_access=Answer(401, _error("INVALID_SESSION_ID", "Session expired or invalid")),
    refused=Answer(400, _error("FIELD_CUSTOM_VALIDATION_EXCEPTION", "no")),
)
