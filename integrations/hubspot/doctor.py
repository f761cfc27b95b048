"""What `expansion doctor` says about HubSpot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from expansion.contract import Failure
from integrations.hubspot.meanings import SYSTEM
from integrations.kit.declare import Finding
from integrations.kit.rights import compared, not_told

if TYPE_CHECKING:
    from integrations.hubspot.client import Client
    from integrations.hubspot.companies import Owners
    from integrations.hubspot.settings import Settings

_LITTLE_LEFT = 0.1
_KEYS = "Settings > Integrations > Service Keys"
_BY_ITSELF = ("oauth",)  # HubSpot adds it, and nobody can take it away


def check(client: Client, settings: Settings, owners: Owners, scopes: Sequence[str]) -> list[Finding]:
    """Key taken, its scopes, what it may read, properties there, fallback owner active, calls left; nothing written."""
    try:
        client.details()
    except Failure as failure:
        return [Finding(SYSTEM, "the key is taken", False, str(failure))]
    objects = f"/crm/objects/{client.version}"
    return [
        Finding(SYSTEM, "the key is taken", True),
        *_scopes(client, scopes),
        _reads(client, "companies", f"{objects}/companies"),
        _reads(client, "tasks", f"{objects}/tasks"),
        _reads(client, "owners", f"/crm/owners/{client.version}"),
        _safely("property of companies", lambda: _account_property(client, settings.account_key_property)),
        _safely("property of tasks", lambda: _task_property(client, settings.task_key_property)),
        _safely("fallback owner", lambda: _fallback(owners, settings.fallback_owner)),
        *_calls_left(client),
    ]


def _safely(what: str, ask: Callable[[], Finding]) -> Finding:
    try:
        return ask()
    except Failure as failure:
        return Finding(SYSTEM, what, False, str(failure))


def _scopes(client: Client, wanted: Sequence[str]) -> list[Finding]:
    try:
        held = client.scopes()
    except Failure as failure:
        return [not_told(SYSTEM, "scopes", failure)]
    return compared(
        SYSTEM,
        "scopes",
        wanted,
        held,
        give=f"add {{names}} to the key in {_KEYS}",
        take_away=f"take {{names}} away from the key in {_KEYS}",
        unremarkable=_BY_ITSELF,
    )


def _reads(client: Client, what: str, path: str) -> Finding:
    def ask() -> Finding:
        client.read(path, {"limit": 1})
        return Finding(SYSTEM, f"reads {what}", True)

    return _safely(f"reads {what}", ask)


def _account_property(client: Client, name: str) -> Finding:
    what = f"the company property {name} holds the product's account id"
    if name in client.properties("companies"):
        return Finding(SYSTEM, what, True)
    remedy = f"create {name} in Settings > Properties > Company, or set HUBSPOT_ACCOUNT_KEY_PROPERTY"
    return Finding(SYSTEM, what, False, remedy)


def _task_property(client: Client, name: str) -> Finding:
    what = f"the task property {name} makes creating repeatable"
    found = client.properties("tasks").get(name)
    if found and found.get("hasUniqueValue"):
        return Finding(SYSTEM, what, True)
    if found:
        remedy = f"{name} does not require unique values, which cannot be switched on later; tasks are searched for"
        return Finding(SYSTEM, what, False, f"{remedy}; create another and set HUBSPOT_TASK_KEY_PROPERTY")
    remedy = f"create {name} for tasks: single-line text that requires unique values"
    return Finding(SYSTEM, what, False, f"{remedy}; until then a task whose fate is unknown is left to a person")


def _fallback(owners: Owners, email: str | None) -> Finding:
    what = "a fallback owner is active"
    if not email:
        remedy = "set HUBSPOT_FALLBACK_OWNER, or work for owners who have left is refused"
        return Finding(SYSTEM, what, False, remedy)
    if owners.fallback():
        return Finding(SYSTEM, what, True)
    return Finding(SYSTEM, what, False, "HUBSPOT_FALLBACK_OWNER is not the e-mail address of an active user")


def _calls_left(client: Client) -> list[Finding]:
    """Only where the headers tell: they are absent for OAuth apps."""
    if client.daily is None:
        return []
    left, most = client.daily
    enough = left > most * _LITTLE_LEFT
    remedy = None if enough else "see which app uses them: Settings > Integrations > Connected Apps > API call usage"
    return [Finding(SYSTEM, f"{left:,} of {most:,} API calls left today", enough, remedy)]
