"""Heap: properties of accounts. Segments of its users go by them."""

from __future__ import annotations

from integrations.heap.client import Client
from integrations.kit.shapes import reads
from integrations.kit.traits import OnAccounts, SetsBackOnAccounts, SetsOnAccounts, Setting


class _OnAccounts(OnAccounts):
    system = "Heap"
    longest = 1023  # "under 1024 characters", of names and of values

    def __init__(self, client: Client) -> None:
        self._client = client

    def put(self, setting: Setting) -> str | None:
        self._client.set_properties(setting.account, setting.properties)
        return None


@reads("Heap")
class SetAccountPropertiesAction(_OnAccounts, SetsOnAccounts):
    """Sets properties of the account."""

    name = "heap.set_account_properties"
    title = "Set properties of the account in Heap"
    followed_by = "heap.take_back"
    note = "The Account ID has to be configured in Heap. Its app id is public: whoever has it can set them, too."


@reads("Heap")
class TakeBackAction(_OnAccounts, SetsBackOnAccounts):
    """Sets them to what they are to be afterwards."""

    name = "heap.take_back"
    title = "Set properties of the account in Heap back"
