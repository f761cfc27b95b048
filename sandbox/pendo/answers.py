"""How Pendo says no: by the status, and without a word."""

from __future__ import annotations

from sandbox.kit.answers import Answer, Answers

ANSWERS = Answers(
    later=(
        Answer(429, ""),
        Answer(429, "", {"Retry-After": "1"}),
        Answer(500, "", maybe=True),
        Answer(503, "", maybe=True),
        Answer(502, "<html>", maybe=True),
    ),
    no_access=Answer(403, ""),
    refused=Answer(400, ""),
)
