"""What can be told of workflows without posting anything."""

from __future__ import annotations

from integrations.kit.declare import Finding
from integrations.teams.settings import Settings


def check(settings: Settings) -> list[Finding]:
    """Which channels there are; nothing is asked, for a call to a workflow posts."""
    channels = ", ".join(settings.known)
    untold = "whether a workflow is switched on is told by the first message alone: post one, with `expansion run`"
    return [Finding(f"posts in {channels}", True), Finding(untold, True, mark="note")]
