"""How Amplitude says no. What its pages say of errors is their status; bodies are as its clients are written for."""

from __future__ import annotations

from sandbox.kit.answers import Answer, Answers


def error(status: int, message: str) -> dict[str, object]:
    """An error of the cohorts' API, as its page describes it."""
    return {"error": {"http_code": status, "type": "invalid_request", "message": message, "metadata": {}}}


ANSWERS = Answers(
    later=(
        Answer(429, error(429, "Too many requests")),
        Answer(429, "Exceeded concurrent limit", {"Retry-After": "2"}),
        Answer(500, error(500, "internal"), maybe=True),
        Answer(503, "<html>", maybe=True),
    ),
    no_access=Answer(401, "Unauthorized"),
    refused=Answer(400, error(400, "invalid request")),
)
