"""What deciding hands to the ledger: firings with their steps, and the key that makes a step unique."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from expansion.evaluate.subjects import Subject, UserOf

# "no_playbook": no branch of the trigger's `choose` fitted, so there was nothing to start.
Decision = Literal[
    "acting",
    "watching",
    "suppressed",
    "held_out",
    "flood",
    "no_playbook",
    "paused",
    "quiet",  # true in the trigger's first live run
    "carried",  # the attention budget left no room
    "approval",
    "declined",
]
# What kept these is looked at again in every run, as long as the trigger is true.
AGAIN: frozenset[Decision] = frozenset({"paused", "suppressed", "carried"})
# Nothing was in the way of these but what is decided for all of a trigger's firings together, or after that.
REACHED_THE_BRAKE: frozenset[Decision] = frozenset(
    {"acting", "watching", "flood", "quiet", "carried", "approval", "declined"}
)
# These wait for a person.
HELD: frozenset[Decision] = frozenset({"flood", "approval"})
FirstState = Literal["waiting", "due", "skipped"]


def subject_of(account_id: str, user_id: str) -> Subject:
    """Who an episode is about: a person where there is one, else the account."""
    return UserOf(account_id, user_id) if user_id else account_id


def called(account_name: str, user_name: str) -> str:
    """`Acme`, or `Ana of Acme`."""
    return f"{user_name} of {account_name}" if user_name else account_name


@dataclass(frozen=True)
class NewStep:
    """One step of a firing as it enters the ledger.

    `recipe` is plain JSON: all that the step needs to be rendered later. `input` is plain JSON too: the action's
    resolved and validated input, None while the step waits and for a skipped one. `not_before` is set while it waits.
    """

    key: str  # step_key(…), 64 lower-case hex digits
    step_id: str
    position: int  # 0 is the first step of the playbook
    integration: str  # "salesforce"
    action: str  # "salesforce.create_task"
    recipe: Mapping[str, Any]
    input: Mapping[str, Any] | None
    state: FirstState
    not_before: datetime | None = None
    reason: str | None = None  # why it is skipped
    can_fail: bool = False
    when_cleared: str | None = None  # close | annotate | take_back; None: it stays as it is
    follows: str | None = None  # the key of the step that this one is about


@dataclass(frozen=True)
class NewFiring:
    """A trigger became true for an account, or a person of it: what was decided, why, and what it is worth.

    Every firing opens an episode, whatever the decision. Money is exact: `worth` and `priority` have at most two
    decimals, and are None where the fact behind them is not known.
    """

    trigger: str
    account_id: str
    account_name: str
    episode: int  # 1 for the account's or the person's first with this trigger, then counted up
    fired_at: datetime  # aware, UTC: the moment of the check
    decision: Decision
    reason: str  # one sentence for people
    definition_hash: str
    git_revision: str | None
    watermark: datetime | None  # how far the data reached
    tier: str
    worth: Decimal | None  # a year, in `currency`
    currency: str
    likely: Decimal  # a share between 0 and 1
    priority: Decimal | None  # worth × likely
    priority_parts: tuple[tuple[str, str], ...]  # (label, value) as people read them
    owner: str  # an e-mail address
    playbook: str | None  # None where nothing is done
    evidence: Mapping[str, Any]  # plain JSON
    steps: tuple[NewStep, ...] = ()
    user_id: str = ""  # the person, for a trigger about people
    user_name: str = ""  # what people call that person; never an e-mail address

    @property
    def subject(self) -> Subject:
        return subject_of(self.account_id, self.user_id)

    @property
    def called(self) -> str:
        return called(self.account_name, self.user_name)


@dataclass(frozen=True)
class OpenEpisode:
    """An account or a person still in the state that fired."""

    firing_id: int
    episode: int
    fired_at: datetime
    decision: Decision
    reason: str
    decided_at: datetime  # the moment of the check that decided so
    approved_by: str | None = None  # who let it go, where it was held for a person
    fired_account: str | None = None  # the ids that it began under, where it has moved since
    fired_user: str | None = None

    def began_as(self, subject: Subject) -> Subject:
        """Who it began for; `subject`: whose it is now."""
        return subject if self.fired_account is None else subject_of(self.fired_account, self.fired_user or "")

    @property
    def has_passed(self) -> bool:
        """Whether it is past the flood brake and the quiet first run."""
        return self.decision == "carried"


Mark = tuple[int, int]  # grows with every firing, and with everything that is decided again


@dataclass(frozen=True)
class Redecided:
    """Something else was decided about an open episode; `firing` is the whole of what it is now."""

    was: OpenEpisode
    firing: NewFiring
    at: datetime  # the moment of the check that decided so
    approved_by: str | None = None


@dataclass(frozen=True)
class Conversation:
    """One that began, or that waits for approval and holds its place meanwhile."""

    firing_id: int
    account_id: str
    owner: str
    people: tuple[str, ...]  # user ids of the account
    at: datetime


@dataclass(frozen=True)
class Cleared:
    """An open episode that is over: the trigger is certainly no longer true."""

    trigger: str
    account_id: str
    user_id: str = ""


@dataclass(frozen=True)
class Moved:
    """An open episode of an account, or a person, that has another id now: it is theirs under this number."""

    firing_id: int
    account_id: str
    user_id: str
    episode: int


@dataclass(frozen=True)
class Superseded:
    """An open episode that ends because another one of who is the same account now, or person, goes on."""

    firing_id: int
    by: int  # the firing that goes on


@dataclass(frozen=True)
class LastEpisode:
    """The newest episode of an account or a person with a trigger, open or over."""

    episode: int
    fired_at: datetime
    cleared_at: datetime | None
    decision: str


def step_key(account_id: str, trigger: str, episode: int, playbook: str, step_id: str, user_id: str = "") -> str:
    """The same step has the same key on every machine and every attempt; no two steps share one.

    A JSON array keeps the parts apart: ("a", "bc") and ("ab", "c") differ. One with a person is longer by one, so it
    is never that of an account.
    """
    parts = [account_id, trigger, episode, playbook, step_id, *([user_id] if user_id else [])]
    text = json.dumps(parts, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()
