"""One subject at later checks, if nothing new happens: the same answers as then, from rows in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from expansion.evaluate.engine import Engine
from expansion.evaluate.logic import MEANING
from expansion.evaluate.results import Answer
from expansion.evaluate.subjects import Subject, UserOf, account_of
from expansion.evaluate.tree import Node
from expansion.memory.account import Account
from expansion.memory.reach import Reach
from expansion.memory.shelves import Shelves
from expansion.memory.source import InMemory
from expansion.usage.facts import naive
from expansion.usage.storage.carriers import Bringing
from expansion.usage.storage.names import ANY, Names, Pair

_FAR = timedelta(days=3_700)  # further than anybody looks ahead


@dataclass(frozen=True)
class Ahead:
    """A subject of an engine, to be asked at later moments. What it asks for is read once."""

    engine: Engine
    subject: Subject
    account: Account
    _engines: dict[datetime, Engine] = field(default_factory=dict)

    @classmethod
    def of(cls, engine: Engine, index: int, node: Node) -> Ahead:
        subject = engine.subjects.ids[index]
        read_by, account_id = engine.of_accounts or engine, account_of(subject)
        shelves = Shelves.of(read_by, Reach.of(read_by, [node]), only=account_id, by=read_by.as_of)
        return cls(engine, subject, shelves.account(account_id))

    def answer(self, node: Node, moment: datetime, *, of_account: bool = False) -> Answer:
        """What a node is answered at a moment; of a person's account where it is asked of that."""
        asked = self.at(moment)
        engine = asked.of_accounts if of_account and asked.of_accounts else asked
        engine.measure([node])
        return MEANING[int(engine.answer(node)[0])]

    def at(self, moment: datetime) -> Engine:
        """The engine of a moment."""
        if moment not in self._engines:
            of_accounts = None
            if isinstance(self.subject, UserOf):
                of_accounts = self._live(self.subject.account_id, moment, None)
            self._engines[moment] = self._live(self.subject, moment, of_accounts)
        return self._engines[moment]

    def _live(self, subject: Subject, moment: datetime, of_accounts: Engine | None) -> Engine:
        source = _NothingNew(self.engine.source, self.account, now=self.engine.as_of)
        return Engine(source, self.engine.vocabulary, moment, [subject], of_accounts)

    def check_on(self, days: int) -> datetime:
        """The check so many days later, at the same time of the day."""
        local = self.engine.as_of.astimezone(self.engine.calendar.zone)
        later = datetime.combine(local.date() + timedelta(days=days), local.time(), local.tzinfo)
        return later.astimezone(UTC)


@dataclass(frozen=True, kw_only=True)
class _NothingNew(InMemory):
    """A source that goes on to be seen, and gives nothing more."""

    now: datetime

    def bringing(self, sources: Sequence[str]) -> Bringing:
        return replace(super().bringing(sources), ahead=(self.now, self.now + _FAR))

    def names(self) -> Names | None:
        names = super().names()
        return None if names is None else _Closed(names, naive(self.now))

    def first_pull(self, key: str) -> datetime | None:
        pulled = super().first_pull(key)
        return pulled if pulled is not None and pulled <= self.now else None


class _Closed(Names):
    """Names among which none comes any more."""

    def __init__(self, names: Names, by: datetime) -> None:
        super().__init__(names.read, names.read_events, names.read_properties)
        self._open, self._by = names, by

    def look(self, pairs: Iterable[Pair]) -> None:
        self._open.look(pairs)

    def first(self, event: str, name: str = ANY) -> datetime | None:
        found = self._open.first(event, name)
        return found if found is not None and found <= self._by else None

    def events(self, by: datetime) -> list[str]:
        return self._open.events(min(by, self._by))
