"""How Heap says no: its pages tell the status alone."""

from __future__ import annotations

from sandbox.kit.answers import Answer, Answers

ANSWERS = Answers(
    later=(
        Answer(429, "Too many requests"),
        Answer(429, "", {"Retry-After": "2"}),
        Answer(500, "", maybe=True),
        Answer(503, "<html>", maybe=True),
    ),
    no_access=Answer(403, "Forbidden"),
    refused=Answer(400, "Invalid request parameters"),
)
