"""Salesforce: what the CRM knows of an account and its cases; tasks and opportunities for its owner; campaigns."""

from __future__ import annotations

from dataclasses import replace

from integrations.kit.declare import ActionBase, Connected, Integration, SourceBase
from integrations.kit.rights import needed
from integrations.kit.shapes import checked
from integrations.kit.world import IN_LIFE, World
from integrations.salesforce.accounts import AccountSource
from integrations.salesforce.actions import CreateOpportunityAction, CreateTaskAction, UpdateFieldsAction
from integrations.salesforce.cases import CaseSource
from integrations.salesforce.change import ChangeTaskAction
from integrations.salesforce.doctor import check
from integrations.salesforce.enrol import AddToCampaignAction, RemoveFromCampaignAction
from integrations.salesforce.inputs import CreateTask
from integrations.salesforce.merges import MergedAccountSource
from integrations.salesforce.opportunities import OpportunitySource
from integrations.salesforce.settings import LIMITS, RIGHTS, Settings
from integrations.salesforce.won import WonOpportunitySource

ACTIONS: tuple[type[ActionBase], ...] = (
    CreateTaskAction,
    CreateOpportunityAction,
    UpdateFieldsAction,
    ChangeTaskAction,
    AddToCampaignAction,
    RemoveFromCampaignAction,
)
_BY_KEY = (AccountSource, OpportunitySource, CaseSource, MergedAccountSource)
SOURCES: tuple[type[SourceBase], ...] = (*_BY_KEY, WonOpportunitySource)


def connect(settings: Settings, world: World = IN_LIFE) -> Connected:
    """The integration facing one org. Nothing is sent until it is used."""
    from integrations.salesforce.campaigns import Campaigns
    from integrations.salesforce.client import Client
    from integrations.salesforce.people import People
    from integrations.salesforce.records import Kind, Owners, Records
    from integrations.salesforce.tasks import TaskStates

    client = Client(settings, world, (replace(LIMITS[0], calls=settings.daily_calls),))
    owners = Owners(client, settings.fallback_owner)
    tasks = Records(client, Kind("Task", "WhatId", settings.task_key_field), owners)
    deals = Records(client, Kind("Opportunity", "AccountId", settings.opportunity_key_field), owners)
    campaigns = Campaigns(client)
    states = TaskStates(client, owners)
    actions: list[ActionBase] = [
        CreateTaskAction(tasks, owners, states),
        ChangeTaskAction(client, states, owners, CreateTask, settings.task_done_status),
        CreateOpportunityAction(deals, owners),
        UpdateFieldsAction(client),
        AddToCampaignAction(client, campaigns, People(client)),
        RemoveFromCampaignAction(campaigns),
    ]
    key = settings.account_key_field
    sources: list[SourceBase] = [kind(client, key) for kind in _BY_KEY]
    sources.append(WonOpportunitySource(client, key, settings.outcome_amount_field))
    return Connected(
        actions={action.name: action for action in actions},
        sources={source.name: source for source in sources},
        check=checked("Salesforce", lambda used=None: check(client, settings, owners, needed(RIGHTS, used))),
        account_links={"Account in Salesforce": f"{_site(settings)}/lightning/r/Account/{{salesforce}}/view"},
    )


def _site(settings: Settings) -> str:
    """Where people sign in; no sign-in of ours is needed to know it."""
    return (settings.base_url or f"https://{settings.my_domain}.salesforce.com").rstrip("/")


INTEGRATION = Integration(
    name="salesforce",
    title="Salesforce",
    settings_model=Settings,
    connect=connect,
    actions={action.name: action for action in ACTIONS},
    sources={source.name: source for source in SOURCES},
    limits=LIMITS,
    rights=RIGHTS,
)
