"""What can be told of receivers without sending anything: a workflow tool starts its workflow at the first call."""

from __future__ import annotations

from urllib.parse import urlsplit

from integrations.kit.declare import Finding
from integrations.webhook.settings import Settings


def check(settings: Settings) -> list[Finding]:
    """Where messages would go; nothing is asked."""
    hosts = ", ".join(f"`{name}` at {urlsplit(address).hostname}" for name, address in settings.known.items())
    untold = "whether a receiver takes our messages is told by the first one alone: send one, with `expansion run`"
    return [Finding(f"sends to {hosts}", True), Finding(untold, True, mark="note")]
