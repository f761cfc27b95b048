"""What the deciding side and the talking side say to each other: pieces of work, replies, and facts pulled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from typing import Any, ClassVar, Protocol

from pydantic import BaseModel

from expansion.text.for_people import ForPeople
from expansion.text.redact import redacted
from expansion.waiting import LONGEST_TURN, LONGEST_WAIT, TOO_LONG, asks_too_much, bounded

# --- work that goes out -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class AccountRef:
    """An account, and what it is called in each system: `{"salesforce": "001…", "hubspot": "8231…"}`."""

    account_id: str
    name: str
    remote_ids: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Piece:
    """One step for one account, ready to be delivered.

    `key` is the ledger's key, the same on every attempt (64 lower-case hex digits): an external id, a uuid5 or a
    search term is made of it. `fired_at` never changes either, so that a time stamp sent twice is the same.
    """

    key: str
    account: AccountRef
    input: BaseModel
    fired_at: datetime
    trigger: str
    playbook: str
    trigger_title: str = ""  # as people read it; empty where the trigger or playbook is gone from the definitions
    playbook_title: str = ""


@dataclass(frozen=True)
class Done:
    """The outside system has it."""

    remote_id: str
    link: str | None = None
    note: str | None = None  # what people should know, e.g. "eligible for the series; entry rules run about hourly"
    already: bool = False  # it was there before this attempt


class Failure(ForPeople):
    """It did not happen, or nobody knows. `maybe_done` says whether it may already have been applied.

    The message is one sentence for a person: what happened, where, what to do. It holds no secret and no e-mail
    address: what a vendor said may repeat what it was sent.
    """

    def __init__(self, sentence: str, *, maybe_done: bool = False) -> None:
        super().__init__(redacted(sentence))
        self.maybe_done = maybe_done


class TryLater(Failure):
    """The system is busy or out of reach; the same request may work later.

    `wait` is the server's word, in seconds, and never longer than the longest.
    """

    longest: ClassVar[float] = LONGEST_WAIT

    def __init__(self, sentence: str, *, maybe_done: bool = False, wait: float | None = None) -> None:
        too_long = TOO_LONG if asks_too_much(wait, self.longest) else ""
        super().__init__(sentence + too_long, maybe_done=maybe_done)
        self.wait = bounded(wait, self.longest)


class NotItsTurn(TryLater):
    """Our own budget leaves no call for so long; nothing was sent, and nothing is wrong with the other system."""

    longest = LONGEST_TURN


class Refused(Failure):
    """The system understood and said no; repeating changes nothing until somebody changes something."""


class NotThere(Refused):
    """The system answered, and has no such field or cohort: what was known of it is no longer so. `names`: of those
    that were asked for."""

    def __init__(self, sentence: str, names: Sequence[str]) -> None:
        super().__init__(sentence)
        self.names = tuple(names)


class NoAccess(Failure):
    """Key wrong, expired, or without the right; a person has to fix settings."""


Reply = Done | Failure

# --- how what was done stands now -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Made:
    """What a done step left in an outside system, and what we changed about it since."""

    key: str  # the step's
    remote_id: str
    input: BaseModel  # as it was sent
    assigned_to: str | None = None  # whom we gave it to last: an e-mail address
    notes: tuple[str, ...] = ()  # texts that we added to it since


@dataclass(frozen=True)
class Standing:
    """How a thing that we made stands now. `touched` says in words what a person did to it; None: nobody did."""

    there: bool
    state: str | None = None  # in that system's own word: "In Progress"
    closed: bool = False  # it is over and done with there
    owner: str | None = None  # who has it now: an e-mail address
    moved: bool = False  # somebody else has it than we gave it to
    touched: str | None = None
    missing: str | None = None  # what of it is gone, where it is there in part


class Watched(Protocol):
    """An action that can say how the things that it made stand now."""

    def look(self, made: Sequence[Made]) -> Sequence[Standing | Failure]: ...


# --- facts and events that come in ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FactRecord:
    """What a source knows of one account (or one person) now: its fields, as the source sent them."""

    source: str  # "salesforce.account"
    account_id: str
    values: Mapping[str, Any]
    remote_id: str | None = None  # the record's id in that system
    user_id: str | None = None  # set when the record is about a person of the account
    at: datetime | None = None  # when it became so, if the source says; else the time of the pull
    known_at: datetime | None = None  # when it could be known: an earlier check does not see it; else the pull
    is_twice: bool = False  # the source has several records of it, and nobody knows which is meant


@dataclass(frozen=True)
class Wanted:
    """What a pull asks a source for, with all that its values depend on: a source reads no clock and no policy."""

    kinds: Mapping[str, frozenset[str]]  # each field, and as what kinds facts.yaml takes it: `money`, `percent`, …
    now: datetime
    zone: tzinfo = UTC  # whose days are meant
    currency: str | None = None  # of all money; None: nobody says

    @property
    def fields(self) -> tuple[str, ...]:
        return tuple(self.kinds)

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    def is_taken_for(self, field: str, *kinds: str) -> bool:
        return bool(self.kinds.get(field, frozenset()) & set(kinds))


@dataclass(frozen=True)
class CohortMembers:
    """The accounts of a cohort kept elsewhere, as of the pull."""

    source: str
    name: str
    account_ids: frozenset[str]


@dataclass(frozen=True)
class EventRow:
    """One event as a source sends it, not yet checked."""

    event_id: str | None
    event: str | None
    time: str | int | float | datetime | None  # ISO 8601, or epoch seconds or milliseconds
    account_id: str | None
    user_id: str | None
    properties: Mapping[str, Any]
    received_at: str | int | float | datetime | None = None
    former_id: str | None = None  # an id under which it may be stored already


# --- what may be written in YAML --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ActionWords:
    """An action as authors see it; `input_model` validates `with`."""

    name: str  # "salesforce.create_task"
    title: str
    input_model: type[BaseModel]
    repeatable: bool
    note: str | None = None
    offers: frozenset[str] = frozenset()  # of: close, annotate, take_back (for `when_cleared`), sla
    keeps: frozenset[str] = frozenset()  # inputs whose effect `take_back` cannot take back
    followed_by: str | None = None  # the action that changes or takes back what this one made
    follows: bool = False  # done about what an earlier step made, by the ledger; no playbook names it


@dataclass(frozen=True)
class SourceWords:
    """A source as authors see it, and what it can give: `facts`, `events`, `cohorts` or `people`."""

    name: str  # "salesforce.account"
    title: str
    gives: frozenset[str]


@dataclass(frozen=True)
class Catalog:
    """Everything that YAML may name. Made by `integrations.catalog()`, or by hand in tests."""

    actions: Mapping[str, ActionWords] = field(default_factory=dict)
    sources: Mapping[str, SourceWords] = field(default_factory=dict)

    @property
    def for_playbooks(self) -> Mapping[str, ActionWords]:
        """The actions that a playbook's `do` may name."""
        return {name: action for name, action in self.actions.items() if not action.follows}


# --- what deliver() needs of an integration ---------------------------------------------------------------------------


class Action(Protocol):
    """What flows call; see integrations.kit.declare for how one is made."""

    @property
    def name(self) -> str: ...

    @property
    def batch(self) -> int: ...

    @property
    def repeatable(self) -> bool: ...

    def deliver(self, pieces: Sequence[Piece]) -> list[Reply]: ...

    def find(self, pieces: Sequence[Piece]) -> list[Done | Failure | None]: ...
