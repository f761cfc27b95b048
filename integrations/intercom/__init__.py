"""Intercom: people become eligible for a Series, companies get attributes; support conversations are events."""

from __future__ import annotations

from integrations.intercom.actions import EnrolInSeriesAction, SendEventAction
from integrations.intercom.client import Api
from integrations.intercom.companies import SetCompanyAttributeAction
from integrations.intercom.conversations import Conversations
from integrations.intercom.doctor import check
from integrations.intercom.inputs import EnrolInSeries
from integrations.intercom.settings import LIMIT, RIGHTS, Settings
from integrations.intercom.take_back import TakeBackAction
from integrations.kit.declare import Connected, Integration
from integrations.kit.shapes import checked
from integrations.kit.world import IN_LIFE, World


def connect(settings: Settings, world: World = IN_LIFE) -> Connected:
    """Intercom with these settings."""
    api = Api(settings, world)
    people = (EnrolInSeriesAction(api), SendEventAction(api), TakeBackAction(api, EnrolInSeries))
    actions = (*people, SetCompanyAttributeAction(api))
    conversations = Conversations(api)
    return Connected(
        actions={action.name: action for action in actions},
        sources={conversations.name: conversations},
        check=checked("Intercom", lambda used=None: check(api, used)),
    )


INTEGRATION = Integration(
    name="intercom",
    title="Intercom",
    settings_model=Settings,
    connect=connect,
    actions={
        action.name: action
        for action in (EnrolInSeriesAction, SendEventAction, TakeBackAction, SetCompanyAttributeAction)
    },
    sources={Conversations.name: Conversations},
    limits=(LIMIT,),
    rights=RIGHTS,
)
