"""Slack: messages in channels and to people, what follows in their threads, and what people answer."""

from __future__ import annotations

import logging

from integrations.kit.declare import Connected, Integration, Right
from integrations.kit.shapes import checked
from integrations.kit.world import IN_LIFE, World
from integrations.slack.actions import MessageOwnerAction, PostMessageAction
from integrations.slack.client import Api, ContainedClient
from integrations.slack.doctor import check
from integrations.slack.inbound import Buttons
from integrations.slack.people import People
from integrations.slack.settings import IN_A_CHANNEL, IN_ALL, READING, RIGHTS, TIMEOUT, Settings
from integrations.slack.threads import ReplyInThreadAction, ShowAnswersAction


def connect(settings: Settings, world: World = IN_LIFE) -> Connected:
    """Slack with these settings."""
    logger = logging.getLogger("slack_sdk.contained")
    logger.setLevel(logging.CRITICAL)  # it would log requests that failed, and we say that ourselves
    client = ContainedClient(settings.bot_token.get_secret_value(), settings.base_url, retry_handlers=[], logger=logger)
    client.timeout = world.seconds(TIMEOUT)  # type: ignore[assignment]  # typed int, and urllib takes parts of a second
    api = Api(client, world)
    people = People(api)
    posts = (PostMessageAction(api, world.now), MessageOwnerAction(api, world.now, people))
    actions = (*posts, ReplyInThreadAction(api), ShowAnswersAction(api))
    return Connected(
        actions={action.name: action for action in actions},
        check=checked("Slack", lambda used=None: check(api, used)),
        address_of=people.address_of,
    )


INTEGRATION = Integration(
    name="slack",
    title="Slack",
    settings_model=Settings,
    connect=connect,
    actions={
        action.name: action
        for action in (PostMessageAction, MessageOwnerAction, ReplyInThreadAction, ShowAnswersAction)
    },
    inbound={Buttons.name: Buttons},
    limits=(IN_A_CHANNEL, IN_ALL, *dict.fromkeys(READING.values())),
    rights=(*RIGHTS, Right("groups:read, groups:history", "the same in private channels, if you use any")),
)
