"""How Slack says no, mostly inside a 200: docs.slack.dev/reference/methods/chat.postMessage#errors."""

from __future__ import annotations

from sandbox.kit.answers import Answer, Answers


def _error(code: str) -> dict[str, object]:
    return {"ok": False, "error": code}


ANSWERS = Answers(
    later=(
        Answer(429, _error("ratelimited"), {"Retry-After": "1"}),
        Answer(429, _error("ratelimited"), {"Retry-After": "90"}),
        Answer(200, _error("rate_limited")),
        Answer(200, _error("service_unavailable"), maybe=True),
        Answer(200, _error("request_timeout"), maybe=True),
        Answer(200, _error("fatal_error"), maybe=True),
        Answer(503, "<html>", maybe=True),
    ),
    no_access=Answer(200, _error("token_expired")),
    refused=Answer(200, _error("is_archived")),
)
