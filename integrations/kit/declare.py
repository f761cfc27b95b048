"""What every integration declares, in one readable place.

An integration is one package: `settings` (where to find each value, limits, rights), `inputs` (what authors write),
`meanings` (the table from a reply to a meaning), `client`, `actions`, `sources`, `doctor`, those that it needs; and its
`__init__`, which declares it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal, Protocol

from pydantic import BaseModel
from pydantic_settings import BaseSettings

from expansion.contract import (
    ActionWords,
    CohortMembers,
    Done,
    EventRow,
    Expected,
    FactRecord,
    Failure,
    Made,
    Merge,
    Outcome,
    Piece,
    Refused,
    Reply,
    SourceWords,
    Standing,
    Wanted,
)
from expansion.event_lines import EventLines
from expansion.limits import Limit
from integrations.kit.inbound import InboundBase
from integrations.kit.settings import read
from integrations.kit.world import IN_LIFE, World

# --- sources and actions ----------------------------------------------------------------------------------------------


class ActionBase:
    """One thing an integration can do. Subclasses set the class attributes and write `deliver`."""

    name: ClassVar[str]
    title: ClassVar[str]
    input_model: ClassVar[type[BaseModel]]
    batch: ClassVar[int] = 1  # the vendor's maximum per call
    repeatable: ClassVar[bool] = False  # doing it twice leaves one: an upsert by our key, a tag, a set
    note: ClassVar[str | None] = None
    offers: ClassVar[frozenset[str]] = frozenset()  # what `when_cleared` may say of it, and `sla`
    keeps: ClassVar[frozenset[str]] = frozenset()  # inputs whose effect `take_back` cannot take back
    followed_by: ClassVar[str | None] = None  # the action that changes or takes back what this one made
    follows: ClassVar[bool] = False  # such an action: the ledger asks for it, no playbook does
    announces: ClassVar[bool] = False  # its input has `channel` and `text`: the messages of an `sla` go by it
    restore: ClassVar[str | None] = None  # how a person gets back what it made, where somebody has deleted it
    answered_by: ClassVar[str | None] = None  # the action that shows what people have answered by its buttons

    def deliver(self, pieces: Sequence[Piece]) -> list[Reply]:
        """One reply per piece, in order. Failures are returned, never raised: one bad piece stops no other."""
        raise NotImplementedError

    def find(self, pieces: Sequence[Piece]) -> list[Done | Failure | None]:
        """Look each piece up by its key after an attempt whose outcome nobody knows.

        `Done`: it is there. `None`: it certainly is not, so it may be sent again. A `Failure`: still unknown.
        """
        return [Refused(f"{self.name} cannot be looked up; a person has to check") for _ in pieces]

    def look(self, made: Sequence[Made]) -> list[Standing | Failure]:
        """How the things that this action made stand now, in order; nothing is changed. A `Failure`: it cannot be told.

        For comparing the ledger with the system, and for seeing whether a person has touched a task.
        """
        return [Refused(f"{self.name} leaves nothing that can be looked at") for _ in made]

    @classmethod
    def words(cls) -> ActionWords:
        return ActionWords(
            *(cls.name, cls.title, cls.input_model, cls.repeatable, cls.note),
            offers=cls.offers,
            keeps=cls.keeps,
            followed_by=cls.followed_by,
            follows=cls.follows,
            announces=cls.announces,
            restore=cls.restore,
            answered_by=cls.answered_by,
        )


class SourceBase:
    """Something an integration knows. Subclasses override what they give."""

    name: ClassVar[str]
    title: ClassVar[str]
    gives: ClassVar[frozenset[str]]  # of: facts, people, cohorts, events, outcomes, merges
    # How late an event may come and still be read: each pull reads so far back again, and repeats are dropped.
    late: timedelta = timedelta(days=2)
    behind: timedelta = timedelta()  # how long after an event a pull may still find nothing of it
    by_hour: bool = False  # `events` takes the hour from which on they are wanted, where others take the day
    # Of: facts, people. An answer holds every record there is: what it does not hold is no longer so. An answer that
    # may be cut short has to fail rather than to end early.
    full: ClassVar[frozenset[str]] = frozenset()
    # Facts are asked for account by account, of those that are known (`Wanted.accounts`); its system lists none.
    asks_for_each: bool = False
    expected: Expected | None = None  # how much of it, and how soon; None: nobody can say
    # What is stored of an answer that breaks off: events are each true alone; half of the facts would look like gaps.
    keeps: ClassVar[Literal["what was read", "nothing"]] = "nothing"

    def facts(self, fields: Sequence[str]) -> Iterator[FactRecord]:
        raise NotImplementedError

    def wanted(self, wanted: Wanted) -> Iterator[FactRecord]:
        """The facts that a pull wants. Overridden where values depend on more than the fields' names: on units, days,
        currencies."""
        return self.facts(wanted.fields)

    def contradictions(self, wanted: Wanted) -> list[Finding]:
        """Where the system's own description of a field and what facts.yaml takes it for do not go together."""
        return []

    def people(self, fields: Sequence[str]) -> Iterator[FactRecord]:
        raise NotImplementedError

    def cohort(self, name: str) -> CohortMembers:
        raise NotImplementedError

    def cohort_is_as_it_was(self, name: str, at: datetime) -> bool:
        """Whether a cohort is certainly the same that it was then, so that nobody has to ask for its members again."""
        return False

    def events(self, since: str | None, until: str, account_property: str) -> Iterator[EventRow]:
        """Events of the days `since`..`until`, both ISO dates and both included; `since` None: the first pull.

        `by_hour`, since is an hour: `2026-03-02T05`.
        """
        raise NotImplementedError

    def event_lines(self, since: str | None, until: str, account_property: str) -> EventLines | None:
        """The same as `events` as the lines that say them, where the source has such: many are read at once."""
        return None

    def outcomes(self, since: datetime | None, currency: str) -> Iterator[Outcome]:
        """What accounts came to buy more of or less, of all that has changed since; None: all that there is.

        `currency`: policy.yaml's, into which amounts are converted where a rate is known; of those that say none.
        """
        raise NotImplementedError

    def merges(self, since: datetime | None) -> Iterator[Merge]:
        """Which accounts and people have another id since, the first change first; None: all that there is."""
        raise NotImplementedError

    @classmethod
    def words(cls) -> SourceWords:
        return SourceWords(cls.name, cls.title, cls.gives, expected=cls.expected)


