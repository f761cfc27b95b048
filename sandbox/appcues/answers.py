"""How Appcues says no: api.appcues.com/v2/docs, "Responses", and what github.com/appcues/cli is ready for."""

from __future__ import annotations

from sandbox.kit.answers import Answer, Answers


def error(status: int, title: str, detail: str = "") -> dict[str, object]:
    """Every error has this body, but for a 429 of the older routes."""
    return {"error": True, "status": status, "title": title, "detail": detail}


ANSWERS = Answers(
    later=(
        Answer(429, "slow down"),
        Answer(429, "slow down", {"Retry-After": "1"}),
        Answer(500, error(500, "Internal Server Error"), maybe=True),
        Answer(503, error(503, "Service Unavailable"), maybe=True),
        Answer(502, "<html>", maybe=True),
    ),
    no_access=Answer(401, error(401, "Unauthorized", "The API key or secret is not valid.")),
    refused=Answer(400, error(400, "Bad Request", "no")),
)
