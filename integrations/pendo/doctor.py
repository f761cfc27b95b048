"""Is the key taken, may it do what is needed and no more, and what can be read?"""

from __future__ import annotations

from collections.abc import Iterator

from expansion.contract import Failure
from integrations.kit.declare import Finding, Names
from integrations.kit.doctor import asked, works
from integrations.kit.rights import compared
from integrations.pendo.client import Client
from integrations.pendo.schema import CUSTOM
from integrations.pendo.settings import READ, WRITE

_WRITES = ("pendo.set_", "pendo.add_", "pendo.clear_", "pendo.remove_")


def check(client: Client, used: Names | None) -> list[Finding]:
    """Four calls, and nothing is written."""
    try:
        held = [READ, WRITE] if client.may_write() else [READ]
    except Failure as failure:
        return [Finding("the integration key", False, str(failure))]
    writes = used is None or any(name.startswith(_WRITES) for name in used)
    return [
        Finding(f"the integration key is taken in the region {client.region}", True),
        *_access(writes, held),
        asked("fields of accounts", lambda: _fields(client)),
        works("reads accounts", lambda: client.count("reading accounts", [{"source": {"accounts": None}}])),
        works("reads segments", client.segments),
    ]


def _access(writes: bool, held: list[str]) -> Iterator[Finding]:
    where = "Settings > Integrations > Integration keys"
    yield from compared(
        "access",
        [READ, WRITE] if writes else [READ],
        held,
        give=f"make a key with {{names}} in {where}, and set PENDO_INTEGRATION_KEY",
        take_away=f"make a key without {{names}} in {where}: nothing that is used here sets something",
    )


def _fields(client: Client) -> Finding:
    """A nudge needs a custom field that is there."""
    return Finding(f"custom fields of accounts: {client.schema().shown(CUSTOM)}", True)
