"""What cannot be told because a source did not answer, and not because the answer says nothing.

An empty field is an answer. A source that was never pulled, or not since the account is known, has given none; nor has
one that never told such a field, no longer has the record that it had, or has two. A guard rail that rests on that is
no guard rail.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from expansion.evaluate.causes import Causes
from expansion.evaluate.engine import Engine
from expansion.evaluate.logic import CANNOT_TELL
from expansion.evaluate.measures import EventMeasure, FactMeasure, basic_measures
from expansion.evaluate.subjects import account_of
from expansion.evaluate.tree import Leaf, Line, Member, Node, Repeated, Walked, lines, measures
from expansion.usage.storage.marks import is_mark


@dataclass(frozen=True)
class Unanswered:
    """Looks in the answers of an engine about accounts."""

    engine: Engine
    _asked_last: dict[str, datetime | None] = field(default_factory=dict)

    def of(self, clauses: Sequence[Any], accounts: Iterable[str]) -> dict[str, str]:
        """By account, why these clauses cannot be told, where it is for want of an answer."""
        node = self.engine.compiler.clauses(clauses)
        self.engine.measure([node])
        answers, index = self.engine.answer(node), self.engine.subjects.index
        unclear = [one for one in accounts if one in index and answers[index[one]] == CANNOT_TELL]
        found = {account: self._cause(node, index[account]) for account in unclear}
        return {account: cause for account, cause in found.items() if cause}

    def _cause(self, node: Node, index: int) -> str | None:
        causes = Causes(self.engine)
        for line, points in lines(node):
            for point in range(points):
                if self.engine.at(line, point)[index] == CANNOT_TELL and self._is_unanswered(line, index, point):
                    return causes.of_line(line, index, point)
        return None

    def _is_unanswered(self, line: Line, index: int, point: int) -> bool:
        match line:
            case Member():
                return True  # only where it was not pulled by then
            case Walked():
                return self.engine.walk_gap(line, point) is not None
            case Leaf() if any(test.word == "exists" for test in line.tests):
                return True  # it asks whether somebody looked
            case Leaf() | Repeated():
                return any(self._no_answer(one, index, point) for one in _basics(line))
        return False

    def _no_answer(self, measure: EventMeasure | FactMeasure, index: int, point: int) -> bool:
        if isinstance(measure, EventMeasure):
            return self.engine.gap(measure, point) is not None
        known = self.engine.known
        source, text = known.source_of(measure), known.column(measure, point).text(index)
        if text is not None:
            return is_mark(text)
        if known.field_of(measure) not in known.told.fields(source):
            return True  # never pulled, or no such field
        account = account_of(self.engine.subjects.ids[index])
        return not known.told.has_record(source, (account, "")) and not self._asked_since(source, account)

    def _asked_since(self, source: str, account: str) -> bool:
        """Whether the source was asked since the account is known."""
        if source not in self._asked_last:
            self._asked_last[source] = self.engine.source.last_pull(source)
        last, since = self._asked_last[source], self._first_seen.get(account)
        return last is not None and (since is None or since <= last)

    @cached_property
    def _first_seen(self) -> Mapping[str, datetime]:
        rows = self.engine.con.execute(
            f"SELECT account_id, min(first_seen) FROM {self.engine.source.accounts()} "
            "SEMI JOIN asked USING (account_id) GROUP BY account_id"
        ).fetchall()
        return {account: seen.replace(tzinfo=UTC) for account, seen in rows}


def _basics(line: Leaf | Repeated) -> Iterator[EventMeasure | FactMeasure]:
    for measure in measures(line):
        yield from basic_measures(measure)
