"""Is the token good, are the scopes there, is the bot in a channel?"""

from __future__ import annotations

from integrations.kit.declare import Finding, Names
from integrations.kit.doctor import asked
from integrations.kit.rights import compared, needed, not_told
from integrations.slack.channels import channels
from integrations.slack.client import Api
from integrations.slack.settings import FOR_PRIVATE, RIGHTS


def check(api: Api, used: Names | None = None) -> list[Finding]:
    """Is the token good, are the scopes there, is the bot in a channel?"""
    token = asked("the bot token", lambda: _signed_in(api))
    if not token.ok:
        return [token]
    findings = [token, *_scopes(api.scopes, used)]
    if not all(finding.ok for finding in findings):
        return findings
    return [*findings, asked("the list of channels", lambda: _joined(api))]


def _signed_in(api: Api) -> Finding:
    who = api.read("auth.test")
    return Finding(f"signed in to {who['team']} as {who['user']}", True)


def _joined(api: Api) -> Finding:
    joined = sorted(channel["name"] for channel in channels(api) if channel.get("is_member"))
    if not joined:
        return Finding("in no channel", False, "type `/invite` and the app's name there")
    return Finding(f"in #{', #'.join(joined[:10])}", True)


def _scopes(held: frozenset[str], used: Names | None) -> list[Finding]:
    """As the header X-OAuth-Scopes of the last answer told them."""
    if not held:
        return [not_told("scopes", "Slack's answer did not say")]
    return compared(
        "scopes",
        needed(RIGHTS, used),
        held,
        give="add {names} under OAuth & Permissions and reinstall the app",
        take_away="take {names} away under OAuth & Permissions and reinstall the app",
        unremarkable=FOR_PRIVATE,
    )
