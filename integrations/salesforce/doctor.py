"""What `expansion doctor` says about Salesforce."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from expansion.contract import TryLater
from integrations.kit.declare import Finding
from integrations.kit.doctor import asked, calls_left, fallback_owner, whether
from integrations.kit.said import whole
from integrations.salesforce.fields import spelling
from integrations.salesforce.meanings import SYSTEM
from integrations.salesforce.rights import rights

if TYPE_CHECKING:
    from integrations.salesforce.client import Client
    from integrations.salesforce.records import Owners
    from integrations.salesforce.settings import Settings


def check(client: Client, settings: Settings, owners: Owners, wanted: Sequence[str]) -> list[Finding]:
    """Signed in, the user's permissions, fields visible, calls left, fallback owner active."""
    signed_in = asked("signing in and reading", lambda: _signed_in(client))
    if not signed_in.ok:
        return [signed_in]
    task_key, deal_key = settings.task_key_field, settings.opportunity_key_field
    findings = [signed_in, *rights(client, wanted)]
    findings += [asked("fields of Account", lambda: _account_field(client, settings.account_key_field))]
    findings += [asked("key of tasks", lambda: _key_field(client, "Task", "Activity", task_key))]
    if "Opportunity: Create" in wanted:
        about = "key of opportunities"
        findings += [asked(about, lambda: _key_field(client, "Opportunity", "Opportunity", deal_key))]
    findings += [asked("fallback owner", lambda: _fallback(owners, settings.fallback_owner))]
    return [*findings, asked("API calls", lambda: _calls_left(client))]


def _signed_in(client: Client) -> Finding:
    client.read("limits/")
    return Finding("signed in", True)


def _account_field(client: Client, field: str) -> Finding:
    return whether(
        f"Account.{field} holds the product's account id",
        spelling(field, client.fields("Account")),
        f"create {field} on Account, or show it to the integration user, or set SALESFORCE_ACCOUNT_KEY_FIELD",
    )


def _key_field(client: Client, sobject: str, created_on: str, name: str) -> Finding:
    what = f"{sobject}.{name} makes creating repeatable"
    known = client.fields(sobject)
    field = known.get(spelling(name, known) or name)
    remedy = f"Setup > Object Manager > {created_on} > Fields: {name}, Text(64), with External ID and Unique ticked"
    if field is None:
        return Finding(what, False, f"{remedy}; until then the key stands in the last line of the text")
    if not (field.get("externalId") and field.get("unique")):
        return Finding(what, False, remedy)
    return whether(what, field.get("createable"), f"let the integration user edit {name} on {created_on}")


def _fallback(owners: Owners, email: str | None) -> Finding:
    def find() -> str | None:
        owners.learn([])
        return owners.fallback()

    return fallback_owner("SALESFORCE_FALLBACK_OWNER", email, find)


def _calls_left(client: Client) -> Finding:
    reply = client.read("limits/")
    day = reply.get("DailyApiRequests") if isinstance(reply, dict) else None
    if not isinstance(day, dict) or not day.get("Max"):
        raise TryLater(f"{SYSTEM} does not say how many API calls are left")
    left, most = whole(day.get("Remaining")), whole(day["Max"])
    if left is None or not most:
        raise TryLater(f"{SYSTEM} says in no number how many API calls are left")
    return calls_left(left, most, "in these 24 hours", "see which tool uses them: Setup > System Overview")
