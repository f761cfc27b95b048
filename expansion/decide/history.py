"""What deciding reads of the ledger, where accounts and people may have had other ids when they fired."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from expansion.decide.attention import Spent
from expansion.evaluate.subjects import Subject, UserOf, account_of, user_of
from expansion.records.dispositions import Snooze
from expansion.records.firing import Conversation, LastEpisode, Mark, Moved, OpenEpisode, Superseded
from expansion.records.pauses import Pause
from expansion.usage.identity.former_ids import FormerIds


class History(Spent, Protocol):
    """What deciding reads of the ledger: of a trigger's accounts, or people."""

    def open_episodes(self, trigger: str, accounts: Collection[str] | None = None) -> Mapping[Subject, OpenEpisode]: ...

    def last_episode(self, trigger: str) -> Mapping[Subject, LastEpisode]: ...

    def past_counts(self, trigger: str, limit: int) -> Sequence[int]: ...

    def fired(self, trigger: str, since: datetime, until: datetime) -> Sequence[tuple[str, datetime]]: ...

    def was_live(self, trigger: str) -> bool: ...

    def pauses(self) -> Sequence[Pause]: ...

    def snoozes(self, trigger: str, at: datetime) -> Sequence[Snooze]: ...

    def mark(self) -> Mark: ...


@dataclass(frozen=True)
class OfNow:
    """A history in which everybody goes by the id of now: what fired under a former id has fired.

    An open episode moves to who has the id now, as the newest of theirs. Where several would be open then, one that was
    acted on goes on, rather that of the id of now, else the oldest, and the others end: nobody is spoken to twice about
    one thing. Where a merge
    is taken back, an episode that is still open goes back to those for whom it began.
    """

    history: History
    ids: FormerIds

    def now(self, subject: Subject) -> Subject:
        account = self.ids.account(account_of(subject))
        return UserOf(account, self.ids.user(user_of(subject))) if isinstance(subject, UserOf) else account

    def open_episodes(self, trigger: str, accounts: Collection[str] | None = None) -> Mapping[Subject, OpenEpisode]:
        had = None if accounts is None else self.ids.of_accounts(accounts)
        return {now: some[0][1] for now, some in self._open(trigger, had).items()}

    def last_episode(self, trigger: str) -> Mapping[Subject, LastEpisode]:
        found: dict[Subject, LastEpisode] = {}
        for subject, last in self.history.last_episode(trigger).items():
            now = self.now(subject)
            both = (last, found.get(now, last))
            newest = max(both, key=lambda one: one.fired_at)
            found[now] = replace(newest, episode=max(one.episode for one in both))
        return found

    def moves(self, trigger: str) -> list[Moved]:
        """The open episodes that go to another id; see `Ledger.record`."""
        first = [(now, *some[0]) for now, some in self._open(trigger).items() if some[0][0] != now]
        left = {was for _, was, _ in first}
        first.sort(key=lambda one: one[0] in left)  # no two are open in one place: who goes makes room first
        return [Moved(kept.firing_id, account_of(now), user_of(now), kept.episode) for now, _, kept in first]

    def ends(self, trigger: str) -> list[Superseded]:
        """The open episodes that end because another one of the same account, or person, is open."""
        together = self._open(trigger).values()
        return [Superseded(one.firing_id, some[0][1].firing_id) for some in together for _, one in some[1:]]

    def conversations(self, since: datetime, until: datetime) -> Sequence[Conversation]:
        return [
            replace(one, account_id=self.ids.account(one.account_id), people=tuple(map(self.ids.user, one.people)))
            for one in self.history.conversations(since, until)
        ]

    def past_counts(self, trigger: str, limit: int) -> Sequence[int]:
        return self.history.past_counts(trigger, limit)

    def fired(self, trigger: str, since: datetime, until: datetime) -> Sequence[tuple[str, datetime]]:
        return [(self.ids.account(account), at) for account, at in self.history.fired(trigger, since, until)]

    def was_live(self, trigger: str) -> bool:
        return self.history.was_live(trigger)

    def pauses(self) -> Sequence[Pause]:
        return self.history.pauses()

    def snoozes(self, trigger: str, at: datetime) -> Sequence[Snooze]:
        return [replace(one, account_id=self.ids.account(one.account_id)) for one in self.history.snoozes(trigger, at)]

    def mark(self) -> Mark:
        return self.history.mark()

    def _open(
        self, trigger: str, accounts: Collection[str] | None = None
    ) -> dict[Subject, list[tuple[Subject, OpenEpisode]]]:
        """By who it is now, under whose ids which episodes are open, the one that goes on first."""
        together: dict[Subject, list[tuple[Subject, OpenEpisode]]] = {}
        for subject, still_open in self.history.open_episodes(trigger, accounts).items():
            began_as = still_open.began_as(subject)
            together.setdefault(self.now(began_as), []).append((subject, still_open))
        some_moved = any(was != now for now, some in together.items() for was, _ in some)
        last = self.last_episode(trigger) if some_moved else {}
        return {now: _first(now, some, last.get(now)) for now, some in together.items()}


def _first(
    now: Subject, some: list[tuple[Subject, OpenEpisode]], last: LastEpisode | None
) -> list[tuple[Subject, OpenEpisode]]:
    (was, kept), *rest = sorted(some, key=lambda one: (one[1].decision != "acting", one[0] != now, one[1].fired_at))
    if was != now and last is not None:
        kept = replace(kept, episode=last.episode + 1)
    return [(was, kept), *rest]
