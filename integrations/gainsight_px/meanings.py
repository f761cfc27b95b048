"""What Gainsight PX's replies mean: Gainsight PX REST API, 0.1.6. What its errors hold is not documented."""

from __future__ import annotations

from typing import Any

import httpx

from expansion.contract import NoAccess, Refused, TryLater
from integrations.kit.meanings import SERVER_TROUBLE, Meanings, Row, Told
from integrations.kit.waits import first_said, retry_after

SYSTEM = "Gainsight PX"


class Gone(Refused):
    """Nothing has this id."""


MEANINGS = Meanings(
    SYSTEM,
    Row(429, TryLater, "too many calls", wait=first_said(retry_after, 1.0)),
    Row((SERVER_TROUBLE, 408), TryLater, "trouble at Gainsight PX's side ({status})", maybe_done="as written"),
    Row(401, NoAccess, "the API key is not accepted; check GAINSIGHT_PX_API_KEY and GAINSIGHT_PX_REGION"),
    Row(403, NoAccess, "the API key lacks the permission; give it Read and Write in Administration > REST API"),
    Row(404, Gone, "it is not there"),
    otherwise="refused ({status}): {message}",
)


def told(reply: httpx.Response) -> Told:
    """Whatever sentence an error has, under one of the names that are usual."""
    said: Any = reply.json()
    message = next((str(said[name]) for name in ("message", "error", "title") if said.get(name)), "")
    return Told(reply.status_code, message=message, headers=reply.headers)
