"""What `expansion doctor` says about HubSpot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from expansion.contract import Failure
from integrations.hubspot.kinds import DEAL, TASK, Kind
from integrations.kit.declare import Finding
from integrations.kit.doctor import asked, calls_left, fallback_owner, whether, works
from integrations.kit.rights import compared, not_told

if TYPE_CHECKING:
    from integrations.hubspot.client import Client
    from integrations.hubspot.companies import Owners
    from integrations.hubspot.settings import Settings

_KEYS = "Settings > Integrations > Service Keys"
_WHERE_USED = {"deals": "crm.objects.deals.read", "tickets": "tickets"}  # with the scope that says that they are
_BY_ITSELF = ("oauth",)  # HubSpot adds it, and nobody can take it away


def check(client: Client, settings: Settings, owners: Owners, scopes: Sequence[str]) -> list[Finding]:
    """Key taken, its scopes, what it may read, properties there, fallback owner active, calls left; nothing written."""
    taken = works("the key is taken", client.details)
    if not taken.ok:
        return [taken]
    objects = f"/crm/objects/{client.version}"
    return [
        taken,
        *_scopes(client, scopes),
        _reads(client, "companies", f"{objects}/companies"),
        _reads(client, "tasks", f"{objects}/tasks"),
        *(_reads(client, kind, f"{objects}/{kind}") for kind, scope in _WHERE_USED.items() if scope in scopes),
        _reads(client, "owners", f"/crm/owners/{client.version}"),
        asked("property of companies", lambda: _account_property(client, settings.account_key_property)),
        asked("property of tasks", lambda: _key_property(client, TASK, settings.task_key_property)),
        *_deal_property(client, settings.deal_key_property, scopes),
        asked(
            "fallback owner",
            lambda: fallback_owner("HUBSPOT_FALLBACK_OWNER", settings.fallback_owner, owners.fallback),
        ),
        *_calls_left(client),
    ]


def _scopes(client: Client, wanted: Sequence[str]) -> list[Finding]:
    try:
        held = client.scopes()
    except Failure as failure:
        return [not_told("scopes", failure)]
    return compared(
        "scopes",
        wanted,
        held,
        give=f"add {{names}} to the key in {_KEYS}",
        take_away=f"take {{names}} away from the key in {_KEYS}",
        unremarkable=_BY_ITSELF,
    )


def _reads(client: Client, what: str, path: str) -> Finding:
    return works(f"reads {what}", lambda: client.read(path, {"limit": 1}))


def _account_property(client: Client, name: str) -> Finding:
    return whether(
        f"the company property {name} holds the product's account id",
        name in client.properties("companies"),
        f"create {name} in Settings > Properties > Company, or set HUBSPOT_ACCOUNT_KEY_PROPERTY",
    )


def _deal_property(client: Client, name: str, scopes: Sequence[str]) -> list[Finding]:
    """Only where deals are made."""
    if "crm.objects.deals.write" not in scopes:
        return []
    return [asked("property of deals", lambda: _key_property(client, DEAL, name))]


def _key_property(client: Client, kind: Kind, name: str) -> Finding:
    what = f"the {kind.one} property {name} makes creating repeatable"
    found = client.properties(kind.many).get(name)
    if found and found.get("hasUniqueValue"):
        return Finding(what, True)
    if found:
        remedy = f"{name} does not require unique values, which cannot be switched on later; {kind.many} are searched"
        return Finding(what, False, f"{remedy} for; create another and set HUBSPOT_{kind.one.upper()}_KEY_PROPERTY")
    remedy = f"create {name} for {kind.many}: single-line text that requires unique values"
    return Finding(what, False, f"{remedy}; until then a {kind.one} whose fate is unknown is left to a person")


def _calls_left(client: Client) -> list[Finding]:
    """Only where the headers tell: they are absent for OAuth apps."""
    if client.daily is None:
        return []
    left, most = client.daily
    remedy = "see which app uses them: Settings > Integrations > Connected Apps > API call usage"
    return [calls_left(left, most, "today", remedy)]
