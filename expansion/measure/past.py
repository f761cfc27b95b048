"""The firings of a replay, kept in memory: what deciding reads of the ledger, of a time that no ledger has seen."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from expansion.decide.episodes import Candidate
from expansion.decide.rulings import Ruling
from expansion.evaluate.subjects import Subject, account_of, user_of
from expansion.records.dispositions import Snooze
from expansion.records.firing import (
    REACHED_THE_BRAKE,
    Conversation,
    Decision,
    LastEpisode,
    Mark,
    Moved,
    OpenEpisode,
    Superseded,
    subject_of,
)
from expansion.records.pauses import Pause


@dataclass(frozen=True)
class Onset:
    """The moment from which a trigger was true for an account, or a person of it: a firing of a replay.

    `decision` is the last that was made about it: one that was left alone at first may have been acted on later. The
    ids are those of now; `began_as` says whose it was at first.
    """

    id: int
    trigger: str
    account_id: str
    user_id: str
    episode: int
    at: datetime
    decision: Decision
    reason: str
    decided_at: datetime
    playbook: str | None = None
    expected: Decimal | None = None  # expansion ARR a year, by the price book of that day; None: not known
    cleared_at: datetime | None = None
    began_as: Subject | None = None  # where it has moved since

    @property
    def subject(self) -> Subject:
        return subject_of(self.account_id, self.user_id)

    def as_open(self) -> OpenEpisode:
        began = (account_of(self.began_as), user_of(self.began_as)) if self.began_as is not None else (None, None)
        said = (self.episode, self.at, self.decision, self.reason, self.decided_at)
        return OpenEpisode(self.id, *said, None, *began)

    def as_last(self) -> LastEpisode:
        return LastEpisode(self.episode, self.at, self.cleared_at, self.decision)


@dataclass
class Past:
    """A ledger's memory without a ledger. Nobody pauses, snoozes or approves anything in it."""

    onsets: list[Onset] = field(default_factory=list)  # by their ids
    _mine: dict[str, list[int]] = field(default_factory=dict)  # trigger -> ids
    _open: dict[str, dict[Subject, OpenEpisode]] = field(default_factory=dict)
    _last: dict[str, dict[Subject, LastEpisode]] = field(default_factory=dict)

    # --- what deciding reads: see decide.history.History --------------------------------------------------------------

    def open_episodes(self, trigger: str, accounts: Collection[str] | None = None) -> Mapping[Subject, OpenEpisode]:
        still_open = self._open.get(trigger, {})
        if accounts is None:
            return still_open
        return {subject: one for subject, one in still_open.items() if account_of(subject) in accounts}

    def last_episode(self, trigger: str) -> Mapping[Subject, LastEpisode]:
        return self._last.get(trigger, {})

    def past_counts(self, trigger: str, limit: int) -> Sequence[int]:
        days: dict[datetime, set[str]] = {}
        for one in self._newest(trigger):
            if one.at not in days and len(days) == limit:
                break
            days.setdefault(one.at, set()).add(one.account_id)
        return [len(accounts) for accounts in days.values()]

    def fired(self, trigger: str, since: datetime, until: datetime) -> Sequence[tuple[str, datetime]]:
        mine = (one for one in self._newest(trigger) if one.decision != "quiet")
        return [(one.account_id, one.at) for one in mine if since < one.at <= until]

    def was_live(self, trigger: str) -> bool:
        """What is true on the first day is noted before anything is decided: from then on it has run."""
        return True

    def pauses(self) -> Sequence[Pause]:
        return ()

    def snoozes(self, trigger: str, at: datetime) -> Sequence[Snooze]:
        return ()

    def conversations(self, since: datetime, until: datetime) -> Sequence[Conversation]:
        begun = (one for one in self.onsets if one.decision == "acting" and one.playbook)
        return [
            Conversation(one.id, one.account_id, "", (), one.decided_at)
            for one in begun
            if since <= one.decided_at < until
        ]

    def mark(self) -> Mark:
        return len(self.onsets), 0

    def _newest(self, trigger: str) -> Iterator[Onset]:
        """Those that reached the brake, the newest first: see Ledger.past_counts."""
        mine = (self.onsets[place] for place in reversed(self._mine.get(trigger, [])))
        return (one for one in mine if one.decision in REACHED_THE_BRAKE)

    # --- what is written down -----------------------------------------------------------------------------------------

    def rule(
        self, trigger: str, at: datetime, ruled: Mapping[Candidate, Ruling], expected: Mapping[str, Decimal | None]
    ) -> None:
        """Open the episodes of a day, and put down what is decided anew about open ones. `expected`: by account."""
        for candidate, ruling in ruled.items():
            if candidate.was is not None:
                self._decide_again(candidate.was.firing_id, at, ruling)
            else:
                whose = (trigger, candidate.account_id, candidate.user_id, candidate.episode)
                place, said = len(self.onsets), (ruling.decision, ruling.reason, at, ruling.playbook)
                self._mine.setdefault(trigger, []).append(place)
                self.onsets.append(Onset(place, *whose, at, *said, expected.get(candidate.account_id)))
                self._keep(place, self.onsets[place])

    def _decide_again(self, place: int, at: datetime, ruling: Ruling) -> None:
        was = self.onsets[place]
        if (was.decision, was.reason) != (ruling.decision, ruling.reason):
            new = replace(was, decision=ruling.decision, reason=ruling.reason, playbook=ruling.playbook, decided_at=at)
            self._keep(place, new)

    def end(self, trigger: str, subject: Subject, at: datetime) -> None:
        """An episode is over."""
        place = self._open[trigger][subject].firing_id
        self._keep(place, replace(self.onsets[place], cleared_at=at))

    def move(self, moved: Moved) -> None:
        """An open episode goes on under the id that its account, or person, has now."""
        was = self.onsets[moved.firing_id]
        new = replace(was, account_id=moved.account_id, user_id=moved.user_id, episode=moved.episode)
        self._leave(was)
        began = was.began_as if was.began_as is not None else was.subject
        self._keep(moved.firing_id, replace(new, began_as=None if began == new.subject else began))

    def supersede(self, ended: Superseded, at: datetime) -> None:
        """Of two that are one account now, one goes on."""
        one = self.onsets[ended.firing_id]
        self._leave(one)
        self.onsets[ended.firing_id] = replace(one, cleared_at=at)

    def _keep(self, place: int, one: Onset) -> None:
        self.onsets[place] = one
        last, still_open = self._last.setdefault(one.trigger, {}), self._open.setdefault(one.trigger, {})
        for whose in (one.subject, one.began_as):
            if whose is not None and (whose not in last or last[whose].episode <= one.episode):
                last[whose] = one.as_last()
        if one.cleared_at is None:
            still_open[one.subject] = one.as_open()
        else:
            still_open.pop(one.subject, None)

    def _leave(self, one: Onset) -> None:
        still_open = self._open[one.trigger]
        if one.subject in still_open and still_open[one.subject].firing_id == one.id:
            del still_open[one.subject]
