"""Slack: messages in channels."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime

from integrations.kit import settings as _settings
from integrations.kit.declare import Allowance, Clock, Connected, Integration, RetryPolicy, Right
from integrations.kit.shapes import checked
from integrations.slack.actions import PostMessageAction
from integrations.slack.client import Api, ContainedClient
from integrations.slack.doctor import check
from integrations.slack.settings import IN_A_CHANNEL, IN_ALL, RETRY, RIGHTS, TIMEOUT, Settings


def connected(
    settings: Settings,
    *,
    retry: RetryPolicy = RETRY,
    clock: Clock = time,
    now: Callable[[], datetime] | None = None,
    timeout: float = TIMEOUT,
    allowance: Allowance | None = None,
) -> Connected:
    """Slack with these settings; tests bring their own time."""
    logger = logging.getLogger("slack_sdk.contained")
    logger.setLevel(logging.CRITICAL)  # it would log requests that failed, and we say that ourselves
    client = ContainedClient(settings.bot_token.get_secret_value(), settings.base_url, retry_handlers=[], logger=logger)
    client.timeout = timeout  # type: ignore[assignment]  # typed int, and urllib takes parts of a second
    api = Api(client, retry, clock, allowance)
    action = PostMessageAction(api, now or (lambda: datetime.now(UTC)))
    return Connected(actions={action.name: action}, check=checked("Slack", lambda used=None: check(api)))


INTEGRATION = Integration(
    name="slack",
    title="Slack",
    settings_model=Settings,
    connect=lambda *, allowance=None: connected(_settings.read(Settings), allowance=allowance),
    actions={PostMessageAction.name: PostMessageAction},
    limits=(IN_A_CHANNEL, IN_ALL),
    rights=(*RIGHTS, Right("groups:read, groups:history", "the same in private channels, if you use any")),
)
