"""Brings what was pushed into the store: first who belongs where, then events, so that those without an account find
the one of their person, also where a `group` call came after them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Protocol, TypeVar

from expansion.contract import Arrived, Aside, CohortMembers, EventRow, FactRecord, Merge
from expansion.usage.checking import NO_ACCOUNT
from expansion.usage.facts import add_cohort, add_facts, user_accounts
from expansion.usage.forgotten import forgotten_people
from expansion.usage.import_events import Imported, import_rows
from expansion.usage.journal_lines import parted
from expansion.usage.merges import add_merges
from expansion.usage.rejects import list_rejects
from expansion.usage.store import UsageStore

SOURCE = "journal"  # of events that say no source
MOST = 200_000  # rows at a time
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
    facts: int = 0  # changes of facts, of people and of cohorts

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
    `listed_in`: where the list of forgotten people lies, if not in this store."""

    store: UsageStore
    users: Mapping[str, str]
    listed_in: Path | None = None
    done: Folded = field(default_factory=Folded)

    def fold(self, rows: Reader) -> Folded:
        """All rows, which `rows` gives of one kind at a time: facts of the whole journal come before its events."""
        for some in parted(rows(FactRecord), MOST):
            self._facts(some)
        for members in rows(CohortMembers):
            self.done.facts += add_cohort(self.store, members, _LONG_AGO)
        for merges in parted(rows(Merge), MOST):
            told = max(one.known_at or one.at for one in merges)
            add_merges(self.store, merges, told, listed_in=self.listed_in)
        users = {**self.users, **user_accounts(self.store)}
        for events in parted(rows(EventRow), MOST):
            self._events(events, users)
        for asides in parted(rows(Aside), MOST):
            self._asides(asides)
        return self.done

    def _facts(self, records: Sequence[FactRecord]) -> None:
        """Those that name an account first: they tell whose account the others are about."""
        self._add_facts([record for record in records if record.account_id])
        if nameless := [record for record in records if not record.account_id]:
            users = {**self.users, **user_accounts(self.store)}
            placed = [(record, users.get(record.user_id or "", "")) for record in nameless]
            self._add_facts([replace(record, account_id=account) for record, account in placed if account])
            self._asides([Aside(record.source, NO_ACCOUNT) for record, account in placed if not account])

    def _add_facts(self, records: Sequence[FactRecord]) -> None:
        listed = forgotten_people(self.listed_in or self.store.root)
        for source, mine in _by_source(records):
            known = [one for record in mine if (one := listed.fact(record))] if listed else mine
            if known:
                at = max(record.known_at or record.at or _LONG_AGO for record in known)
                self.done.facts += add_facts(self.store, source, known, at)

    def _events(self, rows: Sequence[EventRow], users: Mapping[str, str]) -> None:
        listed = forgotten_people(self.listed_in or self.store.root)
        known = [listed.event(row) for row in rows] if listed else rows
        for source, mine in _by_source(known):
            self._add(self.done.of(source), import_rows(self.store, source, mine, None, users=users))

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


def _by_source(rows: Sequence[OfSource]) -> Iterator[tuple[str, list[OfSource]]]:
    """The rows of each source, in their order."""
    ordered = sorted(rows, key=lambda row: row.source or SOURCE)
    for source, mine in groupby(ordered, key=lambda row: row.source or SOURCE):
        yield source, list(mine)


__all__ = ["SOURCE", "Fold", "Folded"]
