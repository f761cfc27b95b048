"""Gainsight CS: health and fields of companies, open CTAs; CTAs, Timeline entries and fields of the company."""

from __future__ import annotations

from integrations.gainsight.actions import (
    Activities,
    AddTimelineActivityAction,
    CreateCtaAction,
    UpdateCompanyAction,
)
from integrations.gainsight.change import ChangeCtaAction
from integrations.gainsight.client import Client
from integrations.gainsight.ctas import Ctas
from integrations.gainsight.doctor import check
from integrations.gainsight.owners import Owners
from integrations.gainsight.settings import LIMITS, RIGHTS, Settings
from integrations.gainsight.sources import CompanySource, CtaSource
from integrations.gainsight.states import CtaStates
from integrations.kit.declare import ActionBase, Connected, Integration
from integrations.kit.shapes import checked
from integrations.kit.world import IN_LIFE, World


def connect(settings: Settings, world: World = IN_LIFE) -> Connected:
    """Gainsight with these settings; nothing is asked of it yet."""
    client = Client(settings, world)
    owners, ctas = Owners(client), Ctas(client)
    states = CtaStates(client, ctas)
    actions: list[ActionBase] = [
        CreateCtaAction(ctas, owners, states),
        ChangeCtaAction(client, states, owners),
        AddTimelineActivityAction(Activities(client), owners),
        UpdateCompanyAction(client),
    ]
    return Connected(
        actions={action.name: action for action in actions},
        sources={source.name: source for source in (CompanySource(client), CtaSource(client))},
        check=checked("Gainsight", lambda used=None: check(client, owners, used)),
        account_links={"Company in Gainsight": client.link("customersuccess360?cid", "{gainsight}")},
    )


INTEGRATION = Integration(
    name="gainsight",
    title="Gainsight",
    settings_model=Settings,
    connect=connect,
    actions={
        action.name: action
        for action in (CreateCtaAction, ChangeCtaAction, AddTimelineActivityAction, UpdateCompanyAction)
    },
    sources={source.name: source for source in (CompanySource, CtaSource)},
    limits=LIMITS,
    rights=RIGHTS,
)
