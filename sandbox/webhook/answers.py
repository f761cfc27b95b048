"""How a receiver says no: any status, and no body that anybody documents."""

from __future__ import annotations

from sandbox.kit.answers import Answer, Answers

ANSWERS = Answers(
    later=(
        Answer(429, "slow down", {"Retry-After": "1"}),
        Answer(429, "slow down", {"Retry-After": "90"}),
        Answer(503, "<html>", maybe=True),
        Answer(500, "", maybe=True),
    ),
    no_access=Answer(401, "no"),
    refused=Answer(410, ""),
)
