"""How Gainsight says yes and no: every reply has `result`, a code and a sentence, whatever its status.

Shapes: support.gainsight.com, Company API and Call To Action (CTA) API; GU_2400 and GU_1101 as others recorded them.
"""

from __future__ import annotations

from typing import Any

from sandbox.kit.answers import Answer, Answers

Doc = dict[str, Any]


def envelope(data: Any = None, code: str | None = None, message: str | None = None) -> Doc:
    """A reply; with a code it is a no."""
    said = {"errorCode": code, "errorDesc": message, "requestId": "8863e73c-a465-4fc6-a385-f7b3200720dc"}
    return {"result": code is None, **said, "data": data, "message": None}


TOO_MANY = envelope(None, "GU_2400", "Too many request")

ANSWERS = Answers(
    later=(
        Answer(429, TOO_MANY),
        Answer(429, TOO_MANY, {"Retry-After": "2"}),
        Answer(429, "slow down"),
        Answer(500, envelope(None, "GU_1101", "Oops, something went wrong."), maybe=True),
        Answer(200, envelope(None, "GU_1101", "Oops, something went wrong."), maybe=True),
        Answer(503, maybe=True),
        Answer(502, "<html>", maybe=True),
    ),
    no_access=Answer(401, {"result": False, "errorCode": "GS_APIG_2401", "errorDesc": "Unauthorized"}),
    refused=Answer(400, envelope(None, "GSOBJ_1005", "no")),
)
