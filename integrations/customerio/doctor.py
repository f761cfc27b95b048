"""Is the key taken, and does the account live where it is asked?"""

from __future__ import annotations

from integrations.customerio.client import Client
from integrations.customerio.settings import Settings
from integrations.kit.declare import Finding
from integrations.kit.doctor import asked, whether

_UNTOLD = "a Track API key may write all that Track takes, and read nothing; give it to nobody else"


def check(settings: Settings, client: Client) -> list[Finding]:
    """One call, and nothing is written. Whether the object type is there nobody tells with this key."""
    key = asked("the key", lambda: _lives(settings, client))
    if not key.ok:
        return [key]
    return [key, Finding("Customer.io does not tell what the key may do", True, _UNTOLD, "note")]


def _lives(settings: Settings, client: Client) -> Finding:
    told = client.region()
    region = str(told.get("data_center") or told.get("region") or "")
    if settings.base_url or not region:
        return Finding("the key is accepted", True)
    return whether(f"the account lives in {region}", region == settings.region, f"set CUSTOMERIO_REGION to {region}")
