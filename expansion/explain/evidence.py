"""The events and the people behind lines, for one subject: two queries for all lines, and one for each sequence.

Ids of events are long and hardly compress: to read those of three months took half of an explanation (measured, ten
million events). So the first query finds the moments that are shown, and the second reads ids of these alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property

from expansion.evaluate.engine import Engine
from expansion.evaluate.logic import NO
from expansion.evaluate.measures import EventMeasure, Measure, basic_measures
from expansion.evaluate.results import EvidenceEvent
from expansion.evaluate.rows import stamp
from expansion.evaluate.subjects import account_of, user_of
from expansion.evaluate.tree import Leaf, Line, Repeated, Returned, Test, Walked
from expansion.explain.sequence_steps import Footprints, Step
from expansion.usage.forms.duck import quote
from expansion.usage.storage.atoms import Atom
from expansion.usage.storage.rollup import Column, with_numbers

SHOWN = 5  # events of a line that are shown

_Row = tuple[str, str, datetime, str]  # id, name, moment (UTC, without saying so), person


@dataclass(frozen=True)
class _Stretch:
    """The events that a line is about: which, and from when to when."""

    atom: Atom
    first: date | datetime  # of hours and minutes: just after this moment
    last: date | datetime


@dataclass(frozen=True)
class _Done:
    """What somebody did in a stretch: how often, and the newest moments."""

    user: str
    count: int
    newest: Sequence[datetime]


@dataclass(frozen=True)
class Behind:
    """What is behind the lines of one subject; only of `lines`, which are read together."""

    engine: Engine
    index: int
    lines: Sequence[Line]

    def events(self, line: Line) -> tuple[EvidenceEvent, ...]:
        """The newest events behind a line, at most a handful; of a sequence the steps of the last walk."""
        if isinstance(line, Walked):
            return tuple(_shown(self._named(step)) for step in self._walks[id(line)].steps)
        moments = self._moments(line)
        if not moments:
            return ()
        rows = (row for row in self._rows[self._stretches[id(line)].atom] if row[2] in moments)
        newest = sorted(sorted(rows), key=lambda row: row[2], reverse=True)
        return tuple(map(_shown, newest[:SHOWN]))

    def people(self, line: Line) -> tuple[str, ...]:
        """User ids behind a line, the most active first; of a sequence those who took the steps."""
        if isinstance(line, Walked):
            taken = dict.fromkeys(event.user_id for event in self.events(line) if event.user_id)
            return self._walks[id(line)].people or tuple(taken)
        done = (one for one in self._done.get(id(line), ()) if one.user)
        return tuple(one.user for one in sorted(done, key=lambda one: (-one.count, one.user)))

    # --- what lines are about -----------------------------------------------------------------------------------------

    @cached_property
    def _stretches(self) -> Mapping[int, _Stretch]:
        found = ((line, self._stretch(line)) for line in self.lines)
        return {id(line): stretch for line, stretch in found if stretch is not None}

    def _stretch(self, line: Line) -> _Stretch | None:
        match line:
            case Leaf():
                return self._from_to(_counted(self._telling(line).measure))
            case Repeated():
                measures = [_counted(part.main.measure) for part in (line.parts[-1], line.parts[0])]
                return self._from_to(*measures)
            case Returned():
                return _Stretch(line.atom, *self.engine.calendar.days(line.window, 0))
        return None

    def _telling(self, leaf: Leaf) -> Test:
        """The test that the events should show: what broke a silence, or was not the first."""
        patterns = (test for test in leaf.tests if test.role in ("silence", "before"))
        broken = (test for test in patterns if self.engine.test(test, 0)[self.index] == NO)
        return next(broken, leaf.main)

    def _from_to(self, *measures: EventMeasure | None) -> _Stretch | None:
        """From where the first of these measures begins to where the last one ends."""
        cells = [self.engine.counted.cell(measure, 0) for measure in measures if measure is not None]
        return _Stretch(cells[0].measure.atom, cells[0].first, cells[-1].last) if cells else None

    # --- reading ------------------------------------------------------------------------------------------------------

    @cached_property
    def _done(self) -> Mapping[int, Sequence[_Done]]:
        """Who did what each line is about, and when last."""
        stretches = self._stretches
        if not stretches:
            return {}
        within = [f"({self._between(one)} AND {one.atom.sql()})" for one in stretches.values()]
        asked = ", ".join(f"count(*) FILTER ({one}), max(ts, {SHOWN}) FILTER ({one})" for one in within)
        begin, end = self._ends(stretches.values())
        where = f"ts >= {stamp(begin)} AND ts <= {stamp(end)}"
        rows = self._query(f"user_id, {asked}", where, "GROUP BY user_id")
        return {
            key: [_Done(row[0], row[2 * n + 1], row[2 * n + 2]) for row in rows if row[2 * n + 1]]
            for n, key in enumerate(stretches)
        }

    def _moments(self, line: Line) -> set[datetime]:
        """The newest moments at which it happened, as many as are shown."""
        every = sorted((moment for one in self._done.get(id(line), ()) for moment in one.newest), reverse=True)
        return set(every[:SHOWN])

    @cached_property
    def _walks(self) -> Mapping[int, Footprints]:
        walked = (line for line in self.lines if isinstance(line, Walked))
        return {id(line): Footprints.of(line, self.engine, self._steps(line)) for line in walked}

    def _steps(self, walked: Walked) -> list[tuple[datetime, str, list[bool]]]:
        """The events of a sequence in its window: when, by whom, and which of the steps they fit."""
        atoms = [column.atom for column in walked.walk.columns]
        fits = ", ".join(atom.sql() for atom in atoms)
        between = self._between(self._way(walked))
        rows = self._query(f"ts, user_id, [{fits}]", f"{between} AND ({' OR '.join(a.sql() for a in atoms)})")
        return [(at, user, [bool(fit) for fit in fitting]) for at, user, fitting in rows]

    def _way(self, walked: Walked) -> _Stretch:
        """From when to when a sequence may have been walked."""
        calendar, window = self.engine.calendar, walked.window
        ends = calendar.moments(window, 0) if window.is_hourly else calendar.days(window, 0)
        return _Stretch(walked.walk.columns[0].atom, *ends)

    @cached_property
    def _since(self) -> datetime:
        """The first moment that any of the lines looks at."""
        walked = [self._way(line) for line in self.lines if isinstance(line, Walked)]
        return self._ends([*self._stretches.values(), *walked])[0]

    @cached_property
    def _rows(self) -> Mapping[Atom, Sequence[_Row]]:
        """The events of every moment that is shown, with their ids, by what they fit."""
        moments = {moment for line in self.lines for moment in self._moments(line)}
        moments |= {step.at for walk in self._walks.values() for step in walk.steps}
        if not moments:
            return {}
        texts = sorted(stamp(moment.replace(tzinfo=UTC)) for moment in moments)
        where = f"ts BETWEEN {texts[0]} AND {texts[-1]} AND ts IN ({', '.join(texts)})"
        fits = ", ".join(atom.sql() for atom in self._atoms)
        rows = self._query(f"event_id, event, ts, user_id, [{fits}]", where)
        return {atom: [row[:4] for row in rows if row[4][n]] for n, atom in enumerate(self._atoms)}

    @cached_property
    def _atoms(self) -> Sequence[Atom]:
        """Every filter that is asked for: each query names the properties of all, so that they are fetched once."""
        walked = (line for line in self.lines if isinstance(line, Walked))
        steps = (column.atom for line in walked for column in line.walk.columns)
        return list(dict.fromkeys([*(one.atom for one in self._stretches.values()), *steps]))

    def _named(self, step: Step) -> _Row:
        """The event of a step: of several at one moment the first by its id."""
        fitting = [row for row in self._rows[step.atom] if row[2] == step.at and step.user in (None, row[3])]
        return min(fitting)

    def _query(self, columns: str, where: str, rest: str = "") -> list[tuple]:  # type: ignore[type-arg]
        subject, asked = self.engine.subjects.ids[self.index], [Column(atom) for atom in self._atoms]
        events = self.engine.source.events_of(account_of(subject), asked, self._since)
        if events is None:
            return []
        mine = f"user_id = {quote(user_of(subject))} AND " if user_of(subject) else ""
        which = f"{mine}seen_at <= {stamp(self.engine.as_of)} AND {where}"
        query = f"SELECT {columns} FROM {with_numbers(events, asked)} WHERE {which} {rest}"
        return self.engine.con.execute(query).fetchall()

    # --- moments ------------------------------------------------------------------------------------------------------

    def _between(self, stretch: _Stretch) -> str:
        begin, end = self._ends([stretch])
        return f"ts {'>' if isinstance(stretch.first, datetime) else '>='} {stamp(begin)} AND ts <= {stamp(end)}"

    def _ends(self, stretches: Iterable[_Stretch]) -> tuple[datetime, datetime]:
        """The first moment of some stretches, and the last."""
        calendar, stretches = self.engine.calendar, list(stretches)
        firsts = (s.first if isinstance(s.first, datetime) else calendar.start_of(s.first) for s in stretches)
        lasts = (s.last if isinstance(s.last, datetime) else calendar.end_of(s.last) for s in stretches)
        return min(firsts), max(lasts)


def _shown(row: _Row) -> EvidenceEvent:
    event_id, event, at, user = row
    return EvidenceEvent(event_id, event, at.replace(tzinfo=UTC), user or None)


def _counted(measure: Measure) -> EventMeasure | None:
    """The events behind a number: of one made of others those of its first part that has any."""
    return next((basic for basic in basic_measures(measure) if isinstance(basic, EventMeasure)), None)
