"""The events and the people behind a line, for one subject."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from expansion.evaluate.engine import Engine
from expansion.evaluate.measures import EventMeasure, Measure, basic_measures
from expansion.evaluate.measuring import Cell
from expansion.evaluate.results import EvidenceEvent
from expansion.evaluate.rows import stamp
from expansion.evaluate.subjects import account_of, user_of
from expansion.evaluate.tree import Leaf, Line, Repeated, Returned, Walked
from expansion.evaluate.walking import microseconds
from expansion.usage.atoms import Atom
from expansion.usage.duck import quote
from expansion.usage.rollup import Column, with_numbers

SHOWN = 5  # events of a line that are shown


@dataclass(frozen=True)
class Behind:
    """What is behind the lines of one subject."""

    engine: Engine
    index: int

    def events(self, line: Line) -> tuple[EvidenceEvent, ...]:
        """The newest events behind a line, at most a handful; of a sequence the steps of the last walk."""
        if isinstance(line, Walked):
            return tuple(self._walk(line))
        parts = list(self._parts(line))
        if not parts:
            return ()
        atom, where = parts[0]
        return tuple(self._events(atom, where, f"ORDER BY ts DESC, event_id LIMIT {SHOWN}"))

    def people(self, line: Line) -> tuple[str, ...]:
        """User ids behind a line, the most active first."""
        if isinstance(line, Walked):
            return tuple(dict.fromkeys(event.user_id for event in self._walk(line) if event.user_id))
        parts = list(self._parts(line))
        if not parts:
            return ()
        atom, where = parts[0]
        rows = self._rows(atom, where, "user_id", "AND user_id <> '' GROUP BY user_id ORDER BY count(*) DESC, user_id")
        return tuple(user for (user,) in rows)

    def _parts(self, line: Line) -> Iterator[tuple[Atom, str]]:
        """Which events a line is about, and the SQL for when."""
        match line:
            case Leaf():
                measure = _counted(line.main.measure)
                if measure:
                    yield measure.atom, self._inside(self.engine.counted.cell(measure, 0))
            case Repeated():
                measure, oldest = _counted(line.parts[0].main.measure), _counted(line.parts[-1].main.measure)
                if measure and oldest:
                    cells = [self.engine.counted.cell(one, 0) for one in (oldest, measure)]
                    yield measure.atom, self._inside(Cell(measure, cells[0].first, cells[1].last))
            case Returned():
                first, last = self.engine.calendar.days(line.window, 0)
                yield line.atom, self._between(first, last)

    def _inside(self, cell: Cell) -> str:
        return self._between(cell.first, cell.last)

    def _between(self, first: date | datetime, last: date | datetime) -> str:
        if isinstance(first, datetime) and isinstance(last, datetime):
            return f"ts > {stamp(first)} AND ts <= {stamp(last)}"
        calendar = self.engine.calendar
        return f"ts >= {stamp(calendar.start_of(first))} AND ts <= {stamp(calendar.end_of(last))}"

    def _walk(self, walked: Walked) -> Iterator[EvidenceEvent]:
        """The steps of the last walk in the window: of each step the first event after the one before."""
        found = self.engine.last_walk(walked, self.index)
        if found is None:
            return
        begin, end = found
        after = begin - 1
        for place, atom in enumerate(walked.walk.steps):
            last = place == len(walked.walk.steps) - 1
            where = f"epoch_us(ts) > {after} AND epoch_us(ts) <= {end}" if not last else f"epoch_us(ts) = {end}"
            for event in self._events(atom, where, "ORDER BY ts, event_id LIMIT 1"):
                after = microseconds(event.at)
                yield event

    def _events(self, atom: Atom, where: str, rest: str) -> Iterator[EvidenceEvent]:
        for event_id, event, at, user in self._rows(atom, where, "event_id, event, ts, user_id", rest):
            yield EvidenceEvent(event_id, event, at.replace(tzinfo=UTC), user or None)

    def _rows(self, atom: Atom, where: str, columns: str, rest: str) -> list[tuple]:  # type: ignore[type-arg]
        column, subject = Column(atom), self.engine.subjects.ids[self.index]
        events = self.engine.source.events(column.properties)
        if events is None:
            return []
        mine = f"account_id = {quote(account_of(subject))}"
        if user_of(subject):
            mine += f" AND user_id = {quote(user_of(subject))}"
        seen = f"seen_at <= {stamp(self.engine.as_of)}"
        which = " AND ".join([mine, seen, where, atom.sql()])
        query = f"SELECT {columns} FROM {with_numbers(events, [column])} WHERE {which} {rest}"
        return self.engine.con.execute(query).fetchall()


def _counted(measure: Measure) -> EventMeasure | None:
    """The events behind a number: of one made of others those of its first part that has any."""
    return next((basic for basic in basic_measures(measure) if isinstance(basic, EventMeasure)), None)
