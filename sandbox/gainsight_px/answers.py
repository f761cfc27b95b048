"""How Gainsight PX says no: by its status; what an error holds is not documented."""

from __future__ import annotations

from sandbox.kit.answers import Answer, Answers

ANSWERS = Answers(
    later=(
        Answer(429, {"message": "Rate limit exceeded"}),
        Answer(429, "slow down", {"Retry-After": "2"}),
        Answer(503, maybe=True),
        Answer(502, "<html>", maybe=True),
    ),
    no_access=Answer(401, {"message": "Unauthorized or bad API Key"}),
    refused=Answer(400, {"message": "Bad request"}),
)
