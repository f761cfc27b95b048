"""The resident evaluator: takes an event, writes it down, and answers every trigger for its account at once.

It holds the rollup rows that the triggers reach back to, read when it begins and again after each run. Ranks among
peers are those of that moment: an account that grows is compared with the others as they were then.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from expansion.contract import EventRow
from expansion.evaluate.compiled import Forms
from expansion.evaluate.engine import Engine, Vocabulary
from expansion.evaluate.questions import answers
from expansion.evaluate.relations import StoreRelations
from expansion.evaluate.results import Answers
from expansion.evaluate.subjects import Subject, UserOf
from expansion.evaluate.tree import lines
from expansion.explain.evaluator import StoreEvaluator
from expansion.language.model.models import Trigger
from expansion.memory.account import Account, Arrival
from expansion.memory.reach import Reach
from expansion.memory.shelves import Shelves
from expansion.memory.source import InMemory
from expansion.react.arriving import NotAnEvent, arrival
from expansion.usage.carriers import Bringing, Keys
from expansion.usage.checking import AHEAD
from expansion.usage.facts import naive, user_accounts
from expansion.usage.journal import SOURCE, Journal
from expansion.usage.members import left_sql
from expansion.usage.spans import Spans, joined
from expansion.usage.store import UsageStore

_MOST_ACCOUNTS = 10_000  # of those that were touched, whose rows are kept apart


@dataclass
class _Heard:
    """For when events are known by what came in, as store.add_events tells it of a file: what arrived a day late or
    more says nothing of the others of its day, unless most of it is like that."""

    late: Spans = ()
    on_time: Spans = ()
    counts: tuple[int, int] = (0, 0)  # late, on time
    first: dict[str, datetime] = field(default_factory=dict)  # by name, when the first arrived

    def add(self, event: Arrival) -> None:
        seen = naive(event.received_at or event.ts)
        self.first[event.event] = min(seen, self.first.get(event.event, seen))
        is_late = (event.received_at or event.ts) > event.ts + timedelta(days=1)
        moment = (event.ts, event.ts)
        if is_late:
            self.late = joined([*self.late, moment])
        else:
            self.on_time = joined([*self.on_time, moment])
        self.counts = (self.counts[0] + is_late, self.counts[1] + (not is_late))

    @property
    def spans(self) -> Spans:
        late, on_time = self.counts
        return self.on_time if on_time >= late else joined([*self.on_time, *self.late])


@dataclass
class Resident:
    """Made with `Resident.of`. Not for several threads at once."""

    store: UsageStore
    stored: StoreRelations
    vocabulary: Vocabulary
    triggers: Sequence[Trigger]
    population: StoreEvaluator
    users: Mapping[str, str]
    shelves: Shelves
    forms: Forms
    left: Set[tuple[str, str]] = frozenset()  # account and person, who is no longer there
    _accounts: OrderedDict[str, Account] = field(default_factory=OrderedDict)
    _heard: _Heard = field(default_factory=_Heard)

    @classmethod
    def of(cls, store: UsageStore, vocabulary: Vocabulary, triggers: Sequence[Trigger], as_of: datetime) -> Resident:
        """Read what the triggers need, as of a moment: the last run's, so that what it saw is all there is."""
        stored = StoreRelations.of(store, as_of)
        population = StoreEvaluator(stored, vocabulary, as_of)
        population.answers([one for one in triggers if _is_ranked(population, one)])
        everyone = population.everyone
        nodes = [node for trigger in triggers for node in everyone.compiled(trigger).nodes()]
        shelves, forms = Shelves.of(everyone, Reach.of(everyone, nodes)), Forms(everyone.compiler)
        gone = stored.con.execute(f"SELECT account_id, user_id FROM {left_sql(stored.facts, as_of)}").fetchall()
        left = frozenset((account, user) for account, user in gone)
        return cls(store, stored, vocabulary, triggers, population, user_accounts(store), shelves, forms, left)

    def take(self, row: EventRow, now: datetime) -> dict[str, Answers]:
        """Write an event down, then answer for its account; about people only for the one who did it.

        Raises NotAnEvent for what is none: nothing is written then. When this returns the event is on disk. An event
        that came in before, here or in a run, changes nothing; one that comes again with another time is found out by
        the next run.
        """
        event = self._under_ids_of_now(arrival(row, self.users))
        if event.ts > now + timedelta(days=1):
            raise NotAnEvent(AHEAD)
        Journal(self.store.root).append([row])
        account = self._account(event.account_id)
        is_stored = self.stored.has(event.event_id, event.event, event.ts)
        if not is_stored and account.add(event, self.shelves.columns, self._zone):
            self._heard.add(event)
            if (names := self.population.source.names()) is not None:
                names.add(event.event, event.texts, naive(event.received_at or event.ts))
        return self.answer(event.account_id, event.user_id, now)

    def answer(self, account_id: str, user_id: str, now: datetime) -> dict[str, Answers]:
        """Every trigger for an account, and those about people for this person."""
        account_id, user_id = self.stored.ids.account(account_id), self.stored.ids.user(user_id)
        of_accounts = self._engine(account_id, account_id, now, None)
        found = answers(of_accounts, [one for one in self.triggers if one.who == "accounts"])
        about_people = [one for one in self.triggers if one.who == "users"]
        if about_people and user_id and (account_id, user_id) not in self.left:
            found |= answers(self._engine(UserOf(account_id, user_id), account_id, now, of_accounts), about_people)
        return found

    def _under_ids_of_now(self, event: Arrival) -> Arrival:
        """It is written down as it came; a merge that is known later counts from the next reading on."""
        ids = self.stored.ids
        return (
            replace(event, account_id=ids.account(event.account_id), user_id=ids.user(event.user_id)) if ids else event
        )

    def _engine(self, subject: Subject, account_id: str, now: datetime, of_accounts: Engine | None) -> Engine:
        everyone = self.population.everyone
        source = _Growing(self.population.source, self._account(account_id), everyone.known.told, heard=self._heard)
        among = everyone if of_accounts is None else self.population.people_engine(everyone)
        return Engine(source, self.vocabulary, now, [subject], of_accounts, among, self.forms)

    def _account(self, account_id: str) -> Account:
        account = self._accounts.pop(account_id, None) or self.shelves.account(account_id)
        self._accounts[account_id] = account
        if len(self._accounts) > _MOST_ACCOUNTS:
            self._forget()
        return account

    def _forget(self) -> None:
        """The account that was touched longest ago and to which nothing came in: the others are not on the shelves."""
        quiet = (name for name, account in self._accounts.items() if not account.ids)
        if (name := next(quiet, None)) is not None:
            del self._accounts[name]

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.vocabulary.policy.time_zone)


@dataclass(frozen=True, kw_only=True)
class _Growing(InMemory):
    """The source that was read, known for longer by what came in since."""

    heard: _Heard

    def bringing(self, sources: Sequence[str]) -> Bringing:
        known = super().bringing(sources)
        if not self.heard.first:
            return known
        journal = joined([*known.covered.get(SOURCE, ()), *self.heard.spans])
        return replace(known, covered={**known.covered, SOURCE: journal}, ever=partial(self._ever, known))

    def _ever(self, known: Bringing, events: tuple[str, ...], by: datetime) -> Iterator[Keys]:
        """Those that brought an event, the journal among them where it came in since."""
        if not events:
            yield from (*known.ever(events, by), frozenset({SOURCE}))
        for event in events:
            came = event in self.heard.first and self.heard.first[event] <= by
            yield from (keys | {SOURCE} if came else keys for keys in known.ever((event,), by))


def _is_ranked(evaluator: StoreEvaluator, trigger: Trigger) -> bool:
    nodes = evaluator.everyone.compiled(trigger).nodes()
    return any(line.condition.among_top for node in nodes for line, _ in lines(node))
