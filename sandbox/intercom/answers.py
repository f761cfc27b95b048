"""How Intercom says no: developers.intercom.com/docs/references/rest-api/errors."""

from __future__ import annotations

from sandbox.kit.answers import Answer, Answers


def _error(code: str, message: str = "") -> dict[str, object]:
    return {"type": "error.list", "errors": [{"code": code, "message": message}]}


ANSWERS = Answers(
    later=(
        Answer(429, _error("rate_limit_exceeded")),
        Answer(429, _error("rate_limit_exceeded"), {"X-RateLimit-Reset": "1"}),
        Answer(408, _error("request_timeout"), maybe=True),
        Answer(503, _error("service_unavailable"), maybe=True),
        Answer(502, "<html>", maybe=True),
    ),
    no_access=Answer(401, _error("unauthorized", "Access Token Invalid")),
    refused=Answer(404, _error("not_found", "no")),
)
