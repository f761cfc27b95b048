"""The numbers behind an answer, in words: `92% (46 of 50)`, `40 → 46 (+15%)`, `6 times, by 3 people, on 5 days`."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from expansion.evaluate.engine import Engine
from expansion.evaluate.factual import NUMERIC
from expansion.evaluate.logic import YES
from expansion.evaluate.measures import EventMeasure, Formula, Measure
from expansion.evaluate.numbers import as_fraction
from expansion.evaluate.results import Answer
from expansion.evaluate.speaking import kind_of, number_beside, unit_of, value_text
from expansion.evaluate.tree import Leaf, Line, Repeated, Returned, Test, Walked
from expansion.language.values import Percent

_COUNTED = ("times", "people", "days")
_BEFORE = {"people": "by", "days": "on"}


@dataclass(frozen=True)
class Seeing:
    """What was seen of one subject."""

    engine: Engine
    index: int

    def seen(self, line: Line, point: int, answer: Answer) -> str | None:
        """The number behind a line's answer, at the point that decides."""
        match line:
            case Leaf():
                text: str | None = ", ".join(self._tests(line, point))
            case Repeated():
                text = self._repeated(line, point)
            case Walked():
                text = self._walked(line, point)
            case Returned():
                text = self._returned(line, point)
            case _:
                return None
        return f"{text} on {self.engine.calendar.day(point)}" if text and point and answer is not Answer.YES else text

    def _tests(self, leaf: Leaf, point: int) -> list[str]:
        said = [self._main(leaf.main, leaf.condition.fact, point)]
        for test in leaf.tests[1:]:
            if test.measure != leaf.main.measure:
                said.append(self._beside(test, point))
        return said

    def _main(self, test: Test, fact: str | None, point: int) -> str:
        if test.was is not None:
            was, now = (self._value(measure, point, fact) for measure in (test.was, test.measure))
            return f"{was} → {now}{self._growth(test, point)}"
        if fact is not None:
            return self._value(test.measure, point, fact, _threshold(test))
        return self._with_unit(test.measure, point)

    def _beside(self, test: Test, point: int) -> str:
        text = self._with_unit(test.measure, point)
        match test.role:
            case "silence":
                return f"{text} since"
            case "before":
                return f"{text} before"
        return f"{_BEFORE[test.role]} {text}"

    def _repeated(self, repeated: Repeated, point: int) -> str:
        """`in 2 of 4 weeks: 7, 0, 3, 1`, the newest first."""
        yes = sum(int(self.engine.at(part, point)[self.index] == YES) for part in repeated.parts)
        numbers = [self._tests(part, point) for part in repeated.parts]
        unit = repeated.parts[0].main.measure
        each = "; ".join(", ".join(said) for said in numbers)
        if isinstance(unit, EventMeasure) and unit.aggregate in _COUNTED and all(len(said) == 1 for said in numbers):
            each = ", ".join(self._value(part.main.measure, point, None) for part in repeated.parts)
        return f"{yes} of {len(repeated.parts)} ({each}, the newest first)"

    def _walked(self, walked: Walked, point: int) -> str | None:
        count = int(self.engine.walk_counts(walked, point)[self.index])
        if walked.walk.same_user and walked.people > 1:
            return f"{count} {unit_of('people', count)}"
        return None if count else "not seen"

    def _returned(self, returned: Returned, point: int) -> str | None:
        first, last = self.engine.calendar.days(returned.window, point)
        days = self.engine.returning.days_of(returned.column, self.index)
        now, before = ([day for day in days if first <= day <= last], [day for day in days if day < first])
        if not now:
            return f"last on {before[-1]}" if before else "never"
        return f"on {now[0]}, before that on {before[-1]}" if before else f"for the first time on {now[0]}"

    # --- values -------------------------------------------------------------------------------------------------------

    def number(self, measure: Measure, point: int) -> Fraction | None:
        """A measure's number; None where it is not known, or no number."""
        column = self.engine.column(measure, point)
        if column is not None and column.kind not in NUMERIC:
            return None
        return self.engine.number(measure, point).at(self.index)

    def _growth(self, test: Test, point: int) -> str:
        now = self.number(test.measure, point)
        was = self.number(test.was, point) if test.was else None
        if now is None or not was:
            return ""
        change = (now - was) / was
        return f" ({'+' if change >= 0 else ''}{value_text(change, 'percent', '')})"

    def _value(self, measure: Measure, point: int, fact: str | None, against: Fraction | None = None) -> str:
        currency = self.engine.vocabulary.policy.currency
        kind = kind_of(fact, self.engine.vocabulary.facts) if fact else "number"
        column = self.engine.column(measure, point)
        if column is not None and column.kind not in NUMERIC:
            return value_text(column.value(self.index), column.kind, currency)
        number = self.engine.number(measure, point)
        value = number.at(self.index)
        text = number_beside(value, against, kind, currency)
        if value is None:
            return text
        if isinstance(measure, Formula) and measure.word == "ratio":
            of, by = (self._value(part, point, None) for part in measure.parts)
            text += f" ({of} of {by})"
        return f"{text} or more" if number.least else text

    def _with_unit(self, measure: Measure, point: int) -> str:
        text = self._value(measure, point, None)
        if isinstance(measure, EventMeasure) and measure.aggregate in _COUNTED:
            text += f" {unit_of(measure.aggregate, self.number(measure, point))}"
        return text


def _threshold(test: Test) -> Fraction | None:
    """The number that a value is compared with, where it is one."""
    wanted = test.wanted
    is_number = isinstance(wanted, Percent | int | Decimal) and not isinstance(wanted, bool)
    return as_fraction(wanted) if is_number and test.word != "among_top" else None
