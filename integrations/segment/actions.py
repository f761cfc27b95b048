"""Segment: traits of the group that stands for an account, for all that Segment passes them on to."""

from __future__ import annotations

from integrations.kit.shapes import reads
from integrations.kit.traits import OnAccounts, SetsBackOnAccounts, SetsOnAccounts, Setting
from integrations.segment.client import Client


class _OnGroups(OnAccounts):
    system = "Segment"
    longest = 8_000  # characters, so that one text alone never fills a call

    def __init__(self, client: Client) -> None:
        self._client = client

    def put(self, setting: Setting) -> str | None:
        self._client.group(setting.key, setting.account, setting.properties)
        return None


@reads("Segment")
class SetGroupTraitsAction(_OnGroups, SetsOnAccounts):
    """Sets traits of the account's group."""

    name = "segment.set_group_traits"
    title = "Set traits of the account's group in Segment"
    followed_by = "segment.take_back"
    note = "Segment says yes to nearly all: with a wrong key, or in the wrong region, what is sent is lost."


@reads("Segment")
class TakeBackAction(_OnGroups, SetsBackOnAccounts):
    """Sets them to what they are to be afterwards."""

    name = "segment.take_back"
    title = "Set traits of the account's group in Segment back"
