"""Brings what was pushed into the store: first who belongs where, then events, so that those without an account find
the one of their person, also where a `group` call came after them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from itertools import chain, groupby
from pathlib import Path
from typing import Protocol, TypeVar

from expansion.contract import Arrived, Aside, CohortPush, EventRow, FactRecord, Merge
from expansion.usage.checking import NO_ACCOUNT
from expansion.usage.facts import add_facts, user_accounts
from expansion.usage.identity.acting import acting_for
from expansion.usage.identity.merges import add_merges
from expansion.usage.import_events import Imported, import_rows
from expansion.usage.pushed.cohort_pages import CohortPages
from expansion.usage.pushed.journal_lines import parted
from expansion.usage.pushed.pushed_records import add_records, is_by_record
from expansion.usage.pushed.waiting_events import WaitingEvents, too_long
from expansion.usage.pushed.waiting_events import parted as by_account
from expansion.usage.pushed.waiting_people import WaitingPeople
from expansion.usage.pushed.waiting_people import too_long as waited_too_long
from expansion.usage.pushed_cohorts import add_pushes
from expansion.usage.storage.forgotten import forgotten_people
from expansion.usage.storage.rejects import list_rejects
from expansion.usage.storage.store import UsageStore

SOURCE = "journal"  # of events that say no source
MOST = 200_000  # rows at a time
MOST_PUSHES = 200  # of cohorts, each of a thousand people or so
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

T = TypeVar("T", bound=Arrived)
OfSource = TypeVar("OfSource", EventRow, FactRecord, Aside)


class Reader(Protocol):
    """Gives the rows of one kind. It is asked several times, so that a journal of any length is never held whole."""

    def __call__(self, kind: type[T], /) -> Iterable[T]: ...


@dataclass
class Folded:
    """What became of what was pushed, by source; together it reads like one import."""

    by_source: dict[str, Imported] = field(default_factory=dict)
    facts: int = 0  # changes of facts, of people, of cohorts and of ids
    waiting: int = 0  # events of people whose account nobody knows yet
    waiting_people: int = 0  # what was told of such people
    half: Mapping[str, str] = field(default_factory=dict)  # cohorts of which pages are missing, and how much has come

    def of(self, source: str) -> Imported:
        """That of one source."""
        return self.by_source.setdefault(source, Imported(source))

    @property
    def stored(self) -> int:
        return sum(one.stored for one in self.by_source.values())

    @property
    def rejects(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for one in self.by_source.values():
            for reason, count in one.rejects.items():
                found[reason] = found.get(reason, 0) + count
        return found


@dataclass
class Fold:
    """One fold into a store. `users` are accounts of people that are known elsewhere; what the store knows comes first.
    `copy_of`: the folder of the store that this is a copy of; nothing is written there."""

    store: UsageStore
    users: Mapping[str, str]
    copy_of: Path | None = None
    done: Folded = field(default_factory=Folded)
    _nameless: list[FactRecord] = field(default_factory=list)  # about people whose account is not known yet

    def fold(self, rows: Reader) -> Folded:
        """All rows, which `rows` gives of one kind at a time: facts of the whole journal come before its events."""
        for some in parted(chain(WaitingPeople(self._root).rows(), rows(FactRecord)), MOST):
            self._facts([record for record in some if not is_by_record(record)])
            self._records([record for record in some if is_by_record(record)])
        self._cohorts(rows)
        for merges in parted(rows(Merge), MOST):
            told = max(one.known_at or one.at for one in merges)
            self.done.facts += add_merges(self.store, merges, told, listed_in=self.copy_of).new
        self._all_events(rows)
        self._people()
        for asides in parted(rows(Aside), MOST):
            self._asides(asides)
        return self.done

    def _facts(self, records: Sequence[FactRecord]) -> None:
        """Those that name an account first: they tell whose account the others are about."""
        self._add_facts([record for record in records if record.account_id])
        if nameless := [record for record in records if not record.account_id]:
            self._nameless += self._placed(nameless, self._users())

    def _placed(self, nameless: Sequence[FactRecord], users: Mapping[str, str]) -> list[FactRecord]:
        """Store those whose account is known; gives the others."""
        placed = [(record, users.get(record.user_id or "")) for record in nameless]
        self._add_facts([replace(record, account_id=account) for record, account in placed if account])
        return [record for record, account in placed if not account]

    def _people(self) -> None:
        """What is told of people whose account only their events name, or nobody: that waits for a while."""
        waiting = WaitingPeople(self._root)
        left = self._placed(self._nameless, self._acting) if self._nameless else []
        old, left = waited_too_long(left)
        self._asides([Aside(record.source, NO_ACCOUNT) for record in old])
        listed = forgotten_people(self._root)
        left = [one for record in left if (one := listed.fact(record))] if listed else left
        self.done.waiting_people = len(left)
        if self.copy_of is None and (left or waiting.path.exists()):
            waiting.keep(left)

    @cached_property
    def _acting(self) -> Mapping[str, str]:
        """The account of each person, where nobody says it that of all their events; asked when events are stored."""
        by_events = {user: account for user, account in acting_for(self.store).items() if account}
        return {**by_events, **self._users()}

    def _records(self, records: Sequence[FactRecord]) -> None:
        if records:
            listed = forgotten_people(self._root)
            new, asides = add_records(self.store, [one for record in records if (one := listed.fact(record))])
            self.done.facts += new
            self._asides(asides)

    def _add_facts(self, records: Sequence[FactRecord]) -> None:
        listed = forgotten_people(self._root)
        for source, mine in _by_source(_without_left(records)):
            known = [one for record in mine if (one := listed.fact(record))] if listed else mine
            if known:
                at = max(record.known_at or record.at or _LONG_AGO for record in known)
                self.done.facts += add_facts(self.store, source, known, at, pushed=True)

    def _cohorts(self, rows: Reader) -> None:
        """Who came and who left at once; pages of a whole once all of them are there."""
        pages, listed = CohortPages(self._root), forgotten_people(self._root)
        pages.add(map(listed.push, pages.rows()))
        for some in parted(rows(CohortPush), MOST_PUSHES):
            known = [listed.push(push) for push in some] if listed else some
            pages.add(push for push in known if push.whole)
            self._add_pushes([push for push in known if not push.whole])
        self._add_pushes(pages.take_whole())
        self._asides(list(pages.take_old()))
        self.done.half = pages.waiting()
        if self.copy_of is None:
            pages.keep()

    def _add_pushes(self, pushes: Sequence[CohortPush]) -> None:
        if pushes:
            self.done.facts += add_pushes(self.store, pushes)

    def _all_events(self, rows: Reader) -> None:
        """Those that waited come first; of those that nobody knows an account for, the older ones are set aside."""
        before, users = WaitingEvents(self._root), self._users()
        waiting: list[EventRow] = []
        for some in parted(chain(before.rows(), rows(EventRow)), MOST):
            ready, more = by_account(self._known(some), users)
            waiting += more
            self._events(ready, users)
        if waiting:
            ready, waiting = by_account(waiting, self._acting)
            self._events(ready, self._acting)
        old, left = too_long(waiting)
        self._events(old, users)
        self.done.waiting = len(left)
        if self.copy_of is None and (left or before.path.exists()):
            before.keep(left)

    def _known(self, rows: Sequence[EventRow]) -> Sequence[EventRow]:
        """The rows, with what stands for forgotten people in their place."""
        listed = forgotten_people(self._root)
        return [listed.event(row) for row in rows] if listed else rows

    def _events(self, rows: Sequence[EventRow], users: Mapping[str, str]) -> None:
        for source, mine in _by_source(rows):
            self._add(self.done.of(source), import_rows(self.store, source, mine, None, users=users))

    def _users(self) -> Mapping[str, str]:
        return {**self.users, **user_accounts(self.store)}

    @property
    def _root(self) -> Path:
        return self.copy_of or self.store.root

    def _add(self, so_far: Imported, more: Imported) -> None:
        so_far.stored += more.stored
        so_far.duplicates += more.duplicates
        so_far.new_rejects += more.new_rejects
        so_far.report = more.report or so_far.report
        so_far.notes += more.notes
        for reason, count in more.rejects.items():
            so_far.rejects[reason] = so_far.rejects.get(reason, 0) + count

    def _asides(self, asides: Sequence[Aside]) -> None:
        for source, mine in _by_source(asides):
            refused = list_rejects(
                self.store.root, source, ((None, one.reason, one.text) for one in mine), by_line=False
            )
            self.done.of(source).refused(refused)


def _without_left(records: Sequence[FactRecord]) -> list[FactRecord]:
    """Without what was told of people in accounts that they have left again by the end of these: one answer tells of a
    person in one account, and the events of the time before carry theirs."""
    ordered = sorted(records, key=lambda record: (record.at or _LONG_AGO, record.known_at or _LONG_AGO))
    last = {(record.source, record.user_id): record.account_id for record in ordered if record.user_id}
    return [r for r in ordered if not r.user_id or last[r.source, r.user_id] == r.account_id]


def _by_source(rows: Sequence[OfSource]) -> Iterator[tuple[str, list[OfSource]]]:
    """The rows of each source, in their order."""
    ordered = sorted(rows, key=lambda row: row.source or SOURCE)
    for source, mine in groupby(ordered, key=lambda row: row.source or SOURCE):
        yield source, list(mine)


__all__ = ["SOURCE", "Fold", "Folded"]
