"""Customer.io: attributes of the objects that stand for accounts."""

from __future__ import annotations

from integrations.customerio.actions import SetObjectAttributesAction, TakeBackAction
from integrations.customerio.client import Client
from integrations.customerio.doctor import check
from integrations.customerio.settings import LIMIT, RIGHTS, Settings
from integrations.kit.declare import Connected, Integration
from integrations.kit.shapes import checked
from integrations.kit.world import IN_LIFE, World

_ACTIONS = (SetObjectAttributesAction, TakeBackAction)


def connect(settings: Settings, world: World = IN_LIFE) -> Connected:
    """Customer.io with these settings; nothing is asked of it yet."""
    client = Client(settings, world)
    return Connected(
        actions={kind.name: kind(client) for kind in _ACTIONS},
        check=checked("Customer.io", lambda used=None: check(settings, client)),
    )


INTEGRATION = Integration(
    name="customerio",
    title="Customer.io",
    settings_model=Settings,
    connect=connect,
    actions={kind.name: kind for kind in _ACTIONS},
    limits=(LIMIT,),
    rights=RIGHTS,
)
