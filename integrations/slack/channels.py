"""The channels that the bot can see."""

from __future__ import annotations

from typing import Any

from integrations.slack.client import Api, next_cursor
from integrations.slack.meanings import MissingScope


def channels(api: Api) -> list[dict[str, Any]]:
    """All channels the bot can see; the private ones only where it has the scope for them."""
    try:
        return channels_of(api, "public_channel,private_channel")
    except MissingScope as failure:
        if failure.needed != "groups:read":
            raise
        return channels_of(api, "public_channel")


def channels_of(api: Api, types: str) -> list[dict[str, Any]]:
    """All channels of these types, page by page."""
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = api.read("conversations.list", types=types, exclude_archived=True, limit=1000, cursor=cursor)
        found += page["channels"]
        cursor = next_cursor(page, cursor)
        if not cursor:
            return found
