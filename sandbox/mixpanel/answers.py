"""How Mixpanel says no: a 429 in the words of airbytehq/airbyte#9410, without headers; a 401 in those of its pages."""

from __future__ import annotations

from sandbox.kit.answers import Answer, Answers


def _too_many(running: int, hour: int) -> dict[str, str]:
    said = f"{running}/5 queries running concurrently and {hour}/60 queries running in the last hour."
    return {"error": f"Query rate limit exceeded for project_id: 4001. {said}"}


ANSWERS = Answers(
    later=(
        Answer(429, _too_many(6, 9)),
        Answer(429, _too_many(1, 61)),
        Answer(429, _too_many(1, 12)),
        Answer(429, "slow down"),
        Answer(500, {"error": "internal"}),
        Answer(502, "<html>"),
        Answer(503),
    ),
    no_access=Answer(401, {"code": 401, "error": "Invalid credentials", "status": "Unauthorized"}),
    refused=Answer(400, {"error": "bad where"}),
)

# To what is written: docs.mixpanel.com/reference/group-set-property. A token that is wrong is no error there.
WRITES = Answers(
    later=(Answer(429, {"error": "too many requests"}), Answer(502, "<html>", maybe=True), Answer(503, maybe=True)),
    no_access=Answer(401, {"status": 0, "error": "Unauthorized"}),
    refused=Answer(200, {"status": 0, "error": "'$set' is invalid"}),
)
