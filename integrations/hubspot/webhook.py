"""What HubSpot sends of companies as they change, for `expansion serve`: properties, deletions, merges.

A message names the company by its number alone, so whose it is and what is read of it is known from the pulls of
`hubspot.company`. developers.hubspot.com: "Webhooks", "Validating requests"
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, ClassVar, Self

from pydantic_settings import BaseSettings

from expansion.contract import Arrived, FactRecord, Merge, NoAccess, Refused
from integrations.hubspot.companies import CompanySource
from integrations.hubspot.merges import MergedCompanySource
from integrations.hubspot.settings import WebhookSettings
from integrations.kit.inbound import MEGABYTE, Answer, Call, InboundBase, Most, said
from integrations.kit.pushed import NotARow, each, ids, one_id, when
from integrations.kit.signed import is_signed, moment_near, secret_of
from integrations.kit.world import World

WINDOW = 300.0  # seconds, both ways; HubSpot's own libraries refuse what is older
_COMPANY = "0-2"  # its number among the types of objects
_WRONG = (
    "HubSpot: the signature does not fit; set HUBSPOT_WEBHOOK_SECRET to the app's client secret, HUBSPOT_WEBHOOK_URL "
    "to its target URL, letter by letter, and let no proxy change the body"
)
_OLD = "HubSpot: the call is more than five minutes old, or from the future; check this machine's clock"
_NO_URL = "HubSpot: HUBSPOT_WEBHOOK_SECRET is set and HUBSPOT_WEBHOOK_URL is not; give both: the URL is signed, too"


class Webhook(InboundBase):
    """Up to a hundred changes in a call, in no order. A no of any kind is sent again, ten times over a day."""

    name: ClassVar[str] = "hubspot.webhook"
    title: ClassVar[str] = "Changes of companies, as HubSpot sends them to `expansion serve`"
    gives: ClassVar[frozenset[str]] = frozenset()  # they are changes of `hubspot.company`, which facts.yaml names
    settings_model: ClassVar[type[BaseSettings]] = WebhookSettings
    paths: ClassVar[tuple[str, ...]] = ("/hubspot/webhook",)
    most: ClassVar[Most] = Most(8 * MEGABYTE, 8 * MEGABYTE)  # a property holds 65,536 signs
    patience: ClassVar[float] = 4.0  # it waits for five seconds

    def __init__(self, secret: str, url: str, now: Callable[[], datetime]) -> None:
        self._secret, self._url, self._now = secret, url, now

    @classmethod
    def opened(cls, settings: Any, world: World) -> Self | None:
        if (secret := secret_of(settings.webhook_secret)) is None:
            return None
        if not (url := (settings.webhook_url or "").strip()):
            raise NoAccess(_NO_URL)
        return cls(secret, url, world.now)

    def verify(self, call: Call) -> None:
        stamp = call.headers.get("x-hubspot-request-timestamp", "")
        # By the URL that HubSpot was told: behind a proxy, this machine is called by another one.
        message = f"{call.method}{self._url}".encode() + call.raw + stamp.encode("utf-8", "replace")
        given = call.headers.get("x-hubspot-signature-v3", "")
        if not is_signed(self._secret, message, given, by="sha256", form="base64"):
            raise NoAccess(_WRONG)
        if not moment_near(stamp, self._now(), past=WINDOW, future=WINDOW):
            raise NoAccess(_OLD)

    def rows(self, call: Call) -> Iterator[Arrived]:
        """What is of companies, and changes something that pulls read; all else is none of ours."""
        if not isinstance(call.json, list):
            raise Refused("HubSpot: the body is no list of changes; look whether a webhook of an app sends this")
        return each(self.name, call.json, partial(_changes, self._now().astimezone(UTC)))

    def yes(self, call: Call, rows: Sequence[Arrived]) -> Answer:
        return said(200, {})


def _changes(arrived: datetime, one: Mapping[str, Any]) -> Iterator[Arrived]:
    kind, _, what = str(one.get("subscriptionType")).partition(".")
    if kind != "company" and not (kind == "object" and one.get("objectTypeId") == _COMPANY):
        return iter(())
    at, _ = when(one.get("occurredAt"), arrived)
    match what:
        case "propertyChange":
            return iter([_record(one, at, arrived, {_name(one): one.get("propertyValue")})])
        case "deletion":
            return iter([_record(one, at, arrived, {}, is_gone=True)])
        case "merge":
            return _merges(one, at, arrived)
    return iter(())  # a company that is new, or is there again, comes by the next pull


def _record(
    one: Mapping[str, Any], at: datetime, arrived: datetime, values: Mapping[str, Any], *, is_gone: bool = False
) -> FactRecord:
    record = one_id(one.get("objectId"), "objectId")
    if record is None:
        raise NotARow("it names no company")
    return FactRecord(CompanySource.name, "", values, record, None, at, arrived, is_gone=is_gone)


def _name(one: Mapping[str, Any]) -> str:
    name = one.get("propertyName")
    if not isinstance(name, str) or not name.strip():
        raise NotARow("it names no property")
    return name


def _merges(one: Mapping[str, Any], at: datetime, arrived: datetime) -> Iterator[Arrived]:
    """The company that is left has a new number, which no pull has brought; the first of them was what it is now."""
    primary = one_id(one.get("primaryObjectId"), "primaryObjectId")
    if primary is None:
        raise NotARow("it names no company that is left")
    for record in ids(one.get("mergedObjectIds"), "mergedObjectIds"):
        if record != primary:
            yield Merge(
                MergedCompanySource.name, "account", record, primary, at, arrived, by_record=True, into_record=True
            )
