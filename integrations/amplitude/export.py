"""Amplitude: raw events, by the hour in which they came in there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any, ClassVar, Literal

from expansion.contract import EventRow, Refused
from expansion.usage.forms.cells import as_id, is_nothing
from integrations.amplitude.client import Client
from integrations.amplitude.meanings import NoEvents, TooMuch
from integrations.kit.declare import SourceBase
from integrations.kit.shapes import reads

FIRST_PULL_DAYS = 180
HOURS_PER_EXPORT = 24  # what one broken export costs to read again
HOUR = timedelta(hours=1)
_AGAIN = 3 * HOUR  # hours that were read already are read again: some files of an hour may come late
_OF_THE_EVENT = ("platform", "country", "version_name")  # what Amplitude knows of it beside its properties


@reads("Amplitude")
class Export(SourceBase):
    """Raw events. A late one lies in the hour in which it came in, so the cursor is of those hours; uuid tells one."""

    name: ClassVar[str] = "amplitude.export"
    title: ClassVar[str] = "Events of the raw export"
    gives: ClassVar[frozenset[str]] = frozenset({"events"})
    keeps: ClassVar[Literal["what was read", "nothing"]] = "what was read"
    by_hour = True

    def __init__(self, client: Client, now: Callable[[], datetime]) -> None:
        self._client, self._now = client, now
        self.behind = timedelta(hours=client.settings.export_lag_hours)
        self.late = self.behind + _AGAIN

    def events(self, since: str | None, until: str, account_property: str) -> Iterator[EventRow]:
        first, last = self._hours(since, until)
        read, bad = 0, 0
        for line in self._lines(first, last):
            record = _record(line)
            read, bad = read + 1, bad + (record is None)
            if record is not None:
                yield from _rows(record, account_property)
        if bad:  # at the end: one bad line does not keep the hours after it from being read
            raise Refused(
                f"Amplitude, {_named(first, last)}: {bad:,} of {read:,} lines are no events and were left out"
            )
        if not read and last - first >= 24 * HOUR:  # fewer hours may have none
            raise Refused(
                f"Amplitude, {_named(first, last)}: there is not one; check AMPLITUDE_API_KEY and AMPLITUDE_REGION, "
                "and that the product still sends events"
            )

    def _hours(self, since: str | None, until: str) -> tuple[datetime, datetime]:
        """The first and the last hour that are asked for; the last has been over for long enough to be whole."""
        now = self._now().astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        day = datetime.fromisoformat(until).date()
        last = min(datetime.combine(day, time(23), UTC), now - self.behind)
        if since is None:
            return datetime.combine(day, time(), UTC) - timedelta(days=FIRST_PULL_DAYS - 1), last
        return datetime.fromisoformat(since).replace(tzinfo=UTC), last

    def _lines(self, first: datetime, last: datetime) -> Iterator[bytes]:
        while first <= last:
            end = min(last, first + (HOURS_PER_EXPORT - 1) * HOUR)
            yield from self._of(first, end)
            first = end + HOUR

    def _of(self, first: datetime, last: datetime) -> Iterator[bytes]:
        """The lines of these hours; where they are too much for one answer, half of them at a time."""
        try:
            yield from self._client.events(first, last)
        except NoEvents:
            return
        except TooMuch:
            if first == last:
                raise
            middle = first + (last - first) // HOUR // 2 * HOUR
            yield from self._of(first, middle)
            yield from self._of(middle + HOUR, last)


def _named(first: datetime, last: datetime) -> str:
    return f"the events uploaded from {first:%Y-%m-%d %H}h to {last:%Y-%m-%d %H}h"


def _record(line: bytes) -> dict[str, Any] | None:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) and record.get("uuid") and record.get("event_type") else None


def _rows(record: Mapping[str, Any], account_property: str) -> Iterator[EventRow]:
    """One row, or one for each account where the event belongs to several."""
    accounts = _accounts(record, account_property)
    known = {name: record.get(name) for name in _OF_THE_EVENT if not is_nothing(record.get(name))}
    for account in accounts or (None,):
        yield EventRow(
            event_id=str(record["uuid"]) + ("" if len(accounts) < 2 else f"@{account}"),
            event=str(record["event_type"]),
            time=_moment(record.get("event_time")),
            account_id=account,
            user_id=None if is_nothing(record.get("user_id")) else as_id(record["user_id"]),
            properties={**known, **_dict(record, "event_properties")},
            received_at=_moment(record.get("server_upload_time")),
        )


def _accounts(record: Mapping[str, Any], name: str) -> list[str]:
    """Of the group of this type, of a property of the event, or of one of the user: the first that has a value."""
    for part in ("groups", "event_properties", "user_properties"):
        value = _dict(record, part).get(name)
        found = [as_id(one) for one in (value if isinstance(value, list) else [value]) if not is_nothing(one)]
        if found:
            return list(dict.fromkeys(found))
    return []


def _dict(record: Mapping[str, Any], part: str) -> Mapping[str, Any]:
    found = record.get(part)
    return found if isinstance(found, dict) else {}


def _moment(text: Any) -> Any:
    """`2026-03-02 09:00:00.123456` is UTC there, and does not say so."""
    try:
        found = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return text
    return text if found is None or found.tzinfo else found.replace(tzinfo=UTC)
