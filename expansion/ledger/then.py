"""The ledger as it stood when a run began: what deciding read then, put together of what is kept.

Kept are what fired, what was decided about it before, when it ended, what was paused and snoozed and when. Not kept is
under which id an episode stood that has moved to another account since.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from expansion.evaluate.subjects import Subject
from expansion.ledger.store import Ledger
from expansion.records.dispositions import Snooze
from expansion.records.firing import REACHED_THE_BRAKE, Conversation, LastEpisode, Mark, OpenEpisode, subject_of
from expansion.records.ledger import FiringRecord, RunRecord
from expansion.records.pauses import Pause


@dataclass(frozen=True)
class LedgerThen:
    """What `decide` reads of a ledger, without what a run and those after it wrote."""

    ledger: Ledger
    run: RunRecord
    firings: Sequence[FiringRecord]  # of earlier runs, as they stood; the newest first
    first_live: frozenset[str]  # triggers of which the run was the first live one
    whole: frozenset[int]  # ids of runs over all accounts

    @classmethod
    def before(cls, ledger: Ledger, run: RunRecord) -> LedgerThen:
        every = sorted(ledger.firings(), key=lambda one: -one.id)
        kept = [_as_it_stood(ledger, one, run) for one in every if one.run_id < run.id]
        # A first live run writes all that it would act on down as old news; no other decision of a run is `quiet`.
        first = {one.trigger for one in every if one.decision == "quiet" and one.decided_in == run.id}
        whole = frozenset(one.id for one in ledger.runs(run.id, ("expansion",)))
        return cls(ledger, run, kept, frozenset(first), whole)

    def open_episodes(self, trigger: str, accounts: Collection[str] | None = None) -> Mapping[Subject, OpenEpisode]:
        return {
            _subject(one): _open(one)
            for one in self._of(trigger)
            if one.cleared_at is None and (accounts is None or one.account_id in accounts)
        }

    def last_episode(self, trigger: str) -> Mapping[Subject, LastEpisode]:
        found: dict[Subject, LastEpisode] = {}
        for one in self._of(trigger):
            last = LastEpisode(one.episode, one.fired_at, one.cleared_at, one.decision)
            if _subject(one) not in found or found[_subject(one)].episode < one.episode:
                found[_subject(one)] = last
        return found

    def past_counts(self, trigger: str, limit: int) -> Sequence[int]:
        runs: dict[int, set[str]] = {}
        for one in self._of(trigger):
            if one.decision in REACHED_THE_BRAKE and one.run_id in self.whole:
                runs.setdefault(one.run_id, set()).add(one.account_id)
        return [len(runs[run]) for run in sorted(runs, reverse=True)][:limit]

    def fired(self, trigger: str, since: datetime, until: datetime) -> Sequence[tuple[str, datetime]]:
        reached = (one for one in self._of(trigger) if one.decision in REACHED_THE_BRAKE and one.decision != "quiet")
        return [(one.account_id, one.fired_at) for one in reached if since < one.fired_at <= until]

    def was_live(self, trigger: str) -> bool:
        """Whether it had been, as far as it can matter: a first live run without old news decides as any other."""
        return trigger not in self.first_live

    def pauses(self) -> Sequence[Pause]:
        return self.ledger.pauses(self.run.started_at)

    def snoozes(self, trigger: str, at: datetime) -> Sequence[Snooze]:
        return self.ledger.snoozes(trigger, at, said_by=self.run.started_at)

    def conversations(self, since: datetime, until: datetime) -> Sequence[Conversation]:
        leads = [one for one in self.firings if one.decision in ("acting", "approval") and one.playbook is not None]
        return [_conversation(one) for one in reversed(leads) if since <= one.decided_at < until]

    def mark(self) -> Mark:
        return 0, 0  # nothing is written by it

    def _of(self, trigger: str) -> Iterator[FiringRecord]:
        return (one for one in self.firings if one.trigger == trigger)


def _as_it_stood(ledger: Ledger, firing: FiringRecord, run: RunRecord) -> FiringRecord:
    """Open where it ended by this run or later, and with what was decided about it by then."""
    if firing.cleared_at is not None and firing.cleared_at >= run.as_of:
        firing = replace(firing, cleared_at=None)
    if firing.decided_in < run.id:
        return firing
    earlier = [one for one in ledger.past_decisions(firing.id) if one.decided_in < run.id]
    if not earlier:
        return firing
    was = earlier[-1]
    stood = replace(firing, decision=was.decision, reason=was.reason, decided_at=was.decided_at)
    return replace(stood, decided_in=was.decided_in, approved_by=None)


def _subject(firing: FiringRecord) -> Subject:
    return subject_of(firing.account_id, firing.user_id)


def _conversation(one: FiringRecord) -> Conversation:
    people = tuple(one.evidence.get("reaches", ()))
    return Conversation(one.id, one.account_id, one.owner or "", people, one.decided_at)


def _open(one: FiringRecord) -> OpenEpisode:
    said = (one.decision, one.reason, one.decided_at, one.approved_by)
    return OpenEpisode(one.id, one.episode, one.fired_at, *said)
