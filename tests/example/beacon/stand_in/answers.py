"""How Beacon says no: developer.beacon.example/errors."""

from __future__ import annotations

from sandbox.kit.answers import Answer, Answers


def error(code: str, message: str = "") -> dict[str, object]:
    """Every error has this body."""
    return {"error": {"code": code, "message": message}}


ANSWERS = Answers(
    later=(
        Answer(429, error("rate_limited"), {"Retry-After": "1"}),
        Answer(429, error("rate_limited"), {"Retry-After": "90"}),
        Answer(503, error("unavailable"), maybe=True),
        Answer(502, "<html>", maybe=True),
    ),
    no_access=Answer(401, error("token_invalid", "This token is not valid here.")),
    refused=Answer(422, error("invalid", "no")),
)
