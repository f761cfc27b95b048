"""Intercom: make people eligible for a Series, and send events about them.

Intercom has no call that enrols anyone in a Series, and none that tells who is in one. The action makes each contact
match the entry rule that a person gave the Series (a tag, an attribute or an event) and says "eligible", no more.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from expansion.contract import Done, Failure, Made, Piece, Refused, Reply, Standing
from expansion.fields import FieldValue, Inputs, People, Person, PlainText
from integrations import _settings
from integrations._intercom_api import LIMIT, VERSION, Api, Contact, client
from integrations._intercom_take_back import TakeBackAction, standing
from integrations._shapes import checked, reading, reads
from integrations.base import ActionBase, Allowance, Clock, Connected, Finding, Integration, RetryPolicy, Right

RETRY = RetryPolicy(tries=4, first_wait=0.5, longest_wait=15.0)
TIMEOUT = 20.0  # seconds
HOURLY = "Intercom evaluates entry rules about once an hour"  # intercom.com/help article 8780861


# As the Developer Hub calls them: developers.intercom.com, "OAuth scopes"
RIGHTS = (
    Right("Read one user and one company", "finding a person by the user id"),
    Right("Read and list users and companies", "finding a person by the e-mail address"),
    Right("Write users and companies", "setting an attribute"),
    Right("Read tags", "seeing who has a tag"),
    Right("Write tags", "setting and removing a tag"),
    Right("Write events", "sending events"),
)


class Settings(BaseSettings):
    """Read from the environment or `.env`."""

    model_config = SettingsConfigDict(env_prefix="INTERCOM_", env_file=".env", extra="ignore")

    access_token: SecretStr = Field(
        description="Access token of a private app: Developer Hub > your app > Authentication. "
        "Permissions: " + ", ".join(right.name.lower() for right in RIGHTS) + "."
    )
    api_version: str = Field(
        VERSION, pattern=r"^2\.\d{1,2}$", description="Version of Intercom's API that calls name, such as 2.16."
    )
    base_url: str = Field(
        "https://api.intercom.io",
        description="https://api.eu.intercom.io or https://api.au.intercom.io for workspaces hosted there; or a "
        "stand-in.",
    )


# --- inputs -----------------------------------------------------------------------------------------------------------


class EnrolInSeries(Inputs):
    """People and a series, and by what its entry rule lets them in; if that is left out, by a tag of its name."""

    series: PlainText = Field(description="Name of the series, as your team says it.")
    people: People = Field(description="A people group from facts.yaml, or `involved`.")
    tag: PlainText | None = Field(None, description="The tag its entry rule asks for; `expansion:SERIES` if left out.")
    attribute: dict[str, FieldValue] | None = Field(
        None,
        description="The attribute its entry rule asks for: {name: value}; `{{ facts.seats }}` alone is the number.",
        max_length=1,
    )
    event: PlainText | None = Field(None, description="The event its entry rule asks for.")

    @model_validator(mode="after")
    def _one_way(self) -> EnrolInSeries:
        ways = [name for name in ("tag", "attribute", "event") if getattr(self, name) is not None]
        if len(ways) > 1:
            raise ValueError(
                f"give one of {' and '.join(f'`{way}`' for way in ways)}: a series has one entry rule here"
            )
        return self


class SendEvent(Inputs):
    """An event about people, at the time the trigger fired."""

    event: PlainText = Field(description="Name of the event, such as expansion-ready.")
    people: People = Field(description="A people group from facts.yaml, or `involved`.")
    metadata: dict[str, FieldValue] = Field(
        {}, description="Up to 10 values to show with the event; Intercom ignores further ones.", max_length=10
    )


# --- people -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Found:
    """The people of one piece, as far as Intercom knows them."""

    contacts: tuple[Contact, ...]
    asked: int
    refused: int = 0  # known, and Intercom would not do it for them

    @property
    def remote_id(self) -> str:
        return ",".join(contact.id for contact in self.contacts)

    def notes(self) -> list[str]:
        """What people should know about who was left out; numbers, not names."""
        notes = []
        if self.refused:
            notes.append(f"{self.refused} of {self.asked} people {_are(self.refused)} left out: Intercom refuses it")
        if missing := self.asked - len(self.contacts) - self.refused:
            notes.append(f"{missing} of {self.asked} people {_are(missing)} not in Intercom")
        if silent := sum(contact.unsubscribed for contact in self.contacts):
            notes.append(f"{silent} {_are(silent)} unsubscribed from e-mail")
        return notes


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count} people"


def _found(api: Api, people: str | list[Person]) -> Found:
    """The contacts behind the people. Raises Refused where there is none."""
    assert not isinstance(people, str), "people are resolved before anything is delivered"
    if not people:
        raise Refused("Intercom: the people group is empty for this account, so there is nobody to reach")
    contacts = [contact for person in people if (contact := api.contact(person))]
    unique = tuple({contact.id: contact for contact in contacts}.values())
    if not unique:
        raise Refused(
            f"Intercom knows none of the {_people(len(people))} of this account; their user ids must be the "
            "external ids of contacts, or their e-mail addresses those of exactly one"
        )
    return Found(unique, asked=len({person.user_id for person in people}))


def _for_each(found: Found, act: Callable[[Contact], object]) -> tuple[Found, list[object]]:
    """Those for whom it was done, and what each call said.

    One who is refused stops no other; the refusal is raised where nobody is left. After a break, some may have it.
    """
    reached: list[Contact] = []
    said: list[object] = []
    refusal: Refused | None = None
    for contact in found.contacts:
        try:
            said.append(act(contact))
            reached.append(contact)
        except Refused as refused:
            refusal = refusal or refused
        except Failure as failure:
            failure.maybe_done = failure.maybe_done or bool(reached)
            raise
    if refusal and not reached:
        raise refusal
    return replace(found, contacts=tuple(reached), refused=len(found.contacts) - len(reached)), said


# --- actions ----------------------------------------------------------------------------------------------------------


class _IntercomAction(ActionBase):
    """One piece after the other; each is several people of one account."""

    repeatable = True
    batch = 100  # not Intercom's number: how many pieces a task reports on together

    def __init__(self, api: Api) -> None:
        self._api = api

    def deliver(self, pieces: Sequence[Piece]) -> list[Reply]:
        return [self._deliver(piece) for piece in pieces]

    def _deliver(self, piece: Piece) -> Reply:
        try:
            with reading("Intercom", wrote=True):
                return self._do(piece)
        except Failure as failure:
            return failure

    def _do(self, piece: Piece) -> Done:
        raise NotImplementedError


@reads("Intercom")
class EnrolInSeriesAction(_IntercomAction):
    """Makes people match the entry rule of a series."""

    name = "intercom.enrol_in_series"
    title = "Make people eligible for an Intercom series"
    input_model = EnrolInSeries
    offers = frozenset({"take_back"})
    keeps = frozenset({"attribute", "event"})
    followed_by = "intercom.take_back"
    note = f"The series must be live with that entry rule. {HOURLY}, and tells nobody who is in a series."

    def _do(self, piece: Piece) -> Done:
        wanted = piece.input
        assert isinstance(wanted, EnrolInSeries)
        found = _found(self._api, wanted.people)
        found, rule, changed = self._match(found, wanted, piece.fired_at)
        eligible = f"{_people(len(found.contacts))} eligible for the series {wanted.series} by {rule}; {HOURLY}"
        note = "; ".join([eligible, *found.notes()])
        return Done(found.remote_id, self._api.link(found.contacts[0]), note, already=not changed)

    def look(self, made: Sequence[Made]) -> list[Standing | Failure]:
        return [standing(self._api, one) for one in made]

    def _match(self, found: Found, wanted: EnrolInSeries, fired_at: datetime) -> tuple[Found, str, bool]:
        """Who matches now, the rule in words, and whether anybody is new to it."""
        if (event := wanted.event) is not None:
            found, _ = _for_each(found, lambda contact: self._api.send_event(contact, event, fired_at, {}))
            return found, f"the event {event}", True
        if wanted.attribute is not None:
            if not wanted.attribute:  # its value is left out where it is not known
                raise Refused("Intercom: the value of the attribute is not known for this account, so nobody got it")
            [(name, value)] = wanted.attribute.items()
            found, changed = _for_each(found, lambda contact: self._api.set_attribute(contact, name, value))
            return found, f"the attribute {name}", any(changed)
        tag = wanted.tag or f"expansion:{wanted.series}"
        found, changed = _for_each(found, lambda contact: self._api.tag(contact, tag))
        return found, f"the tag {tag}", any(changed)


@reads("Intercom")
class SendEventAction(_IntercomAction):
    """Sends one event per person."""

    name = "intercom.send_event"
    title = "Send an event about people to Intercom"
    input_model = SendEvent
    note = "Sent twice, it counts once: Intercom tells events apart by person, name and second."

    def _do(self, piece: Piece) -> Done:
        wanted = piece.input
        assert isinstance(wanted, SendEvent)
        found = _found(self._api, wanted.people)
        found, _ = _for_each(
            found, lambda contact: self._api.send_event(contact, wanted.event, piece.fired_at, wanted.metadata)
        )
        note = "; ".join([f"sent for {_people(len(found.contacts))}", *found.notes()])
        return Done(found.remote_id, self._api.link(found.contacts[0]), note)


# --- doctor -----------------------------------------------------------------------------------------------------------


_UNTOLD = (
    "compare with the app's permissions in the Developer Hub: "
    + ", ".join(right.name.lower() for right in RIGHTS)
    + "; take away what is more"
)


def check(api: Api) -> list[Finding]:
    """Is the token good, and may it read what is needed?

    No call tells what a token may do (version 2.15's contract: `/me` has no word of it), and writing cannot be tried
    without a change. So what is missing for reading is seen, and the rest is said to be untold.
    """
    try:
        app: dict[str, Any] = api.me().get("app") or {}
    except Failure as failure:
        return [Finding("intercom", "the access token", ok=False, remedy=str(failure))]
    where = f"workspace {app.get('name', 'unknown')}, region {app.get('region', 'unknown')}"
    return [
        Finding("intercom", where, ok=True),
        *(_reads(api, what) for what in ("contacts", "tags")),
        Finding("intercom", "Intercom does not tell what else the token may do", True, _UNTOLD, "note"),
    ]


def _reads(api: Api, what: str) -> Finding:
    try:
        api.may_read(what)
    except Failure as failure:
        return Finding("intercom", f"may read {what}", ok=False, remedy=str(failure))
    return Finding("intercom", f"may read {what}", ok=True)


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
