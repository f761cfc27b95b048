"""Warehouses: tables are pulled, or events are rolled up there; nothing is written. See docs/warehouse.md."""

from __future__ import annotations

from integrations.kit.declare import Connected, Finding, Integration, Names
from integrations.kit.world import IN_LIFE, World
from integrations.warehouse.settings import RIGHTS, Settings
from integrations.warehouse.sources import EVERY


def connect(settings: Settings, world: World = IN_LIFE) -> Connected:
    """Nothing is opened until it is asked: SQLAlchemy's drivers are slow to import."""

    def check(used: Names | None = None) -> list[Finding]:
        from integrations.warehouse import client, doctor, table_doctor

        findings = table_doctor.check(settings.sources, settings.urls, used)
        if settings.engine_url is not None:
            url = settings.engine_url.get_secret_value()
            findings += doctor.check(lambda: client.connect(url), settings.engine_map)
        return findings

    return Connected(check=check, sources={kind.name: kind(settings.sources, settings.urls) for kind in EVERY})


INTEGRATION = Integration(
    name="warehouse",
    title="Warehouse",
    settings_model=Settings,
    connect=connect,
    sources={kind.name: kind for kind in EVERY},
    rights=RIGHTS,
)
