"""Amplitude: the accounts of a cohort's members, and the raw events; accounts put into a cohort, or marked."""

from __future__ import annotations

from integrations.amplitude.actions import (
    AddToCohortAction,
    RemoveFromCohortAction,
    SetGroupPropertiesAction,
    TakeBackAction,
)
from integrations.amplitude.client import Client
from integrations.amplitude.cohorts import Cohorts
from integrations.amplitude.doctor import check
from integrations.amplitude.export import Export
from integrations.amplitude.inbound import Calls
from integrations.amplitude.settings import DOWNLOADS, DOWNLOADS_A_MONTH, RIGHTS, Settings
from integrations.amplitude.sources import Cohort
from integrations.kit.declare import Connected, Integration
from integrations.kit.shapes import checked
from integrations.kit.world import IN_LIFE, World

_ACTIONS = (AddToCohortAction, RemoveFromCohortAction, SetGroupPropertiesAction, TakeBackAction)


def connect(settings: Settings, world: World = IN_LIFE) -> Connected:
    """Amplitude with these settings; nothing is asked of it yet."""
    client = Client(settings, world)
    return Connected(
        actions={kind.name: kind(client) for kind in _ACTIONS},
        sources={Export.name: Export(client, world.now), Cohort.name: Cohort(client)},
        check=checked("Amplitude", lambda used=None: check(client, world.now)),
    )


INTEGRATION = Integration(
    name="amplitude",
    title="Amplitude",
    settings_model=Settings,
    connect=connect,
    actions={kind.name: kind for kind in _ACTIONS},
    sources={kind.name: kind for kind in (Export, Cohort)},
    inbound={kind.name: kind for kind in (Calls, Cohorts)},
    limits=(DOWNLOADS_A_MONTH, *DOWNLOADS),
    rights=RIGHTS,
)
