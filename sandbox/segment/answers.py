"""How Segment says no: segment.com/docs/unify/profile-api, and the page of its HTTP API."""

from __future__ import annotations

from sandbox.kit.answers import Answer, Answers


def error(code: str, message: str) -> dict[str, object]:
    """As the Profile API words it."""
    return {"error": {"code": code, "message": message}}


ANSWERS = Answers(
    later=(
        Answer(429, error("too_many_requests", "slow down"), {"Retry-After": "1", "X-RateLimit-Reset": "1"}),
        Answer(429, ""),
        Answer(500, error("internal", "internal error"), maybe=True),
        Answer(503, "<html>", maybe=True),
    ),
    no_access=Answer(401, error("authentication_failed", "invalid token")),
    refused=Answer(400, error("bad_request", "invalid JSON")),
)
