"""Intercom: make people eligible for a Series, and send events about them."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

from integrations.intercom.actions import EnrolInSeriesAction, SendEventAction
from integrations.intercom.client import Api, client
from integrations.intercom.doctor import check
from integrations.intercom.inputs import EnrolInSeries
from integrations.intercom.settings import LIMIT, RETRY, RIGHTS, TIMEOUT, Settings
from integrations.intercom.take_back import TakeBackAction
from integrations.kit import settings as _settings
from integrations.kit.declare import Allowance, Clock, Connected, Integration, RetryPolicy
from integrations.kit.shapes import checked


def connected(
    settings: Settings,
    *,
    retry: RetryPolicy = RETRY,
    clock: Clock = time,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    timeout: float = TIMEOUT,
    allowance: Allowance | None = None,
) -> Connected:
    """Intercom with these settings; tests bring their own time."""
    http = client(settings.base_url, settings.access_token.get_secret_value(), timeout, settings.api_version)
    api = Api(http, retry, clock, now, allowance)
    actions = (EnrolInSeriesAction(api), SendEventAction(api), TakeBackAction(api, EnrolInSeries))
    return Connected(
        actions={action.name: action for action in actions}, check=checked("Intercom", lambda used=None: check(api))
    )


INTEGRATION = Integration(
    name="intercom",
    title="Intercom",
    settings_model=Settings,
    connect=lambda *, allowance=None: connected(_settings.read(Settings), allowance=allowance),
    actions={action.name: action for action in (EnrolInSeriesAction, SendEventAction, TakeBackAction)},
    limits=(LIMIT,),
    rights=RIGHTS,
)
