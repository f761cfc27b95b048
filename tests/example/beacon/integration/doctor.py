"""Is the token taken, and does it have the rights that are needed and no other?"""

from __future__ import annotations

from collections.abc import Sequence

from expansion.contract import Failure
from integrations.kit.declare import Finding
from integrations.kit.rights import compared
from tests.example.beacon.integration.client import Client

_WHERE = "Settings > API tokens"


def check(client: Client, scopes: Sequence[str]) -> list[Finding]:
    """One call, and nothing is written."""
    try:
        me = client.me()
    except Failure as failure:
        return [Finding("the token", False, str(failure))]
    give, take_away = f"give {{names}} to the token in {_WHERE}", f"take {{names}} away from the token in {_WHERE}"
    return [
        Finding(f"workspace {me['workspace']}", True),
        *compared("scopes", scopes, me["scopes"], give=give, take_away=take_away),
    ]
