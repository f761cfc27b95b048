"""What `expansion doctor` says about Salesforce."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from expansion.contract import Failure, TryLater
from integrations.kit.declare import Finding
from integrations.kit.said import whole
from integrations.salesforce.fields import spelling
from integrations.salesforce.meanings import SYSTEM
from integrations.salesforce.rights import rights

if TYPE_CHECKING:
    from integrations.salesforce.client import Client
    from integrations.salesforce.records import Owners
    from integrations.salesforce.settings import Settings

_LITTLE_LEFT = 0.1


def check(client: Client, settings: Settings, owners: Owners, wanted: Sequence[str]) -> list[Finding]:
    """Signed in, the user's permissions, fields visible, calls left, fallback owner active."""
    try:
        client.read("limits/")
    except Failure as failure:
        return [Finding(SYSTEM, "signing in and reading", False, str(failure))]
    findings = [Finding(SYSTEM, "signed in", True), *rights(client, wanted)]
    findings += _safely("fields of Account", lambda: _account_field(client, settings.account_key_field))
    findings += _safely("key of tasks", lambda: _key_field(client, "Task", "Activity", settings.task_key_field))
    if "Opportunity: Create" in wanted:
        findings += _safely(
            "key of opportunities",
            lambda: _key_field(client, "Opportunity", "Opportunity", settings.opportunity_key_field),
        )
    findings += _safely("fallback owner", lambda: _fallback(owners, settings.fallback_owner))
    findings += _safely("API calls", lambda: _calls_left(client))
    return findings


def _safely(what: str, ask: Callable[[], Finding]) -> list[Finding]:
    try:
        return [ask()]
    except Failure as failure:
        return [Finding(SYSTEM, what, False, str(failure))]


def _account_field(client: Client, field: str) -> Finding:
    what = f"Account.{field} holds the product's account id"
    if spelling(field, client.fields("Account")):
        return Finding(SYSTEM, what, True)
    remedy = f"create {field} on Account, or show it to the integration user, or set SALESFORCE_ACCOUNT_KEY_FIELD"
    return Finding(SYSTEM, what, False, remedy)


def _key_field(client: Client, sobject: str, created_on: str, name: str) -> Finding:
    what = f"{sobject}.{name} makes creating repeatable"
    known = client.fields(sobject)
    field = known.get(spelling(name, known) or name)
    remedy = f"Setup > Object Manager > {created_on} > Fields: {name}, Text(64), with External ID and Unique ticked"
    if field is None:
        return Finding(SYSTEM, what, False, f"{remedy}; until then the key stands in the last line of the text")
    if not (field.get("externalId") and field.get("unique")):
        return Finding(SYSTEM, what, False, remedy)
    if not field.get("createable"):
        return Finding(SYSTEM, what, False, f"let the integration user edit {name} on {created_on}")
    return Finding(SYSTEM, what, True)


def _fallback(owners: Owners, email: str | None) -> Finding:
    what = "a fallback owner is active"
    if not email:
        remedy = "set SALESFORCE_FALLBACK_OWNER, or work for owners who have left is refused"
        return Finding(SYSTEM, what, False, remedy)
    owners.learn([])
    if owners.fallback():
        return Finding(SYSTEM, what, True)
    return Finding(SYSTEM, what, False, "SALESFORCE_FALLBACK_OWNER is not the e-mail address of an active user")


def _calls_left(client: Client) -> Finding:
    reply = client.read("limits/")
    day = reply.get("DailyApiRequests") if isinstance(reply, dict) else None
    if not isinstance(day, dict) or not day.get("Max"):
        raise TryLater(f"{SYSTEM} does not say how many API calls are left")
    left, most = whole(day.get("Remaining")), whole(day["Max"])
    if left is None or not most:
        raise TryLater(f"{SYSTEM} says in no number how many API calls are left")
    what = f"{left:,} of {most:,} API calls left in these 24 hours"
    enough = left > most * _LITTLE_LEFT
    return Finding(SYSTEM, what, enough, None if enough else "see which tool uses them: Setup > System Overview")
