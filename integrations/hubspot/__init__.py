"""HubSpot: what the CRM knows of an account, its deals and tickets; tasks for its owner; properties of the company."""

from __future__ import annotations

from dataclasses import replace

from integrations.hubspot.actions import CreateTaskAction, UpdatePropertiesAction
from integrations.hubspot.change import ChangeTaskAction
from integrations.hubspot.companies import CompanySource, Owners
from integrations.hubspot.create_deal import CreateDealAction
from integrations.hubspot.deals import DealSource
from integrations.hubspot.doctor import check
from integrations.hubspot.inputs import CreateTask
from integrations.hubspot.kinds import DEAL, TASK
from integrations.hubspot.lists import AddToListAction, RemoveFromListAction
from integrations.hubspot.merges import MergedCompanySource
from integrations.hubspot.sequences import EnrolInSequenceAction
from integrations.hubspot.settings import LIMITS, RIGHTS, SEARCH_LIMITS, Settings
from integrations.hubspot.tickets import OpenTicketSource, TicketSource
from integrations.hubspot.webhook import Webhook
from integrations.hubspot.won import WonDealSource
from integrations.kit.declare import ActionBase, Connected, Integration, SourceBase
from integrations.kit.rights import needed
from integrations.kit.shapes import checked
from integrations.kit.world import IN_LIFE, World


def connect(settings: Settings, world: World = IN_LIFE) -> Connected:
    """The integration facing one portal. Nothing is sent until it is used."""
    from integrations.hubspot.client import Client
    from integrations.hubspot.records import Records
    from integrations.hubspot.task_states import TaskStates

    limits = (replace(LIMITS[0], calls=settings.calls_in_ten_seconds),)
    client = Client(settings, world, limits, SEARCH_LIMITS)
    owners = Owners(client, settings.fallback_owner)
    tasks = Records(client, TASK, settings.task_key_property)
    deals = Records(client, DEAL, settings.deal_key_property)
    states = TaskStates(client, tasks, owners)
    actions: list[ActionBase] = [
        CreateTaskAction(tasks, owners, states),
        ChangeTaskAction(client, states, owners, CreateTask),
        UpdatePropertiesAction(client),
        CreateDealAction(client, deals, owners),
        AddToListAction(client),
        RemoveFromListAction(client),
        EnrolInSequenceAction(client, owners),
    ]
    key = settings.account_key_property
    sources: list[SourceBase] = [
        CompanySource(client, owners, key),
        MergedCompanySource(client, key),
        DealSource(client, key, owners),
        OpenTicketSource(client, key),
        TicketSource(client),
        WonDealSource(client, key),
    ]
    return Connected(
        actions={action.name: action for action in actions},
        sources={source.name: source for source in sources},
        check=checked("HubSpot", lambda used=None: check(client, settings, owners, needed(RIGHTS, used))),
    )


_ACTIONS: tuple[type[ActionBase], ...] = (
    CreateTaskAction,
    UpdatePropertiesAction,
    ChangeTaskAction,
    CreateDealAction,
    AddToListAction,
    RemoveFromListAction,
    EnrolInSequenceAction,
)
_SOURCES: tuple[type[SourceBase], ...] = (
    CompanySource,
    MergedCompanySource,
    DealSource,
    OpenTicketSource,
    TicketSource,
    WonDealSource,
)

INTEGRATION = Integration(
    name="hubspot",
    title="HubSpot",
    settings_model=Settings,
    connect=connect,
    actions={action.name: action for action in _ACTIONS},
    sources={source.name: source for source in _SOURCES},
    inbound={Webhook.name: Webhook},
    limits=(*LIMITS, *SEARCH_LIMITS),
    rights=RIGHTS,
)
