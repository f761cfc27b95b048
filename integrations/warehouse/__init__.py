"""A warehouse that has the events: rollups come back from it, and nothing is written. See docs/warehouse.md."""

from __future__ import annotations

from integrations.kit.declare import Connected, Finding, Integration, Names
from integrations.kit.world import IN_LIFE, World
from integrations.warehouse.settings import RIGHTS, Settings


def connect(settings: Settings, world: World = IN_LIFE) -> Connected:
    """Nothing is opened until it is asked: SQLAlchemy's drivers are slow to import."""

    def check(used: Names | None = None) -> list[Finding]:
        from integrations.warehouse import client, doctor

        return doctor.check(lambda: client.connect(settings.url.get_secret_value()), settings.map)

    return Connected(check=check)


INTEGRATION = Integration(
    name="warehouse",
    title="Warehouse",
    settings_model=Settings,
    connect=connect,
    rights=RIGHTS,
)
