"""Of Heap nothing can be asked: it has no call that reads, and an app id is in the source of every page."""

from __future__ import annotations

from integrations.heap.client import Client
from integrations.kit.declare import Finding

_UNTOLD = "look at an account in Heap after the first run"


def check(client: Client) -> list[Finding]:
    """No call is made."""
    if client.settings.app_id is None:
        return [Finding("nothing is sent to Heap: HEAP_APP_ID is not set", True)]
    return [Finding("Heap does not tell whether the app id is good", True, _UNTOLD, "note")]
