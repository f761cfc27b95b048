"""What the evaluator answers, as the rest of the product reads it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from fractions import Fraction
from typing import Any, Protocol

from expansion.evaluate.subjects import Subject
from expansion.language.model.models import Trigger


class Answer(Enum):
    """Three answers to a question about data. A missing value is never false or zero."""

    YES = "yes"
    NO = "no"
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True)
class FactValue:
    """A fact of one account: exact, and as people read it. `value` None: not known, for the `cause` given."""

    value: Fraction | str | bool | datetime | tuple[str, ...] | None
    text: str  # "92%", "$120,000", "yes", "unknown"
    cause: str | None = None

    @property
    def as_text(self) -> str | None:
        """The value where a text is wanted, without blanks around it; None where it is not known or empty."""
        if self.value is None:
            return None
        text = self.value if isinstance(self.value, str) else self.text
        return text.strip() or None

    @property
    def why_unknown(self) -> str:
        """For people, of one that is not known."""
        return self.cause or "no source has given it"


NOT_GIVEN = FactValue(None, "unknown")


@dataclass(frozen=True)
class EvidenceEvent:
    """One event behind an answer."""

    event_id: str
    event: str
    at: datetime
    user_id: str | None


@dataclass(frozen=True)
class Line:
    """One line of an explanation: a clause, its answer, the number seen and the number wanted."""

    text: str  # "seat_usage is at least 80%, for 14 days"
    answer: Answer
    seen: str | None = None  # "92% (46 of 50)"
    wanted: str | None = None  # "80%"
    cause: str | None = None  # why it cannot be told
    depth: int = 0  # nesting in groups
    section: str = "when"  # when | unless | accounts
    events: tuple[EvidenceEvent, ...] = ()  # the newest, at most a handful
    people: tuple[str, ...] = ()  # user ids behind the number, most active first
    behind: bool = True  # False below a group that does not hold: no reason for a yes
    denied: bool = False  # below a `none_of` that holds: that it is not so is the reason
    titled: str | None = None  # the clause with the fact's title: "Share of seats in use at least 80%, for 14 days"
    of_account: bool = False  # about the account of the person asked about
    flips: str | None = None  # the smallest change that would turn the answer, where it was asked for and is certain

    @property
    def sentence(self) -> str:
        """The clause as sellers read it, with what was seen unless it says that itself: `plan is Team`."""
        text = self.titled or self.text
        said = text.endswith(f" is {self.seen}") or text.startswith("no ")
        return text if self.seen in (None, "unknown") or said else f"{text}: {self.seen}"


@dataclass(frozen=True)
class Evidence:
    """Why a trigger answers as it does for one account."""

    trigger: str
    account_id: str
    as_of: datetime
    answer: Answer
    lines: tuple[Line, ...]
    user_id: str | None = None  # the person asked about, for a trigger about people
    flips: str | None = None  # what would turn the whole, where it was asked for

    def reasons(self) -> list[str]:
        """The sentences a seller reads: the true lines of `when`, with their numbers; where there are none, what is not
        so and must not be."""
        return [sentence for sentence, _ in self.told()]

    def told(self) -> list[tuple[str, bool]]:
        """The same, each with whether it is about the person who was asked about."""
        lines = {line.sentence: line for line in self._true() if line.seen or line.wanted}
        if not lines and self.answer is Answer.YES:
            denied = (
                line for line in self.lines if line.section == "when" and line.denied and line.answer is Answer.NO
            )
            lines = {f"not: {line.sentence}": line for line in denied if line.seen or line.wanted}
        return [(said, bool(self.user_id) and not line.of_account) for said, line in lines.items()]

    def people(self) -> list[str]:
        """User ids behind the true lines of `when`, without repeats; the person asked about comes first."""
        asked = (self.user_id,) if self.user_id else ()
        return list(dict.fromkeys((*asked, *(user for line in self._true() for user in line.people))))

    def _true(self) -> list[Line]:
        return [x for x in self.lines if x.section == "when" and x.answer is Answer.YES and x.behind]


@dataclass(frozen=True)
class Answers:
    """One trigger over all that it asks about at one moment: accounts by id, or people."""

    trigger: str
    as_of: datetime
    yes: frozenset[Subject]
    cleared: Set[Subject]  # certainly over: an open episode ends. Cannot tell never clears.
    unknown: Mapping[Subject, str] = field(default_factory=dict)  # with the cause
    asked: int = 0  # how many were asked about
    left: Set[Subject] = frozenset()  # people who left their account: nobody asks about them there any more


class Evaluator(Protocol):
    """Answers questions as of one moment, seeing only what had arrived by then."""

    as_of: datetime

    def answers(self, triggers: Sequence[Trigger]) -> dict[str, Answers]: ...

    def explain(self, trigger: Trigger, subject: Subject, *, flips: bool = False) -> Evidence:
        """For a trigger about people: of a person, or of the one in an account whose answer is nearest to yes.

        `flips`: also the smallest change that would turn each line, which takes longer."""
        ...

    def holds(self, clauses: Sequence[Any], account_ids: Iterable[str]) -> dict[str, Answer]:
        """All the clauses together, for each account."""
        ...

    def unanswered(self, clauses: Sequence[Any], account_ids: Iterable[str]) -> dict[str, str]:
        """Of the accounts about which all the clauses together cannot be told: why, where a source did not answer."""
        ...

    def fact(self, name: str, account_ids: Iterable[str]) -> dict[str, FactValue]: ...

    def people(self, group: str, account_id: str) -> list[Mapping[str, str | None]]:
        """The members of a people group: user_id, email, name."""
        ...

    def profiles(self, account_id: str, user_ids: Iterable[str]) -> list[Mapping[str, str | None]]:
        """What is known of these people: user_id, email, name; unknown ones with the id alone.

        Who belongs to another account now, or to none any more, is left out."""
        ...

    def remote_ids(self, account_ids: Iterable[str]) -> dict[str, dict[str, str]]:
        """What each account is called in each system: {account: {"salesforce": "001…"}}."""
        ...
