"""Why a trigger answers as it does for one account: a line per condition, its numbers, and the events behind them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

from expansion.evaluate.comparing import as_fraction
from expansion.evaluate.compile import Group, Leaf, Member, Node
from expansion.evaluate.compiled import CompiledTrigger
from expansion.evaluate.engine import Engine
from expansion.evaluate.factual import NUMERIC
from expansion.evaluate.logic import MEANING
from expansion.evaluate.measures import EventMeasure, Measure, RatioMeasure
from expansion.evaluate.results import Answer, Evidence, EvidenceEvent, Line
from expansion.evaluate.speaking import (
    GROUPS,
    comparison_text,
    describe,
    kind_of,
    number_beside,
    titled,
    unit_of,
    value_text,
)
from expansion.language.conditions import COMPARISONS
from expansion.language.models import Trigger
from expansion.language.values import Percent
from expansion.usage.duck import quote

# Comparisons whose words say more than the value: `not Free`, `Team or Pro`, `between 5 and 10`.
_SAID_WHOLE = ("is", "is_not", "is_one_of", "is_not_one_of", "between", "exists")
SHOWN = 5  # events of a line that are shown


@dataclass(frozen=True)
class _Place:
    """Where a line stands; `behind`: everything above it holds, so that it is part of why the answer is yes."""

    section: str
    depth: int = 0
    behind: bool = True

    def inside(self, holds: bool) -> _Place:
        return _Place(self.section, self.depth + 1, self.behind and holds)


@dataclass(frozen=True)
class Explainer:
    """Explains the answers of an engine that was made for (at least) this account."""

    engine: Engine

    def explain(self, trigger: Trigger, account_id: str) -> Evidence:
        compiled = self.engine.compiled(trigger)
        self.engine.measure(compiled.nodes())
        index = self.engine.index_of(account_id)
        answer = MEANING[int(self.engine.answer(compiled.fires)[index])]
        lines = tuple(self._sections(trigger, compiled, index))
        return Evidence(trigger.trigger, account_id, self.engine.as_of, answer, lines)

    def _sections(self, trigger: Trigger, compiled: CompiledTrigger, index: int) -> Iterator[Line]:
        parts = list(compiled.fires.parts)
        if trigger.accounts:
            yield from self._lines(parts.pop(0), index, _Place("accounts"))
        for part in _children(parts[0]):
            yield from self._lines(part, index, _Place("when"))
        for part in _children(parts[1]) if len(parts) > 1 else ():
            yield from self._lines(part, index, _Place("unless"))

    def _lines(self, node: Node, index: int, place: _Place) -> Iterator[Line]:
        answer = MEANING[int(self.engine.answer(node)[index])]
        if isinstance(node, Group):
            yield Line(_title(node), answer, depth=place.depth, section=place.section, behind=place.behind)
            inside = place.inside(answer is Answer.YES and node.word != "none_of")
            for part in node.parts:
                yield from self._lines(part, index, inside)
        elif isinstance(node, Member):
            cause = self.engine.leaf_cause(node, index) if answer is Answer.CANNOT_TELL else None
            text = self._describe(node)
            yield Line(text, answer, None, None, cause, place.depth, place.section, behind=place.behind)
        else:
            yield self._leaf(node, answer, index, place)

    def _leaf(self, leaf: Leaf, answer: Answer, index: int, place: _Place) -> Line:
        point = self._telling_point(leaf, answer, index)
        return Line(
            self._describe(leaf),
            answer,
            self._seen(leaf, index, point, answer),
            self._wanted(leaf),
            self.engine.leaf_cause(leaf, index, point) if answer is Answer.CANNOT_TELL else None,
            place.depth,
            place.section,
            tuple(self._events(leaf.measure, index)),
            tuple(self._people(leaf.measure, index)),
            place.behind,
            titled(leaf.condition, self.engine.vocabulary.facts, self._currency),
        )

    def _describe(self, node: Leaf | Member) -> str:
        return describe(node.condition, self.engine.vocabulary.facts, self._currency)

    @property
    def _currency(self) -> str:
        return self.engine.vocabulary.policy.currency

    def _telling_point(self, leaf: Leaf, answer: Answer, index: int) -> int:
        """The day that decides: with dwell the newest one that is not yes, otherwise the check itself."""
        if answer is Answer.YES:
            return 0
        points = range(leaf.points)
        return next((p for p in points if MEANING[int(self.engine.at(leaf, p)[index])] is answer), 0)

    # --- numbers ------------------------------------------------------------------------------------------------------

    def _seen(self, leaf: Leaf, index: int, point: int, answer: Answer) -> str:
        """The number behind an answer: `92% (46 of 50)`, `40 → 46 (+15%)`, `6 times, by 3 people, on 5 days`."""
        fact = leaf.condition.fact
        if leaf.was is not None:
            was, now = (self._value(measure, index, point, fact) for measure in (leaf.was, leaf.measure))
            parts = [f"{was} → {now}{self._growth(leaf, index, point)}"]
        elif fact is not None:
            parts = [self._value(leaf.measure, index, point, fact, _threshold(leaf))]
        else:
            parts = [self._with_unit(leaf.measure, index, point)]
        for word, extra in (("by", leaf.people), ("on", leaf.days)):
            if extra is not None and extra != leaf.measure:
                parts.append(f"{word} {self._with_unit(extra, index, point)}")
        if point and answer is not Answer.YES:
            parts[-1] += f" on {self.engine.calendar.day(point)}"
        return ", ".join(parts)

    def _number(self, measure: Measure, index: int, point: int) -> Fraction | None:
        column = self.engine.column(measure, point)
        if column is not None and column.kind not in NUMERIC:
            return None
        return self.engine.number(measure, point).at(index)

    def _growth(self, leaf: Leaf, index: int, point: int) -> str:
        now = self._number(leaf.measure, index, point)
        was = self._number(leaf.was, index, point) if leaf.was else None
        if now is None or not was:
            return ""
        change = (now - was) / was
        return f" ({'+' if change >= 0 else ''}{value_text(change, 'percent', '')})"

    def _kind(self, fact: str | None) -> str:
        return kind_of(fact, self.engine.vocabulary.facts) if fact else "number"

    def _value(
        self, measure: Measure, index: int, point: int, fact: str | None, against: Fraction | None = None
    ) -> str:
        column = self.engine.column(measure, point)
        if column is not None and column.kind not in NUMERIC:
            return value_text(column.value(index), column.kind, self._currency)
        number = self.engine.number(measure, point)
        value = number.at(index)
        text = number_beside(value, against, self._kind(fact), self._currency)
        if value is None:
            return text
        if isinstance(measure, RatioMeasure):
            text += f" ({self._value(measure.of, index, point, None)} of {self._value(measure.by, index, point, None)})"
        return f"{text} or more" if number.least else text

    def _with_unit(self, measure: Measure, index: int, point: int) -> str:
        text = self._value(measure, index, point, None)
        if isinstance(measure, EventMeasure) and measure.aggregate in ("times", "people", "days"):
            text += f" {unit_of(measure.aggregate, self._number(measure, index, point))}"
        return text

    def _wanted(self, leaf: Leaf) -> str | None:
        if not leaf.condition.has_comparison:
            return None
        word, wanted = leaf.condition.comparison()
        text = comparison_text(word, wanted, self._kind(leaf.condition.fact), self._currency)
        return text.removeprefix("is ") if word in _SAID_WHOLE else text.removeprefix(COMPARISONS[word]).strip()

    # --- evidence -----------------------------------------------------------------------------------------------------

    def _events(self, measure: Measure, index: int) -> list[EvidenceEvent]:
        rows = self._rows(measure, index, "event_id, event, ts, user_id", f"ORDER BY ts DESC, event_id LIMIT {SHOWN}")
        return [EvidenceEvent(i, event, at.replace(tzinfo=UTC), user or None) for i, event, at, user in rows]

    def _people(self, measure: Measure, index: int) -> list[str]:
        most_active = "AND user_id <> '' GROUP BY user_id ORDER BY count(*) DESC, user_id"
        rows = self._rows(measure, index, "user_id", most_active)
        return [user for (user,) in rows]

    def _rows(self, measure: Measure, index: int, columns: str, rest: str) -> list[tuple]:  # type: ignore[type-arg]
        events = self.engine.source.events()
        counted = _counted(measure)
        if events is None or counted is None:
            return []
        cell = self.engine.counted.cell(counted, 0)
        first, last = _bounds(self.engine, cell.first, cell.last)
        where = (
            f"account_id = {quote(self.engine.accounts[index])} AND ts {first} AND ts <= {last} "
            f"AND seen_at <= {_stamp(self.engine.as_of)} AND {counted.atom.sql()}"
        )
        return self.engine.con.execute(f"SELECT {columns} FROM {events} WHERE {where} {rest}").fetchall()


def _threshold(leaf: Leaf) -> Fraction | None:
    """The number that a value is compared with, where it is one."""
    _, wanted = leaf.condition.comparison()
    return as_fraction(wanted) if isinstance(wanted, Percent | int | Decimal) and not isinstance(wanted, bool) else None


def _title(group: Group) -> str:
    if group.name is None:
        return GROUPS[group.word].format(need=group.need)
    return f"in cohort {group.name}" + (f", for {group.points} days" if group.points > 1 else "")


def _children(node: Node) -> Iterable[Node]:
    return node.parts if isinstance(node, Group) else (node,)


def _counted(measure: Measure) -> EventMeasure | None:
    """The events behind a number: of a ratio those of its first part that has any."""
    match measure:
        case EventMeasure():
            return measure
        case RatioMeasure():
            return _counted(measure.of) or _counted(measure.by)
    return None


def _bounds(engine: Engine, first: date | datetime, last: date | datetime) -> tuple[str, str]:
    if isinstance(first, datetime) and isinstance(last, datetime):
        return f"> {_stamp(first)}", _stamp(last)
    return f">= {_stamp(engine.calendar.start_of(first))}", _stamp(engine.calendar.end_of(last))


def _stamp(moment: datetime) -> str:
    return f"TIMESTAMP {quote(moment.astimezone(UTC).replace(tzinfo=None).isoformat(sep=' '))}"
