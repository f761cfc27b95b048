"""Is the token taken, and does it act for an admin?"""

from __future__ import annotations

from integrations.kit.declare import Finding
from integrations.kit.doctor import asked
from integrations.zendesk.client import Client


def check(client: Client) -> list[Finding]:
    """One call, and nothing is written. An export is not tried: there are ten a minute for all tools together."""
    return [asked("the API token", lambda: _signed_in(client))]


def _signed_in(client: Client) -> Finding:
    """To a stranger, too, Zendesk answers with a user, who has no id and no role."""
    user = client.me()
    if user.get("id") is None:
        remedy = "check ZENDESK_EMAIL and ZENDESK_API_TOKEN, and that token access is switched on in Admin Center"
        return Finding("not signed in", False, remedy)
    if user.get("role") != "admin":
        remedy = "only an admin may export tickets; set ZENDESK_EMAIL and ZENDESK_API_TOKEN of one"
        return Finding(f"signed in with the role {user.get('role')}", False, remedy)
    return Finding("signed in as an admin", True)
