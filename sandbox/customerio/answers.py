"""How Customer.io says no: docs.customer.io/integrations/api/track."""

from __future__ import annotations

from sandbox.kit.answers import Answer, Answers


def errors(field: str, message: str) -> dict[str, object]:
    """What is wrong with an entity."""
    return {"errors": [{"reason": "invalid", "field": field, "message": message}]}


ANSWERS = Answers(
    later=(
        Answer(429, {"meta": {"error": "too many requests"}}),
        Answer(429, "", {"Retry-After": "2"}),
        Answer(500, "", maybe=True),
        Answer(503, "<html>", maybe=True),
    ),
    no_access=Answer(401, {"meta": {"error": "Unauthorized"}}),
    refused=Answer(400, errors("attributes", "invalid")),
)
