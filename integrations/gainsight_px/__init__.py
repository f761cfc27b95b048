"""Gainsight PX: who matched a segment; people into external segments, which engagements can ask for."""

from __future__ import annotations

from integrations.gainsight_px.actions import AddToSegmentAction, TakeBackAction
from integrations.gainsight_px.client import Client
from integrations.gainsight_px.doctor import check
from integrations.gainsight_px.settings import LIMITS, RIGHTS, Settings
from integrations.gainsight_px.sources import SegmentSource
from integrations.kit.declare import Connected, Integration
from integrations.kit.shapes import checked
from integrations.kit.world import IN_LIFE, World


def connect(settings: Settings, world: World = IN_LIFE) -> Connected:
    """Gainsight PX with these settings; nothing is asked of it yet."""
    client = Client(settings, world)
    return Connected(
        actions={action.name: action for action in (AddToSegmentAction(client), TakeBackAction(client))},
        sources={SegmentSource.name: SegmentSource(client)},
        check=checked("Gainsight PX", lambda used=None: check(client)),
    )


INTEGRATION = Integration(
    name="gainsight_px",
    title="Gainsight PX",
    settings_model=Settings,
    connect=connect,
    actions={action.name: action for action in (AddToSegmentAction, TakeBackAction)},
    sources={SegmentSource.name: SegmentSource},
    limits=LIMITS,
    rights=RIGHTS,
)
