"""Mixpanel: cohort members, user and group profiles, and the raw events as a stream."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from hashlib import blake2b
from typing import Any, ClassVar, Literal
from zoneinfo import ZoneInfo

from expansion.contract import CohortMembers, EventRow, FactRecord, NoAccess, NotAll, NotThere, Refused
from expansion.usage.cells import as_id, is_nothing
from integrations.kit.declare import SourceBase
from integrations.kit.shapes import reads
from integrations.mixpanel import zone as zones
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
# What changes when two identities turn out to be one; `$device_id` and `$user_id` stay as they were sent.
# https://docs.mixpanel.com/docs/tracking-methods/id-management/identifying-users-simplified
_OF_IDENTITY = frozenset({"distinct_id", "$identified_id", "$anon_distinct_id", "$is_reshuffled"})
# Names that GTM people use, and Mixpanel's own.
_PROFILE_FIELDS = {"email": "$email", "name": "$name", "phone": "$phone"}


class _Source(SourceBase):
    def __init__(self, api: Api) -> None:
        self.api = api


@reads("Mixpanel")
class Export(_Source):
    """Raw events. They come as often as they were stored, late ones under the day they happened."""

    name: ClassVar[str] = "mixpanel.export"
    title: ClassVar[str] = "Events of the raw export"
    gives: ClassVar[frozenset[str]] = frozenset({"events"})
    keeps: ClassVar[Literal["what was read", "nothing"]] = "what was read"

    def __init__(self, api: Api, now: Callable[[], datetime]) -> None:
        super().__init__(api)
        self._now = now
        # Clients may send events of the last five days (docs.mixpanel.com, "historical events not appearing").
        self.late = timedelta(days=api.settings.read_again_days)

    def events(self, since: str | None, until: str, account_property: str) -> Iterator[EventRow]:
        zone, to = self.api.settings.zone, date.fromisoformat(until)
        start = date.fromisoformat(since) if since else to - timedelta(days=FIRST_PULL_DAYS - 1)
        first, last = zones.days_to_ask(start, to, zone, self._now())
        read, bad = 0, 0
        refused: list[NotYetThatDay] = []
        for line in self._lines(first, last, refused):
            record = _record(line)
            read, bad = read + 1, bad + (record is None)
            if record is not None:
                yield from _rows(record, account_property, zone)
        if refused:  # said when all else is read: the times of what came are hours off
            raise refused[0]
        if bad:
            # Said at the end, so that one bad line does not keep the days after it from being read.
            raise Refused(
                f"Mixpanel, the events of {first} to {last}: {bad:,} of {read:,} lines are no events and were "
                "left out; tell Mixpanel's support which days"
            )
        if not read and start < to:  # one day may have no event yet
            raise Refused(
                f"Mixpanel, the events of {first} to {last}: there is not one; check MIXPANEL_PROJECT_ID and "
                "MIXPANEL_REGION, and that the product still sends events"
            )

    def _lines(self, first: date, last: date, refused: list[NotYetThatDay]) -> Iterator[bytes]:
        """The lines of these days. Where the last has not begun there, those of the days before, and why."""
        for start, end in _spans(first, last):
            try:
                yield from self.api.export(start, end)
            except NotYetThatDay as failure:
                refused.append(failure)
                if start < end:
                    yield from self.api.export(start, end - timedelta(days=1))


@reads("Mixpanel")
class Group(_Source):
    """Group profiles: what Mixpanel knows of an account. Needs the Group Analytics add-on."""

    name: ClassVar[str] = "mixpanel.group"
    title: ClassVar[str] = "Properties of an account's group profile"
    gives: ClassVar[frozenset[str]] = frozenset({"facts"})
    full: ClassVar[frozenset[str]] = frozenset({"facts"})

    def facts(self, fields: Sequence[str]) -> Iterator[FactRecord]:
        group = self.api.settings.data_group_id
        if group is None:
            raise NoAccess(
                "Mixpanel, the group profiles: set MIXPANEL_DATA_GROUP_ID; see Project settings > Group keys"
            )
        params = {"data_group_id": group, "output_properties": list(fields)}
        found = 0
        for profile in self.api.profiles("the group profiles", params):
            found += 1
            known_as = str(profile["$distinct_id"])
            yield FactRecord(self.name, as_id(known_as), _asked(profile, {f: f for f in fields}), remote_id=known_as)
        if not found:
            raise Refused(f"Mixpanel, the group profiles: group key {group} has none; check MIXPANEL_DATA_GROUP_ID")


@reads("Mixpanel")
class Profile(_Source):
    """User profiles, as people of the account that a property names."""

    name: ClassVar[str] = "mixpanel.profile"
    title: ClassVar[str] = "People, from user profiles"
    gives: ClassVar[frozenset[str]] = frozenset({"people"})
    full: ClassVar[frozenset[str]] = frozenset({"people"})

    def people(self, fields: Sequence[str]) -> Iterator[FactRecord]:
        place = self.api.settings.account_property
        names = {f: _PROFILE_FIELDS.get(f, f) for f in fields}
        found = 0
        for profile in self.api.profiles("the user profiles", {"output_properties": [place, *names.values()]}):
            for account in _accounts(_properties(profile).get(place)):
                found += 1
                known_as = str(profile["$distinct_id"])
                yield FactRecord(
                    self.name, account, _asked(profile, names), remote_id=known_as, user_id=as_id(known_as)
                )
        if not found:
            raise Refused(
                f"Mixpanel, the user profiles: none names its account in `{place}`; check MIXPANEL_ACCOUNT_PROPERTY"
            )


@reads("Mixpanel")
class Cohort(_Source):
    """The accounts of a cohort's members, as of right now: Mixpanel works a cohort out at each question.

    Members without a user profile have no property to find their account by, and are left out.
    """

    name: ClassVar[str] = "mixpanel.cohort"
    title: ClassVar[str] = "Accounts of a saved cohort's members"
    gives: ClassVar[frozenset[str]] = frozenset({"cohorts"})

    def __init__(self, api: Api) -> None:
        super().__init__(api)
        self._ids: dict[str, int] = {}

    def cohort(self, name: str) -> CohortMembers:
        place = self.api.settings.account_property
        params = {
            "filter_by_cohort": json.dumps({"id": self._id(name)}),
            "output_properties": [place],
            "include_all_users": "false",  # Mixpanel's default is true
        }
        accounts: set[str] = set()
        less: NotAll | None = None
        try:
            for member in self.api.profiles(f"the cohort `{name}`", params):
                accounts.update(_accounts(_properties(member).get(place)))
        except NotAll as failure:
            less = failure
        return CohortMembers(self.name, name, frozenset(accounts), less)

    def _id(self, name: str) -> int:
        """Ids are kept: listing costs one of the hour's queries."""
        if name not in self._ids:
            self._ids = {str(cohort["name"]): int(cohort["id"]) for cohort in self.api.cohorts()}
        if name not in self._ids:
            known = ", ".join(f"`{other}`" for other in sorted(self._ids)[:10]) or "none at all"
            raise NotThere(f"Mixpanel has no cohort called `{name}`; it has {known}", [name])
        return self._ids[name]


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
    accounts = _accounts(given.get(account_property))
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
    """`$device:…` is a browser that nobody has signed in to, and no person."""
    text = "" if distinct_id is None else str(distinct_id)
    return None if not text or text.startswith("$device:") else text


def _accounts(value: object) -> list[str]:
    """A group key holds one id, or a list of them."""
    many = value if isinstance(value, list) else [value]
    return [as_id(one) for one in many if not is_nothing(one)]


def _properties(profile: Mapping[str, Any]) -> Mapping[str, Any]:
    return profile.get("$properties") or {}


def _asked(profile: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Under the names that were asked for; only those that the profile has.

    Mixpanel leaves out what a profile has not, and also what no profile has, because it was renamed or misspelt.
    """
    known = _properties(profile)
    return {asked: known[name] for asked, name in names.items() if name in known}


# --- wiring -----------------------------------------------------------------------------------------------------------
