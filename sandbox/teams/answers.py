"""How a workflow's webhook says no: learn.microsoft.com/azure/logic-apps, "Request trigger"."""

from __future__ import annotations

from sandbox.kit.answers import Answer, Answers


def error(code: str, message: str) -> dict[str, object]:
    """What Power Automate answers where it does not start a workflow."""
    return {"error": {"code": code, "message": message}}


ANSWERS = Answers(
    later=(
        Answer(429, error("TooManyRequests", "Rate limit is exceeded."), {"Retry-After": "1"}),
        Answer(429, error("TooManyRequests", "Rate limit is exceeded."), {"Retry-After": "90"}),
        Answer(502, error("BadGateway", "The server did not receive a response."), maybe=True),
        Answer(503, "<html>", maybe=True),
    ),
    no_access=Answer(401, error("DirectApiAuthorizationRequired", "The request must be authenticated.")),
    refused=Answer(400, error("TriggerInputSchemaMismatch", "The input body does not match its schema.")),
)
