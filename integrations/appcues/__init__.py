"""Appcues: makes the people of an account eligible for a flow, and withdraws that again."""

from __future__ import annotations

from integrations.appcues.actions import (
    AddToSegmentAction,
    AppcuesAction,
    SetGroupPropertyAction,
    SetUserPropertyAction,
)
from integrations.appcues.client import Client
from integrations.appcues.doctor import check
from integrations.appcues.settings import LIMIT, RIGHTS, Settings
from integrations.appcues.take_back import ClearGroupPropertyAction, ClearUserPropertyAction, RemoveFromSegmentAction
from integrations.kit.declare import Connected, Integration
from integrations.kit.shapes import checked
from integrations.kit.world import IN_LIFE, World

ACTIONS: tuple[type[AppcuesAction], ...] = (
    SetGroupPropertyAction,
    SetUserPropertyAction,
    AddToSegmentAction,
    ClearGroupPropertyAction,
    ClearUserPropertyAction,
    RemoveFromSegmentAction,
)


def connect(settings: Settings, world: World = IN_LIFE) -> Connected:
    """Appcues with these settings; nothing is asked of it yet."""
    client = Client(settings, world)
    return Connected(
        actions={action.name: action(client) for action in ACTIONS},
        check=checked("Appcues", lambda used=None: check(client)),
    )


INTEGRATION = Integration(
    name="appcues",
    title="Appcues",
    settings_model=Settings,
    connect=connect,
    actions={action.name: action for action in ACTIONS},
    limits=(LIMIT,),
    rights=RIGHTS,
)
