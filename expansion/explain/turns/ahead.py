"""One subject at later checks, if nothing new happens: the same answers as then, from rows in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from expansion.evaluate.engine import Engine
from expansion.evaluate.logic import MEANING
from expansion.evaluate.measures import BEGINNING, EventMeasure, basic_measures
from expansion.evaluate.results import Answer
from expansion.evaluate.rows import stamp
from expansion.evaluate.source import Source
from expansion.evaluate.subjects import Subject, UserOf, account_of
from expansion.evaluate.tree import Node, Returned, Walked, columns, lines, measures
from expansion.memory.account import Account, Change
from expansion.memory.engine import LiveEngine
from expansion.memory.held import Held, shelve
from expansion.usage.duck import quote
from expansion.usage.facts import naive
from expansion.usage.names import ANY, Names, Pair
from expansion.usage.rollup import Column
from expansion.usage.spans import Spans, joined, seen_by

_FAR = timedelta(days=3_700)  # further than anybody looks ahead


@dataclass(frozen=True)
class Ahead:
    """A subject of an engine, to be asked at later moments. What it asks for is read once."""

    engine: Engine
    subject: Subject
    account: Account
    _engines: dict[datetime, LiveEngine] = field(default_factory=dict)

    @classmethod
    def of(cls, engine: Engine, index: int, node: Node) -> Ahead:
        subject = engine.subjects.ids[index]
        return cls(engine, subject, _account(engine.of_accounts or engine, account_of(subject), node))

    def answer(self, node: Node, moment: datetime, *, of_account: bool = False) -> Answer:
        """What a node is answered at a moment; of a person's account where it is asked of that."""
        asked = self.at(moment)
        engine = asked.of_accounts if of_account and asked.of_accounts else asked
        engine.measure([node])
        return MEANING[int(engine.answer(node)[0])]

    def at(self, moment: datetime) -> LiveEngine:
        """The engine of a moment."""
        if moment not in self._engines:
            of_accounts = None
            if isinstance(self.subject, UserOf):
                of_accounts = self._live(self.subject.account_id, moment, None)
            self._engines[moment] = self._live(self.subject, moment, of_accounts)
        return self._engines[moment]

    def _live(self, subject: Subject, moment: datetime, of_accounts: Engine | None) -> LiveEngine:
        source: Any = _NothingNew(self.engine.source, self.engine.as_of)
        return LiveEngine(source, self.engine.vocabulary, moment, [subject], of_accounts, self.account)

    def check_on(self, days: int) -> datetime:
        """The check so many days later, at the same time of the day."""
        local = self.engine.as_of.astimezone(self.engine.calendar.zone)
        later = datetime.combine(local.date() + timedelta(days=days), local.time(), local.tzinfo)
        return later.astimezone(UTC)


@dataclass(frozen=True)
class _NothingNew:
    """A source that goes on to be seen, and gives nothing more."""

    source: Source
    now: datetime

    def __getattr__(self, name: str) -> Any:
        return getattr(self.source, name)

    def spans(self, source: str | None) -> Spans:
        return joined([*seen_by(self.source.spans(source), self.now), (self.now, self.now + _FAR)])

    def names(self) -> Names | None:
        names = self.source.names()
        return None if names is None else _Closed(names, naive(self.now))

    def first_pull(self, key: str) -> datetime | None:
        pulled = self.source.first_pull(key)
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


# --- reading ----------------------------------------------------------------------------------------------------------


def _account(engine: Engine, account_id: str, node: Node) -> Account:
    """What a node reads of an account, in memory."""
    reach = _Reach.of(engine, node)
    by_day, by_moment = ([c for c in some if not c.is_detail] for some in (reach.by_day, reach.by_moment))

    def held(some: Sequence[Column], *, hours: bool = False) -> Held:
        rows = None
        if some and hours and reach.after:
            rows = engine.rows.by_moment(some, reach.after)
        elif some and not hours:
            rows = engine.rows.by_day(some, reach.first, engine.calendar.today)
        mine = f"(SELECT * FROM {rows} WHERE account_id = {quote(account_id)})" if rows else None
        return shelve(engine.con, mine, some, by_moment=hours).of(account_id)

    return Account(
        account_id,
        held(by_day),
        {column: held([column]) for column in reach.by_day if column.is_detail},
        held(by_moment, hours=True),
        {column: held([column], hours=True) for column in reach.by_moment if column.is_detail},
        list(_changes(engine, account_id)),
    )


def _changes(engine: Engine, account_id: str) -> Iterator[Change]:
    rows = engine.con.execute(
        f"SELECT source, field, user_id, value, since, seen_at FROM {engine.source.facts} "
        f"WHERE account_id = {quote(account_id)} AND seen_at <= {stamp(engine.as_of)}"
    ).fetchall()
    yield from rows


@dataclass(frozen=True)
class _Reach:
    """Which columns a node reads by day and by moment, and how far back."""

    by_day: Sequence[Column]
    by_moment: Sequence[Column]
    first: date
    after: datetime | None

    @classmethod
    def of(cls, engine: Engine, node: Node) -> _Reach:
        by_day: dict[Column, None] = {}
        by_moment: dict[Column, None] = {}
        firsts, afters = [engine.calendar.today], []
        for line, points in lines(node):
            by_day |= dict.fromkeys(columns(line))
            windows = [line.window] if isinstance(line, Walked) else []
            firsts += [BEGINNING] if isinstance(line, Returned) else []
            counted = [one for m in measures(line) for one in basic_measures(m) if isinstance(one, EventMeasure)]
            for measure in counted:
                if measure.window.is_hourly:
                    by_moment |= dict.fromkeys(measure.columns)
                    afters.append(engine.calendar.moments(measure.window, points - 1)[0])
                else:
                    windows.append(measure.window)
            firsts += [engine.first_of(window, points - 1) for window in windows]
        return cls(list(by_day), list(by_moment), min(firsts), min(afters, default=None))
