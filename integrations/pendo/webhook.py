"""What Pendo sends as it happens, for `expansion serve`: guides shown, surveys answered, track events, first visits.

By the bodies that Pendo publishes (support.pendo.io, "Webhooks"). Which way its signature is written stands on no page
that we could read, so both usual ones are taken: hexadecimal and base64.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, ClassVar, Self

from pydantic_settings import BaseSettings

from expansion.contract import Arrived, NoAccess, Refused
from expansion.usage.forms.cells import is_nothing
from integrations.kit.inbound import MEGABYTE, Answer, Call, InboundBase, Most, said
from integrations.kit.pushed import Events, NotARow, Told, accounts_of, an_object, each, made_id, one_id, when
from integrations.kit.signed import is_signed, secret_of
from integrations.kit.world import World
from integrations.pendo.settings import WebhookSettings

_WRONG = (
    "Pendo: the signature does not fit; set PENDO_WEBHOOK_SECRET to the secret of this webhook, under Settings > "
    "Integrations > Webhooks, and let no proxy change the body"
)
_FIRST_VISIT = "visitorCreated"


class Webhook(InboundBase):
    """The URL webhook. Pendo signs no time, so a call that is sent again counts by its `uniqueId`: once."""

    name: ClassVar[str] = "pendo.webhook"
    title: ClassVar[str] = "What Pendo's webhook sends to `expansion serve`"
    gives: ClassVar[frozenset[str]] = frozenset({"events", "people"})
    settings_model: ClassVar[type[BaseSettings]] = WebhookSettings
    paths: ClassVar[tuple[str, ...]] = ("/pendo/webhook",)
    most: ClassVar[Most] = Most(4 * MEGABYTE, 4 * MEGABYTE)

    def __init__(self, secret: str, now: Callable[[], datetime]) -> None:
        self._secret, self._now = secret, now

    @classmethod
    def opened(cls, settings: Any, world: World) -> Self | None:
        secret = secret_of(settings.webhook_secret)
        return cls(secret, world.now) if secret else None

    def verify(self, call: Call) -> None:
        given = call.headers.get("x-pendo-signature", "")
        # Each is made and compared, so that the time it takes does not tell which one was close.
        fits = [is_signed(self._secret, call.raw, given, by="sha256", form=form) for form in ("hex", "base64")]
        if not any(fits):
            raise NoAccess(_WRONG)

    def rows(self, call: Call) -> Iterator[Arrived]:
        sent = call.json
        if not isinstance(sent, dict | list):
            raise Refused("Pendo: the body is no event; look whether a webhook of Pendo sends this")
        many = sent if isinstance(sent, list) else [sent]
        return each(self.name, many, partial(_rows, self.name, self.account, self._now()))

    def yes(self, call: Call, rows: Sequence[Arrived]) -> Answer:
        return said(200, {})


def _rows(source: str, account: str | None, arrived: datetime, one: Mapping[str, Any]) -> Iterator[Arrived]:
    event = one.get("event")
    if not isinstance(event, str) or is_nothing(event):
        raise NotARow("no event name")
    user, told = one_id(one.get("visitorId"), "visitorId"), _properties(one)
    accounts = accounts_of(account, told, {}, one.get("accountId"))
    key = one_id(one.get("uniqueId"), "uniqueId")
    event_id = f"pendo:{key}" if key else made_id("pendo", one)
    yield from Events(source, arrived).rows(event_id, event, user, told, one.get("timestamp"), accounts)
    if event == _FIRST_VISIT and user is not None:
        yield from Told(source, when(one.get("timestamp"), arrived)[0], arrived).person(user, accounts, {})


def _properties(one: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the event. Of a guide its name: the rest of what is said of it is who of the team made it, and when."""
    properties = an_object(one.get("properties"), "properties")
    told = {name: value for name, value in properties.items() if name != "guideProperties"}
    guide, app = an_object(properties.get("guideProperties"), "guide"), an_object(one.get("app"), "app")
    beside = {"guideName": guide.get("name"), "appName": app.get("name")}
    return {**{name: value for name, value in beside.items() if not is_nothing(value)}, **told}
