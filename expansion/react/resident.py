"""The resident evaluator: hears of events that are written down, and answers every trigger for their accounts at once.

It holds the rollup rows and facts that can be asked for, read when it begins and again after each run. Ranks among
peers are those of that moment: an account that grows is compared with the others as they were then.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from expansion.contract import EventRow
from expansion.evaluate.compiled import Forms
from expansion.evaluate.engine import Engine, Vocabulary
from expansion.evaluate.relations import StoreRelations
from expansion.evaluate.results import Answers
from expansion.evaluate.subjects import Subject, account_of
from expansion.evaluate.tree import lines
from expansion.explain.evaluator import StoreEvaluator
from expansion.language.model.models import Trigger
from expansion.memory.account import Account, Arrival
from expansion.memory.reach import Reach
from expansion.memory.shelves import Shelves
from expansion.react.arriving import NotAnEvent, arrival
from expansion.react.asking import Asking
from expansion.react.besides import NOTHING, Besides
from expansion.react.growing import Growing
from expansion.react.heard import Heard
from expansion.usage.checking import AHEAD
from expansion.usage.facts import naive, user_accounts
from expansion.usage.identity.members import left_sql
from expansion.usage.storage.forgotten import ForgottenPeople, forgotten_people
from expansion.usage.storage.store import UsageStore

_MOST_ACCOUNTS = 10_000  # of those that were touched, whose rows are kept apart


@dataclass(frozen=True)
class Taken:
    """What came of some events: whose they are, where triggers ask for such events, and when the newest of each
    arrives; and why others are none."""

    touched: Mapping[str, Set[str]]  # account -> those of its people who did something
    until: Mapping[str, datetime]  # account -> from when all of it counts
    asked: Mapping[str, Set[str]]  # account -> the triggers that ask for what came of it
    refused: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Names:
    """Names of events; None stands for all."""

    names: frozenset[str] | None

    @classmethod
    def of(cls, reach: Reach) -> Names:
        every = {column.atom.events for column in (*reach.by_day, *reach.by_moment)}
        return cls(None if () in every else frozenset(name for names in every for name in names))

    def __contains__(self, event: str) -> bool:
        return self.names is None or event in self.names


@dataclass
class Resident:
    """Made with `Resident.of`. Not for several threads at once."""

    store: UsageStore
    stored: StoreRelations
    apart: StoreRelations  # the same on a connection of its own: what a few accounts need is not to move the others
    vocabulary: Vocabulary
    triggers: Sequence[Trigger]
    population: StoreEvaluator
    users: Mapping[str, str]
    shelves: Shelves
    forms: Forms
    listed: ForgottenPeople
    asked: Mapping[str, Names]  # by trigger, of the events that it asks for
    read: Names  # of those and of what else is read when one fires
    left: Set[tuple[str, str]] = frozenset()  # account and person, who is no longer there
    _accounts: OrderedDict[str, Account] = field(default_factory=OrderedDict)
    _heard: Heard = field(default_factory=Heard)

    @classmethod
    def of(
        cls,
        store: UsageStore,
        vocabulary: Vocabulary,
        triggers: Sequence[Trigger],
        as_of: datetime,
        besides: Besides = NOTHING,
    ) -> Resident:
        """Read what the triggers need, as of a moment: the last run's, so that what it saw is all there is.

        `besides`: what else is asked when one of them fires.
        """
        stored = StoreRelations.of(store, as_of)
        population = StoreEvaluator(stored, vocabulary, as_of)
        population.answers([one for one in triggers if _is_ranked(population, one)])
        everyone = population.everyone
        if any(one.who == "users" for one in triggers):
            population.people_engine(everyone)
        by_trigger = {one.trigger: everyone.compiled(one).nodes() for one in triggers}
        nodes = [node for some in by_trigger.values() for node in some]
        nodes += [everyone.compiler.clauses(clauses) for clauses in besides.clauses]
        reach = Reach.of(everyone, nodes, [everyone.compiler.fact(name) for name in besides.facts])
        gone = stored.con.execute(f"SELECT account_id, user_id FROM {left_sql(stored.facts, as_of)}").fetchall()
        return cls(
            store,
            stored,
            stored.again(),
            vocabulary,
            triggers,
            population,
            user_accounts(store),
            Shelves.of(everyone, reach),
            Forms(everyone.compiler),
            forgotten_people(store.root),
            {name: Names.of(Reach.of(everyone, some)) for name, some in by_trigger.items()},
            Names.of(reach),
            frozenset((account, user) for account, user in gone),
        )

    def hear(self, rows: Iterable[EventRow], now: datetime) -> Taken:
        """Take in events that are on disk. One that came in before, here or in a run, changes nothing; one that comes
        again with another time is found out by the next run."""
        touched: dict[str, set[str]] = {}
        until: dict[str, datetime] = {}
        asked: dict[str, set[str]] = {}
        refused: Counter[str] = Counter()
        events = []
        for row in rows:
            try:
                events.append(self._arrival(row, now))
            except NotAnEvent as reason:
                refused[str(reason)] += 1
        before = self.stored.having(events)
        for event in events:
            if event.event_id not in before:
                self._add(event)
            asking = {name for name, names in self.asked.items() if event.event in names}
            if not asking:
                continue
            asked.setdefault(event.account_id, set()).update(asking)
            touched.setdefault(event.account_id, set()).add(event.user_id)
            seen = event.received_at or event.ts
            until[event.account_id] = max(seen, until.get(event.account_id, seen))
        return Taken(touched, until, asked, refused)

    def asking(self, now: datetime) -> Asking:
        """The evaluator of this moment."""
        return Asking(self.apart, self.vocabulary, now, self._engine, self._heard.until)

    def answer(self, account_id: str, user_id: str, now: datetime) -> dict[str, Answers]:
        """Every trigger for an account, and those about people for this person."""
        account_id, user_id = self.stored.ids.account(account_id), self.stored.ids.user(user_id)
        return self.asking(now).answers_of(self.triggers, self.of_those_there({account_id: {user_id}}))

    def of_those_there(self, touched: Mapping[str, Set[str]]) -> dict[str, Set[str]]:
        """The same without people who are known to have left their account."""
        return {one: {user for user in users if (one, user) not in self.left} for one, users in touched.items()}

    def whose(self, account: str, user: str) -> tuple[str, str] | None:
        """The account and the person of an event, as they are said in it, under the ids of now; None where no account
        is known."""
        account = account or self.users.get(user, "")
        if not account:
            return None
        account, user = self.stored.ids.account(account), self.stored.ids.user(user)
        return self.stored.parted.account(account, user, self.stored.known_by or datetime.max), user

    def close(self) -> None:
        """It is not asked any more: files that another has taken the place of may go."""
        if self.stored.reading is not None:
            self.stored.reading.close()

    @property
    def heard(self) -> int:
        """How many events came in since it was read."""
        return self._heard.count

    def _arrival(self, row: EventRow, now: datetime) -> Arrival:
        event = arrival(self.listed.event(row) if self.listed else row, self.users)
        if event.ts > now + timedelta(days=1):
            raise NotAnEvent(AHEAD)
        return self._under_ids_of_now(event)

    def _under_ids_of_now(self, event: Arrival) -> Arrival:
        """It is written down as it came; a merge that is known later counts from the next reading on."""
        ids, parted = self.stored.ids, self.stored.parted
        if not ids and not parted:
            return event
        account, user = ids.account(event.account_id), ids.user(event.user_id)
        return replace(event, account_id=parted.account(account, user, event.ts), user_id=user)

    def _add(self, event: Arrival) -> None:
        account = self._account(event.account_id) if event.event in self.read else None
        if account and not account.add(event, self.shelves.columns, self._zone):
            return
        self._heard.add(event)
        if (names := self.population.source.names()) is not None:
            names.add(event.event, event.texts, naive(event.received_at or event.ts))

    def _engine(self, subjects: Sequence[Subject], now: datetime, of_accounts: Engine | None) -> Engine:
        """Of some accounts; or of some people, beside the engine of their accounts."""
        everyone = self.population.everyone
        account, *others = (self._account(one) for one in sorted({account_of(one) for one in subjects}))
        source = Growing(self.apart, account, everyone.known.told, others, heard=self._heard)
        among = everyone if of_accounts is None else self.population.people_engine(everyone)
        return Engine(source, self.vocabulary, now, subjects, of_accounts, among, self.forms)

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


def _is_ranked(evaluator: StoreEvaluator, trigger: Trigger) -> bool:
    nodes = evaluator.everyone.compiled(trigger).nodes()
    return any(line.condition.among_top for node in nodes for line, _ in lines(node))
