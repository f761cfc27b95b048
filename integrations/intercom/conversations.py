"""Intercom: support conversations as events, and each tag and topic of one as an event of its own.

A tag is often added hours after the question, and of what is pulled the first row of an id is the event: so the tags
stand in events of their own, which come whenever the tag does.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, ClassVar, Literal

from expansion.contract import EventRow
from expansion.usage.forms.cells import as_id, is_nothing
from integrations.intercom.client import Api
from integrations.kit.declare import SourceBase
from integrations.kit.shapes import reads

ASKED, TAGGED, TOPIC = "Support Question Asked", "Support Question Tagged", "Support Question Topic"
DAY = timedelta(days=1)

log = logging.getLogger(__name__)


@reads("Intercom")
class Conversations(SourceBase):
    """Asked for by when they changed last, so that what was tagged since comes again."""

    name: ClassVar[str] = "intercom.conversations"
    title: ClassVar[str] = "Support conversations, by tag and topic"
    gives: ClassVar[frozenset[str]] = frozenset({"events"})
    keeps: ClassVar[Literal["what was read", "nothing"]] = "what was read"

    def __init__(self, api: Api) -> None:
        self._api = api

    def events(self, since: str | None, until: str, account_property: str) -> Iterator[EventRow]:
        first = _start(since or until) - (timedelta(0) if since else 30 * DAY)
        # Dates are compared by the day of the workspace, wherever it lies, and `>` means from the next day on: so two
        # days more are asked for, and what is older is passed over here.
        count = 0
        for conversation in self._api.conversations(int((first - 2 * DAY).timestamp())):
            if int(conversation.get("updated_at") or conversation["created_at"]) >= first.timestamp():
                count += 1
                yield from _rows(conversation, account_property)
        if not count:
            log.warning("Intercom: not one conversation has changed since %s", first.date().isoformat())


def _start(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day[:10]), time(), UTC)


def _rows(said: Mapping[str, Any], account_property: str) -> Iterator[EventRow]:
    """The question itself, then its tags and topics, all of the moment it was asked."""
    of, source = f"conversation:{said['id']}", said.get("source") or {}
    account, person = _account(said, account_property), _person(said)
    at = int(said["created_at"])
    common = {"channel": source.get("type"), "delivered_as": source.get("delivered_as")}

    def row(key: str, event: str, **more: Any) -> EventRow:
        return EventRow(key, event, at, account, person, {**common, **more})

    yield row(of, ASKED)
    for tag in (said.get("tags") or {}).get("tags") or []:
        yield row(f"{of}:tag:{tag['id']}", TAGGED, tag=str(tag["name"]))
    for topic in (said.get("topics") or {}).get("topics") or []:
        yield row(f"{of}:topic:{topic['id']}", TOPIC, topic=str(topic["name"]))


def _account(said: Mapping[str, Any], account_property: str) -> str | None:
    """An attribute of the conversation of that name; else our id of its company. Without either the store takes the
    person's account."""
    given = (said.get("custom_attributes") or {}).get(account_property)
    found = given if not is_nothing(given) else (said.get("company") or {}).get("company_id")
    return None if is_nothing(found) else as_id(found)


def _person(said: Mapping[str, Any]) -> str | None:
    """Who asked, by the product's own id; several are in it only where somebody added them."""
    people = (said.get("contacts") or {}).get("contacts") or []
    known = [one["external_id"] for one in people if not is_nothing(one.get("external_id"))]
    return as_id(known[0]) if known else None
