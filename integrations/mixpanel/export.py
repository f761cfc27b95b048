"""Mixpanel: the raw export, whose lines say events."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from hashlib import blake2b
from typing import Any, ClassVar, Literal
from zoneinfo import ZoneInfo

from expansion.contract import EventRow, Refused
from expansion.event_lines import Column, EventLines, PlainLine
from integrations.kit.declare import SourceBase
from integrations.kit.shapes import reads
from integrations.mixpanel import zone as zones
from integrations.mixpanel.accounts import accounts_in
from integrations.mixpanel.client import Api
from integrations.mixpanel.meanings import NotYetThatDay

FIRST_PULL_DAYS = 180
DAYS_PER_EXPORT = 60  # what one broken export costs to read again

# What Mixpanel adds for its own bookkeeping; the rest of an event's properties is the product's.
_RESERVED = frozenset(
    {
        "time",
        "distinct_id",
        "$insert_id",
        "mp_processing_time_ms",
        "$mp_api_endpoint",
        "$mp_api_timestamp_ms",
        "$import",
        "$user_id",
        "$device_id",
        "$identified_id",
        "$anon_distinct_id",
        "$is_reshuffled",
        "$lib_version",
        "mp_lib",
        "$source",
        "token",
    }
)
_NOBODY = "$device:"  # before a browser that nobody has signed in to
# What changes when two identities turn out to be one; `$device_id` and `$user_id` stay as they were sent.
# https://docs.mixpanel.com/docs/tracking-methods/id-management/identifying-users-simplified
_OF_IDENTITY = frozenset({"distinct_id", "$identified_id", "$anon_distinct_id", "$is_reshuffled"})


@reads("Mixpanel")
class Export(SourceBase):
    """Raw events. They come as often as they were stored, late ones under the day they happened."""

    name: ClassVar[str] = "mixpanel.export"
    title: ClassVar[str] = "Events of the raw export"
    gives: ClassVar[frozenset[str]] = frozenset({"events"})
    keeps: ClassVar[Literal["what was read", "nothing"]] = "what was read"

    def __init__(self, api: Api, now: Callable[[], datetime]) -> None:
        self.api, self._now = api, now
        # Clients may send events of the last five days (docs.mixpanel.com, "historical events not appearing").
        self.late = timedelta(days=api.settings.read_again_days)

    def events(self, since: str | None, until: str, account_property: str) -> Iterator[EventRow]:
        yield from self.event_lines(since, until, account_property).events()

    def event_lines(self, since: str | None, until: str, account_property: str) -> EventLines:
        zone, to = self.api.settings.zone, date.fromisoformat(until)
        start = date.fromisoformat(since) if since else to - timedelta(days=FIRST_PULL_DAYS - 1)
        first, last = zones.days_to_ask(start, to, zone, self._now())
        refused: list[NotYetThatDay] = []

        def ended(read: int, bad: int) -> None:
            if refused:  # said when all else is read: the times of what came are hours off
                raise refused[0]
            _ended(f"Mixpanel, the events of {first} to {last}", read, bad, is_one_day=start == to)

        return lines_in(lambda: self._blocks(first, last, refused), ended, account_property, zone, first, last)

    def _blocks(self, first: date, last: date, refused: list[NotYetThatDay]) -> Iterator[bytes]:
        """The lines of these days. Where the last has not begun there, those of the days before, and why."""
        for start, end in _spans(first, last):
            try:
                yield from self.api.export(start, end)
            except NotYetThatDay as failure:
                refused.append(failure)
                if start < end:
                    yield from self.api.export(start, end - timedelta(days=1))


def lines_in(
    blocks: Callable[[], Iterator[bytes]],
    ended: Callable[[int, int], None],
    account_property: str,
    zone: ZoneInfo,
    first: date,
    last: date,
) -> EventLines:
    """Lines of the export of these days, of a project that keeps the times of a zone."""

    def rows(line: bytes) -> Sequence[EventRow] | None:
        record = _record(line)
        return None if record is None else list(_rows(record, account_property, zone))

    offsets = zones.offsets(zone, first, last)
    return EventLines(blocks, rows, ended, _plain(account_property, offsets))


def _ended(what: str, read: int, bad: int, *, is_one_day: bool) -> None:
    if bad:
        # Said at the end, so that one bad line does not keep the days after it from being read.
        raise Refused(
            f"{what}: {bad:,} of {read:,} lines are no events and were left out; tell Mixpanel's support which days"
        )
    if not read and not is_one_day:  # one day may have no event yet
        raise Refused(
            f"{what}: there is not one; check MIXPANEL_PROJECT_ID and MIXPANEL_REGION, and that the product still "
            "sends events"
        )


def _spans(first: date, last: date) -> Iterator[tuple[date, date]]:
    while first <= last:
        end = min(last, first + timedelta(days=DAYS_PER_EXPORT - 1))
        yield first, end
        first = end + timedelta(days=1)


def _record(line: bytes) -> dict[str, Any] | None:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) and isinstance(record.get("properties"), dict) else None


def _rows(record: Mapping[str, Any], account_property: str, zone: ZoneInfo) -> Iterator[EventRow]:
    """One row, or one for each account where the event belongs to several."""
    given = record["properties"]
    accounts = accounts_in(given.get(account_property))
    for account in accounts or (None,):
        each = "" if len(accounts) < 2 else f"@{account}"
        yield EventRow(
            event_id=f"{_event_id(record)}{each}",
            event=record.get("event"),
            time=zones.to_utc(given.get("time"), zone),
            account_id=account,
            user_id=_user(given.get("distinct_id")),
            properties={name: value for name, value in given.items() if name not in _RESERVED},
            received_at=given.get("mp_processing_time_ms"),
            former_id=f"{_former_id(record)}{each}",
        )


def _event_id(record: Mapping[str, Any]) -> str:
    """The export is not de-duplicated: one event is one (event, distinct_id, time, $insert_id).

    But the distinct_id changes when two identities turn out to be one, and an event that is read before and after that
    is one event: the device and the user go in as they were sent. Where no $insert_id was sent, the whole line but for
    what a merge changes stands in for it.
    """
    given = record["properties"]
    insert_id = given.get("$insert_id")
    if not insert_id:
        sent = {name: value for name, value in given.items() if name not in _OF_IDENTITY}
        return _digest(json.dumps([record.get("event"), sent], sort_keys=True))
    who = (given.get("$device_id"), given.get("$user_id"))
    return f"{insert_id}:{_digest(repr((record.get('event'), given.get('time'), insert_id, who)))}"


def _former_id(record: Mapping[str, Any]) -> str:
    """What earlier versions made of an event: what they stored is not stored a second time."""
    given = record["properties"]
    insert_id = given.get("$insert_id")
    if not insert_id:
        return _digest(json.dumps([record.get("event"), given], sort_keys=True))
    known_by = (record.get("event"), given.get("distinct_id"), given.get("time"), insert_id)
    return f"{insert_id}:{_digest(repr(known_by))}"


def _digest(text: str) -> str:
    return blake2b(text.encode(), digest_size=8).hexdigest()


def _user(distinct_id: object) -> str | None:
    text = "" if distinct_id is None else str(distinct_id)
    return None if not text or text.startswith(_NOBODY) else text


# --- many lines at once: the same as `_rows` --------------------------------------------------------------------------


def _plain(account_property: str, offsets: Sequence[tuple[int, int]]) -> PlainLine:
    """How nearly all lines are written."""
    return PlainLine(
        keys=("event", "properties"),
        event="/event",
        time=_of("time"),
        received_at=_of("mp_processing_time_ms"),
        account=_of(account_property),
        user=_of("distinct_id"),
        properties="/properties",
        reserved=_RESERVED,
        nobody=_NOBODY,
        known_by=("/event", *map(_of, ("time", "$insert_id", "$device_id", "$user_id"))),
        ids=_ids,
        formerly=("/event", *map(_of, ("distinct_id", "time", "$insert_id"))),
        former_ids=_former_ids,
        offsets=tuple(offsets),
    )


def _ids(events: Column, times: Column, inserts: Column, devices: Column, users: Column) -> Column:
    return [
        f"{insert}:{_digest(f'({event!r}, {time}, {insert!r}, ({device!r}, {user!r}))')}" if insert else None
        for event, time, insert, device, user in zip(events, times, inserts, devices, users, strict=True)
    ]


def _former_ids(events: Column, who: Column, times: Column, inserts: Column) -> Column:
    return [
        f"{insert}:{_digest(f'({event!r}, {one!r}, {time}, {insert!r})')}" if insert else None
        for event, one, time, insert in zip(events, who, times, inserts, strict=True)
    ]


def _of(name: str) -> str:
    """Where a property of an event stands in its line."""
    return "/properties/" + name.replace("~", "~0").replace("/", "~1")
