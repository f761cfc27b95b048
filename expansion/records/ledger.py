"""What goes into the ledger and what comes out of it. Nobody outside `expansion.ledger` sees a row.

What deciding hands over, `NewFiring` with its `NewStep`s and `Cleared`, is in `expansion.records.firing`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from expansion.evaluate.subjects import Subject
from expansion.records.firing import Decision, called

RunKind = str  # "expansion", "pull", …: the ledger only keeps it; jobs/kinds.py lists them
RunStatus = Literal["running", "completed", "failed"]
State = Literal["waiting", "due", "claimed", "done", "refused", "unsure", "skipped"]
Settlement = Literal["done", "retry", "skip"]

# --- in ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Verdict:
    """What became of one claimed step. Made by `done`, `refused`, `released` and `unsure` in `verdicts.py`."""

    key: str
    state: Literal["done", "refused", "due", "unsure"]
    reason: str | None = None
    maybe_done: bool = False
    not_before: datetime | None = None  # when to try again, or to look again if it is unsure
    counts: bool = True  # False: this attempt is not held against the step
    remote_id: str | None = None
    link: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class StepFilter:
    """Which steps to list; what is None does not narrow."""

    run_id: int | None = None
    trigger: str | None = None
    account_id: str | None = None
    former_ids: tuple[str, ...] = ()  # of that account: what was done under them is listed with it
    user_id: str | None = None  # "": only what is about whole accounts
    playbook: str | None = None
    action: str | None = None
    states: tuple[State, ...] | None = None
    fired_from: datetime | None = None  # of firings from this moment on
    fired_until: datetime | None = None  # and until this one, which is among them
    limit: int | None = None


@dataclass(frozen=True)
class FiringFilter:
    """Which firings to list; what is None does not narrow. Those of a run are what it opened or decided about again."""

    run_id: int | None = None
    trigger: str | None = None
    account_id: str | None = None
    former_ids: tuple[str, ...] = ()  # of that account: what was done under them is listed with it
    user_id: str | None = None  # "": only what is about whole accounts
    decisions: tuple[Decision, ...] | None = None
    open_only: bool = False
    fired_from: datetime | None = None
    fired_until: datetime | None = None  # that moment is among them
    limit: int | None = None


# --- out --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RunRecord:
    id: int
    kind: RunKind
    as_of: datetime
    started_at: datetime
    finished_at: datetime | None
    status: RunStatus
    git_revision: str | None
    definitions_hash: str | None
    watermark: datetime | None
    flow_run_id: str | None
    holder: str | None  # who runs it, so that a dead run can be told from a slow one
    summary: Mapping[str, Any]


@dataclass(frozen=True)
class Recorded:
    """What `record` did: ids of the new firings; what another run had already recorded; episodes that it closed.

    `again` are the ids of the firings that were decided about again; one that somebody else was quicker with is in
    `already`.
    """

    firing_ids: tuple[int, ...]
    already: tuple[tuple[str, Subject], ...]  # the trigger, and the account or person
    cleared: int
    again: tuple[int, ...] = ()


@dataclass(frozen=True)
class FiringRecord:
    id: int
    run_id: int
    trigger: str
    account_id: str
    account_name: str
    episode: int
    fired_at: datetime
    cleared_at: datetime | None
    decision: Decision
    reason: str
    definition_hash: str
    git_revision: str | None
    watermark: datetime | None
    tier: str
    worth: Decimal | None
    currency: str | None
    likely: Decimal | None
    priority: Decimal | None
    priority_parts: tuple[tuple[str, str], ...]
    owner: str | None
    playbook: str | None
    evidence: Mapping[str, Any]
    decided_at: datetime
    decided_in: int  # the run that decided so: not `run_id` where it was decided about again
    approved_by: str | None  # who let it go, where it was held for a person
    user_id: str = ""  # the person, for a trigger about people
    user_name: str = ""


@dataclass(frozen=True)
class PastDecision:
    """What was decided about a firing before."""

    decision: Decision
    reason: str
    decided_at: datetime
    decided_in: int


@dataclass(frozen=True)
class StepRecord:
    """One step as it stands, with what its firing knows of the account and the person."""

    key: str
    firing_id: int
    run_id: int
    trigger: str
    account_id: str
    account_name: str
    episode: int
    fired_at: datetime
    owner: str | None
    playbook: str
    step_id: str
    position: int
    integration: str
    action: str
    can_fail: bool
    recipe: Mapping[str, Any]
    input: Mapping[str, Any] | None
    state: State
    not_before: datetime
    claimed_by: str | None
    lease_until: datetime | None
    sending_since: datetime | None  # None while claimed: certainly nothing was sent under this claim
    look_again_at: datetime | None  # of an unsure step: when the system itself can be asked once more
    tries: int
    maybe_done: bool  # an earlier attempt of a repeatable action may have been applied
    remote_id: str | None
    link: str | None
    note: str | None
    reason: str | None
    updated_at: datetime
    user_id: str = ""
    user_name: str = ""
    follows: str | None = None  # the key of the step that this one is about
    when_cleared: str | None = None
    cleared_at: datetime | None = None  # when the episode ended

    @property
    def called(self) -> str:
        return called(self.account_name, self.user_name)


@dataclass(frozen=True)
class ClaimedStep(StepRecord):
    """A step in somebody's hands: nobody else touches it until its lease ends or its holder is dead."""

    input: Mapping[str, Any]


@dataclass(frozen=True)
class Attempt:
    """One line of a step's history."""

    step_key: str
    at: datetime
    holder: str
    outcome: str  # done | refused | due | unsure | abandoned | late | settled: …
    maybe_done: bool
    detail: str | None


@dataclass(frozen=True)
class Clock:
    """How long a task has waited for somebody to touch it, in working time."""

    step_key: str
    started_at: datetime
    spent: timedelta
    counted_until: datetime
    held: str | None = None  # why it stands still at the moment
    touched_at: datetime | None = None
    stopped_at: datetime | None = None
    reason: str | None = None  # why it stopped


@dataclass(frozen=True)
class Difference:
    """Where the ledger and a system disagree about what a step made, and what to do about it."""

    step_key: str
    kind: str  # deleted | moved | closed | changed
    detail: str
    advice: str


@dataclass(frozen=True)
class DifferenceRecord(Difference):
    """A difference as it was found, and since when."""

    first_seen_at: datetime
    last_seen_at: datetime
    times_seen: int
    gone_at: datetime | None


@dataclass(frozen=True)
class DueAction:
    """So many steps of one action in one playbook can be claimed now."""

    playbook: str
    action: str
    count: int
