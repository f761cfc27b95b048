"""Does the Profile API answer? Of the write key nothing can be told."""

from __future__ import annotations

from integrations.kit.declare import Finding
from integrations.kit.doctor import works
from integrations.segment.client import Client

_NOBODY = "expansion-doctor-asks-for-nobody"
_UNTOLD = "look at Connections > Sources > your source > Debugger after the first run"


def check(client: Client) -> list[Finding]:
    """One call, for an account that there is not: a 404 comes only after the token was taken."""
    settings = client.settings
    findings = []
    if settings.profile_token or settings.space_id:
        findings.append(works("the Profile API answers", lambda: client.traits(_NOBODY, ["name"])))
    if settings.write_key:
        findings.append(Finding("Segment does not tell whether the write key is good", True, _UNTOLD, "note"))
    return findings or [Finding("nothing is asked of Segment: neither a profile token nor a write key is set", True)]
