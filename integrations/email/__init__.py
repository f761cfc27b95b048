"""E-mail by SMTP: for teams with none of the other systems, and for owners who read nothing else."""

from __future__ import annotations

from integrations.email.actions import ReplyAction, SendEmailAction
from integrations.email.client import Client
from integrations.email.doctor import check
from integrations.email.settings import LIMIT, RIGHTS, Settings
from integrations.kit.declare import Connected, Integration
from integrations.kit.world import IN_LIFE, World


def connect(settings: Settings, world: World = IN_LIFE) -> Connected:
    """With these settings; nothing is sent yet."""
    client = Client(settings, world)
    actions = [kind(client, world.now) for kind in (SendEmailAction, ReplyAction)]
    return Connected(actions={one.name: one for one in actions}, check=lambda used=None: check(client))


INTEGRATION = Integration(
    name="email",
    title="E-mail",
    settings_model=Settings,
    connect=connect,
    actions={kind.name: kind for kind in (SendEmailAction, ReplyAction)},
    limits=(LIMIT,),
    rights=RIGHTS,
)