@dataclass(frozen=True)
class Right:
    """A scope or permission that an integration needs at least, by the vendor's name for it."""

    name: str
    why: str
    only_for: str | None = None  # the action or source that alone needs it; None: it is always needed


@dataclass(frozen=True)
class Finding:
    """One line of `expansion doctor`, which says of which system it is.

    What is not `ok` has to be mended. A warning works, and is better mended: more rights than needed. A note says what
    the system does not tell.
    """

    what: str
    ok: bool
    remedy: str | None = None
    mark: Literal["ok", "warning", "note"] = "ok"  # of what is ok


Names = frozenset[str]


class Check(Protocol):
    """Asks the system, changing nothing. `used`: the actions and sources that the definitions name; None: all."""

    def __call__(self, used: Names | None = None) -> list[Finding]: ...


def _nothing_to_check(used: Names | None = None) -> list[Finding]:
    return []


@dataclass
class Integration:
    """One outside system: declared at import without network or environment, connected by `connect()`."""

    name: str
    title: str
    settings_model: type[BaseSettings]
    # Makes the client of these settings in this world; nothing is sent until it is used.
    connect: Callable[[Any, World], Connected]
    actions: Mapping[str, type[ActionBase]] = field(default_factory=dict)
    sources: Mapping[str, type[SourceBase]] = field(default_factory=dict)
    inbound: Mapping[str, type[InboundBase]] = field(default_factory=dict)  # doors of `expansion serve`, by name
    limits: Sequence[Limit] = ()
    rights: Sequence[Right] = ()  # no more are needed; `check` compares them with what the token has
    # Seconds after which a flow tries a batch again that certainly was not done, when a call's own tries are over.
    batch_waits: Sequence[float] = (75.0,)

    @property
    def models(self) -> tuple[type[BaseSettings], ...]:
        """Every model of settings: its own, and those of its doors, which open without the rest."""
        doors = (door.settings_model for door in self.inbound.values())
        return tuple(dict.fromkeys((self.settings_model, *doors)))

    def connected(self, world: World = IN_LIFE) -> Connected:
        """Read the settings and connect. Raises NoAccess that names every setting that is missing or wrong."""
        return self.connect(read(self.settings_model), world)


@dataclass
class Connected:
    """An integration with its settings read and its client made."""

    actions: Mapping[str, ActionBase] = field(default_factory=dict)
    sources: Mapping[str, SourceBase] = field(default_factory=dict)
    check: Check = _nothing_to_check
    # The e-mail address of somebody who answered there, by the id that the answer names; None: nobody knows.
    address_of: Callable[[str], str | None] | None = None
    # Where a person sees an account, by label; `{salesforce}` stands for its id there.
    account_links: Mapping[str, str] = field(default_factory=dict)
