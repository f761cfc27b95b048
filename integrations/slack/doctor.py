"""Is the token good, are the scopes there, is the bot in a channel?"""

from __future__ import annotations

from expansion.contract import Failure
from integrations.kit.declare import Finding
from integrations.kit.rights import compared, not_told
from integrations.slack.channels import channels
from integrations.slack.client import Api
from integrations.slack.settings import FOR_PRIVATE, NEEDED


def check(api: Api) -> list[Finding]:
    """Is the token good, are the scopes there, is the bot in a channel?"""
    try:
        who = api.read("auth.test")
    except Failure as failure:
        return [Finding("slack", "the bot token", ok=False, remedy=str(failure))]
    findings = [Finding("slack", f"signed in to {who['team']} as {who['user']}", ok=True)]
    findings += _scopes(api.scopes)
    if not all(finding.ok for finding in findings):
        return findings
    try:
        joined = sorted(channel["name"] for channel in channels(api) if channel.get("is_member"))
    except Failure as failure:
        return [*findings, Finding("slack", "the list of channels", ok=False, remedy=str(failure))]
    if not joined:
        return [
            *findings,
            Finding("slack", "in no channel", ok=False, remedy="type `/invite` and the app's name there"),
        ]
    return [*findings, Finding("slack", f"in #{', #'.join(joined[:10])}", ok=True)]


def _scopes(held: frozenset[str]) -> list[Finding]:
    """As the header X-OAuth-Scopes of the last answer told them."""
    if not held:
        return [not_told("slack", "scopes", "Slack's answer did not say")]
    return compared(
        "slack",
        "scopes",
        NEEDED,
        held,
        give="add {names} under OAuth & Permissions and reinstall the app",
        take_away="take {names} away under OAuth & Permissions and reinstall the app",
        unremarkable=FOR_PRIVATE,
    )
