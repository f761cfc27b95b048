"""Mixpanel: cohort members, user and group profiles, and the raw events as a stream."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache

from integrations.kit import settings as _settings
from integrations.kit.declare import Allowance, Budget, Connected, Integration, RetryPolicy
from integrations.kit.shapes import checked
from integrations.mixpanel.client import Api, Queries
from integrations.mixpanel.doctor import check
from integrations.mixpanel.rights import RIGHTS
from integrations.mixpanel.settings import EXPORTS, QUERIES_AN_HOUR, RETRY, Settings
from integrations.mixpanel.sources import Cohort, Export, Group, Profile


@cache
def _queries_alone(place: str, per_hour: int) -> Queries:
    """One budget per project and process, however often a flow connects."""
    return Queries(per_hour)


@cache
def _exports_alone(place: str) -> Budget:
    return Budget("Mixpanel exports", *EXPORTS)


def _queries(place: str, per_hour: int, allowance: Allowance | None) -> Queries:
    return Queries(per_hour, allowance=allowance, place=place) if allowance else _queries_alone(place, per_hour)


def _exports(place: str, allowance: Allowance | None) -> Budget:
    if allowance is None:
        return _exports_alone(place)
    return Budget("Mixpanel exports", *EXPORTS, allowance=allowance, place=place)


def connect(
    settings: Settings | None = None,
    *,
    allowance: Allowance | None = None,
    retry: RetryPolicy = RETRY,
    queries: Queries | None = None,
    exports: Budget | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Connected:
    """Read the settings and make the client; nothing is asked of Mixpanel yet."""
    settings = settings or _settings.read(Settings)
    place = f"{settings.base_url or settings.region} {settings.project_id}"
    api = Api(
        settings,
        queries or _queries(place, settings.queries_per_hour, allowance),
        exports or _exports(place, allowance),
        retry,
    )
    sources = {kind.name: kind(api) for kind in (Group, Profile, Cohort)}
    return Connected(
        sources={Export.name: Export(api, now), **sources},
        check=checked("Mixpanel", lambda used=None: check(api, now)),
    )


INTEGRATION = Integration(
    name="mixpanel",
    title="Mixpanel",
    settings_model=Settings,
    connect=connect,
    sources={kind.name: kind for kind in (Export, Group, Profile, Cohort)},
    limits=(QUERIES_AN_HOUR, *EXPORTS),
    rights=RIGHTS,
)
