"""How Zendesk says no: developer.zendesk.com/api-reference/introduction/requests."""

from __future__ import annotations

from sandbox.kit.answers import Answer, Answers

_BUSY = {
    "error": "APIRateLimitExceeded",
    "description": "Number of allowed incremental export API requests per minute exceeded",
}
ANSWERS = Answers(
    later=(
        Answer(429, _BUSY, {"Retry-After": "1"}),
        Answer(429, _BUSY, {"Retry-After": "90"}),
        Answer(503, "<html>", maybe=True),
        Answer(502, "<html>", maybe=True),
    ),
    no_access=Answer(401, {"error": "Couldn't authenticate you"}),
    refused=Answer(422, {"error": "InvalidValue", "description": "Invalid cursor"}),
)
