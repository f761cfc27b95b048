"""What the deciding side and the talking side say to each other: pieces of work, replies, and what comes in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from fractions import Fraction
from typing import Any, ClassVar, Literal, Protocol

from pydantic import BaseModel

from expansion.text.for_people import ForPeople
from expansion.text.redact import redacted
from expansion.waiting import LONGEST_TURN, LONGEST_WAIT, TOO_LONG, asks_too_much, bounded

_CURRENCY = re.compile("[A-Z]{3}")

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


class NotAll(TryLater):
    """Less came than was announced, and nothing broke: what came is so, and of who did not come nobody can tell."""


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
    # Of what is pushed without an account, by its `remote_id`: the source has no such record any more.
    is_gone: bool = False


@dataclass(frozen=True)
class Wanted:
    """What a pull asks a source for, with all that its values depend on: a source reads no clock and no policy."""

    kinds: Mapping[str, frozenset[str]]  # each field, and as what kinds facts.yaml takes it: `money`, `percent`, …
    now: datetime
    zone: tzinfo = UTC  # whose days are meant
    currency: str | None = None  # of all money; None: nobody says
    accounts: tuple[str, ...] = ()  # all that are known; given to a source that asks for each by itself

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
    less: NotAll | None = None  # than was announced: then nobody who is not among them is taken to have left


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
    source: str = ""  # who pushed it: "segment.calls"; of what is pulled the pull knows


@dataclass(frozen=True)
class Outcome:
    """What an account came to buy more of, or less. One that is told again replaces what was told by its `remote_id`.

    `amount` is what a year is worth of it, and never below nothing: `kind` says in which direction.
    """

    source: str  # "salesforce.opportunity"
    account_id: str
    kind: Literal["expansion", "contraction"]
    at: datetime  # when it became so: the deal was won, the plan was changed
    remote_id: str  # the record's id in that system
    called: str | None = None  # in that system's own word, by which people choose what counts: "Upsell"
    tier: str | None = None  # of policy.yaml, where the system says it
    amount: Decimal | None = None
    currency: str | None = None
    known_at: datetime | None = None  # when it could be known: an earlier moment does not see it; else the pull
    is_gone: bool = False  # what was told of it before is no longer so: the deal was opened again, or removed

    def __post_init__(self) -> None:
        _must_name(self, "source", "account_id", "remote_id")
        _must_have_zone(self, "at", "known_at")
        if self.kind not in ("expansion", "contraction"):
            raise ValueError(f"an outcome is an expansion or a contraction, not `{self.kind}`")
        if self.amount is not None and not (self.amount.is_finite() and self.amount >= 0):
            raise ValueError(f"an amount is a number from 0 on, not {self.amount}: `kind` says in which direction")
        if (self.amount is None) != (self.currency is None):
            raise ValueError("an amount has a currency, and a currency an amount")
        if self.currency is not None and not _CURRENCY.fullmatch(self.currency):
            raise ValueError(f"a currency is three capitals, not `{self.currency}`")


@dataclass(frozen=True)
class Merge:
    """One account, or one person, has another id from a moment on: what is known of the former is known of this one.

    Both ids are of the kind that the source's other records have. Who only moves to another account keeps the id, and
    is a record of facts. A system that does not tell what the former record said names the record (`by_record`): whose
    it was is looked up in what was pulled of it before.
    """

    source: str
    of: Literal["account", "user"]
    former_id: str
    id: str
    at: datetime
    known_at: datetime | None = None  # when it could be known; else the pull
    by_record: bool = False  # `former_id` is the id of a record in that system, of an account
    into_record: bool = False  # so is `id`

    def __post_init__(self) -> None:
        _must_name(self, "source", "former_id", "id")
        _must_have_zone(self, "at", "known_at")
        if self.of not in ("account", "user"):
            raise ValueError(f"a merge is of an account or a user, not `{self.of}`")
        if (self.by_record or self.into_record) and self.of != "account":
            raise ValueError("only records of accounts are looked up")
        if self.former_id == self.id and not self.by_record:
            raise ValueError(f"`{self.id}` cannot be merged into itself")


@dataclass(frozen=True)
class Disposition:
    """What a person said of a firing: takes it, wants to be left alone with it until then, it is useful or not.

    `step` is the key of the step whose message was answered. Told again under its `remote_id` it is the same.
    """

    source: str  # "slack.buttons"
    step: str
    kind: Literal["claimed", "snoozed", "useful", "not_useful"]
    by: str  # who, in that system's own word: "U024BE7LH"
    at: datetime
    remote_id: str
    reason: str | None = None
    until: datetime | None = None  # of what is snoozed
    email: str | None = None  # of who said it, where the system tells
    called: str = ""  # what the system calls them

    def __post_init__(self) -> None:
        _must_name(self, "source", "step", "by", "remote_id")
        _must_have_zone(self, "at", "until")
        if (self.kind == "snoozed") != (self.until is not None):
            raise ValueError("what is snoozed, and nothing else, has an `until`")


@dataclass(frozen=True)
class Expected:
    """How much of a source, and how soon, when all is well. Outside of it nobody can tell what rests on the source."""

    lag: timedelta  # after so long what has happened is there
    at_least: Fraction = Fraction(1, 2)  # of what the same weekday usually brings
    at_most: Fraction | None = None  # of the same; None: more is never wrong
    unmatched: Fraction = Fraction(1, 10)  # of its rows, at most, are of accounts that nobody knows

    def __post_init__(self) -> None:
        if self.lag < timedelta():
            raise ValueError("nothing is there before it has happened: `lag` is not below 0")
        if not 0 <= self.at_least <= 1:
            raise ValueError("`at_least` is a share of what is usual, from 0 to 1")
        if self.at_most is not None and self.at_most < 1:
            raise ValueError("`at_most` is a multiple of what is usual, from 1 on")
        if not 0 <= self.unmatched <= 1:
            raise ValueError("`unmatched` is a share of all rows, from 0 to 1")


def _must_name(record: object, *fields: str) -> None:
    for name in fields:
        if not getattr(record, name).strip():
            raise ValueError(f"`{name}` is empty")


def _must_have_zone(record: object, *fields: str) -> None:
    for name in fields:
        moment = getattr(record, name)
        if moment is not None and moment.utcoffset() is None:
            raise ValueError(f"`{name}` has no time zone")


# --- what a system pushes by itself -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Aside:
    """What was pushed and makes no sense: kept beside the store with its reason, and listed there by the next run.

    A sender that is refused a batch loses its good rows, too; so a batch is taken, and its bad rows are these.
    """

    source: str  # "segment.calls"
    reason: str  # one sentence, without anything of what was sent
    text: str | None = None  # the row as it came, shortened where it is listed


@dataclass(frozen=True)
class CohortPush:
    """What a system pushed of a cohort that it keeps: who came in and who left, or a page of all who are in it.

    A sender that names sessions tells all who are in a cohort first; until then nobody can be told not to be.
    """

    source: str  # "mixpanel.cohorts"
    name: str
    at: datetime  # when it became so
    known_at: datetime  # when it arrived
    joined: frozenset[str] = frozenset()  # people, by the ids that events have
    left: frozenset[str] = frozenset()
    session: str = ""
    whole: bool = False  # all pages of the session together are all who are in it
    page: int = 1
    pages: int = 1

    def __post_init__(self) -> None:
        _must_name(self, "source", "name")
        _must_have_zone(self, "at", "known_at")
        if not 1 <= self.page <= self.pages:
            raise ValueError(f"there is no page {self.page} of {self.pages}")
        if self.whole and not (self.session and not self.left):
            raise ValueError("all who are in a cohort are told in a session, and nobody leaves it")


# What `expansion serve` writes down before it answers; see integrations/kit/inbound.py.
Arrived = EventRow | FactRecord | CohortPush | Outcome | Merge | Aside | Disposition


# --- what may be written in YAML --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ActionWords:
    """An action as authors see it; `input_model` validates `with`."""

    name: str  # "salesforce.create_task"
    title: str
    input_model: type[BaseModel]
    repeatable: bool
    note: str | None = None
    offers: frozenset[str] = frozenset()  # close, annotate, take_back (for `when_cleared`), sla, updates, leavers
    # `leavers`: what it set can be taken back from some of its people alone, see follow/inputs.py
    keeps: frozenset[str] = frozenset()  # inputs whose effect `take_back` cannot take back
    followed_by: str | None = None  # the action that changes or takes back what this one made
    follows: bool = False  # done about what an earlier step made, by the ledger; no playbook names it
    announces: bool = False  # posts a `text` in a `channel`: a clock speaks by it
    restore: str | None = None  # how a person gets back what it made and somebody deleted
    answered_by: str | None = None  # the action that shows below its message what people have answered


@dataclass(frozen=True)
class SourceWords:
    """A source as authors see it, and what it can give: facts, people, cohorts, events, outcomes, merges."""

    name: str  # "salesforce.account"
    title: str
    gives: frozenset[str]
    pushed: bool = False  # it sends by itself, to `expansion serve`; it is never asked
    expected: Expected | None = None  # how much of it, and how soon


@dataclass(frozen=True)
class Catalog:
    """Everything that YAML may name. Made by `integrations.catalog()`, or by hand in tests."""

    actions: Mapping[str, ActionWords] = field(default_factory=dict)
    sources: Mapping[str, SourceWords] = field(default_factory=dict)

    @property
    def for_playbooks(self) -> Mapping[str, ActionWords]:
        """The actions that a playbook's `do` may name."""
        return {name: action for name, action in self.actions.items() if not action.follows}

    @property
    def announcers(self) -> Sequence[str]:
        """The actions by which clocks can post their messages."""
        return [name for name, action in self.actions.items() if action.announces]

    def announcer(self, chosen: str | None) -> str | None:
        """The one that policy.yaml chooses, else the first; None where no integration has one."""
        return chosen if chosen in self.announcers else next(iter(self.announcers), None)


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
