"""Is the key taken? What it may do is not told."""

from __future__ import annotations

from integrations.gainsight_px.client import Client
from integrations.kit.declare import Finding
from integrations.kit.doctor import works

_UNTOLD = (
    "compare with Administration > REST API: Read, and Write where people are put into segments; no Production Launch"
)


def check(client: Client) -> list[Finding]:
    """One call, and nothing is written: whether it may write cannot be tried without a change."""
    taken = works("the API key is taken, and may read segments", client.may_read)
    if not taken.ok:
        return [taken]
    return [taken, Finding("Gainsight PX does not tell what else the key may do", True, _UNTOLD, "note")]
