"""What Heap's replies mean. Its pages name a good reply and a bad one, and no more than their status."""

from __future__ import annotations

import httpx

from expansion.contract import NoAccess, TryLater
from integrations.kit.meanings import SERVER_TROUBLE, Meanings, Row, Told
from integrations.kit.waits import first_said, retry_after

_WAIT = 15.0  # seconds; its limits are counted in half minutes

MEANINGS = Meanings(
    "Heap",
    Row(429, TryLater, "too many calls, other tools included", wait=first_said(retry_after, _WAIT)),
    Row(SERVER_TROUBLE, TryLater, "trouble at Heap's side ({status})", maybe_done="as written"),
    Row((401, 403), NoAccess, "the app id is not accepted; check HEAP_APP_ID and HEAP_REGION"),
    otherwise="refused ({status}): {message}; check HEAP_APP_ID, and that the Account ID is configured in Heap",
)


def told(reply: httpx.Response) -> Told:
    """A sentence in plain words, where there is one; a proxy's page is none."""
    text = reply.text.strip()
    return Told(reply.status_code, "", "no reason given" if not text or "<" in text else text, reply.headers)
