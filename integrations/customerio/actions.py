"""Customer.io: attributes of the object that stands for an account. Segments and campaigns of its people go by them."""

from __future__ import annotations

from integrations.customerio.client import Client
from integrations.kit.shapes import reads
from integrations.kit.traits import OnAccounts, SetsBackOnAccounts, SetsOnAccounts, Setting

NOTE = "People are in reach of it only where they are related to the object; relationships are not made here."


class _OnObjects(OnAccounts):
    system = "Customer.io"
    longest = 1000  # bytes of a value, says the Track API's page; counted here in characters

    def __init__(self, client: Client) -> None:
        self._client = client

    def put(self, setting: Setting) -> str | None:
        self._client.set_attributes(setting.account, setting.properties)
        return None


@reads("Customer.io")
class SetObjectAttributesAction(_OnObjects, SetsOnAccounts):
    """Sets attributes of the account's object."""

    name = "customerio.set_object_attributes"
    title = "Set attributes of the account's object in Customer.io"
    followed_by = "customerio.take_back"
    note = NOTE


@reads("Customer.io")
class TakeBackAction(_OnObjects, SetsBackOnAccounts):
    """Sets them to what they are to be afterwards."""

    name = "customerio.take_back"
    title = "Set attributes of the account's object in Customer.io back"
