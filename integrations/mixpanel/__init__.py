"""Mixpanel: cohort members, user and group profiles, the raw events as a stream; and properties of groups, set."""

from __future__ import annotations

from integrations.kit.budgets import Budget
from integrations.kit.declare import Connected, Integration
from integrations.kit.shapes import checked
from integrations.kit.world import IN_LIFE, World
from integrations.mixpanel.client import Api, Queries
from integrations.mixpanel.cohorts import Cohorts
from integrations.mixpanel.doctor import check
from integrations.mixpanel.export import Export
from integrations.mixpanel.groups import Groups, SetGroupPropertiesAction, TakeBackAction
from integrations.mixpanel.inbound import Calls
from integrations.mixpanel.rights import RIGHTS
from integrations.mixpanel.settings import EXPORTS, QUERIES_AN_HOUR, Settings
from integrations.mixpanel.sources import Cohort, Group, Profile

_ACTIONS = (SetGroupPropertiesAction, TakeBackAction)


def connect(settings: Settings, world: World = IN_LIFE) -> Connected:
    """Mixpanel with these settings; nothing is asked of it yet."""
    place = f"{settings.base_url or settings.region} {settings.project_id}"
    queries = Queries(settings.queries_per_hour, world.clock, world.allowance, place)
    exports = Budget("Mixpanel exports", *EXPORTS, clock=world.clock, allowance=world.allowance, place=place)
    api = Api(settings, queries, exports, world)
    sources = {kind.name: kind(api) for kind in (Group, Profile, Cohort)}
    groups = Groups(settings, world)
    return Connected(
        actions={kind.name: kind(groups) for kind in _ACTIONS},
        sources={Export.name: Export(api, world.now), **sources},
        check=checked("Mixpanel", lambda used=None: check(api, world.now)),
    )


INTEGRATION = Integration(
    name="mixpanel",
    title="Mixpanel",
    settings_model=Settings,
    connect=connect,
    actions={kind.name: kind for kind in _ACTIONS},
    sources={kind.name: kind for kind in (Export, Group, Profile, Cohort)},
    inbound={kind.name: kind for kind in (Calls, Cohorts)},
    limits=(QUERIES_AN_HOUR, *EXPORTS),
    rights=RIGHTS,
)
