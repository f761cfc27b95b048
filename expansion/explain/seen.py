"""The numbers behind an answer, in words: `92% (46 of 50)`, `40 → 46 (+15%)`, `6 times, by 3 people, on 5 days`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from expansion.evaluate.engine import Engine
from expansion.evaluate.fact_values import NUMERIC
from expansion.evaluate.formulas import NEVER
from expansion.evaluate.logic import YES
from expansion.evaluate.measures import EventMeasure, Formula, LimitMeasure, Measure
from expansion.evaluate.numbers import as_fraction
from expansion.evaluate.results import Answer
from expansion.evaluate.tree import Leaf, Line, Repeated, Returned, Test, Walked
from expansion.explain.turns.peer_rank import PeerRank
from expansion.language.model.models import MadeFact
from expansion.language.model.values import Percent, Span
from expansion.language.prose import kind_of, number_beside, unit_of, value_text

_COUNTED = ("times", "people", "days")
_BEFORE = {"people": "by", "days": "on"}
_PERIODS_SHOWN = 8
_OR_MORE = " or more"


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
            was, now = (self._plain(measure, point, fact) for measure in (test.was, test.measure))
            return f"{was} → {now}{self._growth(test, point)}"
        if fact is None:
            text = self._with_unit(test.measure, point)
        else:
            text = self._value(test.measure, point, fact, _threshold(test))
        return text + self._place(test, point) if test.word == "among_top" else text

    def _place(self, test: Test, point: int) -> str:
        """`, rank 3 of 120`."""
        place = PeerRank(self.engine, test, self.index, point).place
        return f", rank {place[0]:,} of {place[1]:,}" if place else ""

    def _beside(self, test: Test, point: int) -> str:
        text = self._with_unit(test.measure, point)
        match test.role:
            case "silence":
                return f"{text} since" if self.number(test.measure, point) else "none since"
            case "before":
                return f"{text} before" if self.number(test.measure, point) else "never before"
        return f"{_BEFORE[test.role]} {text}"

    def _repeated(self, repeated: Repeated, point: int) -> str:
        """`2 of 4 weeks (7, 0, 3, 1, the newest first)`."""
        yes = sum(int(self.engine.at(part, point)[self.index] == YES) for part in repeated.parts)
        each = [self._period(part, point) for part in repeated.parts[:_PERIODS_SHOWN]]
        between = "; " if any(", " in one for one in each) else ", "
        more = f"{between}…" if len(repeated.parts) > len(each) else ""
        periods = repeated.condition.in_at_least
        assert periods is not None, "asked of several periods"
        return f"{yes} of {periods.span} ({between.join(each)}{more}, the newest first)"

    def _period(self, part: Leaf, point: int) -> str:
        """A bare number where that says all there is to say."""
        said = self._tests(part, point)
        if len(said) > 1 or part.main.was is not None:
            return ", ".join(said)
        return self._plain(part.main.measure, point, part.condition.fact, _threshold(part.main))

    def _walked(self, walked: Walked, point: int) -> str | None:
        count = int(self.engine.walk_counts(walked, point)[self.index])
        if walked.walk.same_user and walked.people > 1:
            return f"{count} {unit_of('people', count)}"
        if not count:
            return "not in this order and time"
        found = self.engine.last_walk(walked, self.index) if point == 0 else None
        return self._from_to(*found) if found else None

    def _from_to(self, *ends: int) -> str:
        """The days of the first step and of the last, from microseconds."""
        moments = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=end) for end in ends)
        first, last = (self.engine.calendar.local(moment) for moment in moments)
        return f"on {last}" if first == last else f"from {first} to {last}"

    def _returned(self, returned: Returned, point: int) -> str:
        first, last = self.engine.calendar.days(returned.window, point)
        days = self.engine.returning.days_of(returned.column, self.index)
        now = [day for day in days if first <= day <= last]
        before = [day for day in days if day < first]
        if not now:
            return f"last on {before[-1]}" if before else "never"
        silent, back = max(pairwise([*before[-1:], *now]), key=_length, default=(None, now[0]))
        return f"on {back}, for the first time since {silent}" if silent else f"for the first time on {back}"

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

    def _plain(self, measure: Measure, point: int, fact: str | None, against: Fraction | None = None) -> str:
        """A value, without what it is made of."""
        currency = self.engine.vocabulary.policy.currency
        kind = kind_of(fact, self.engine.vocabulary.facts) if fact else "number"
        column = self.engine.column(measure, point)
        if column is not None and column.kind not in NUMERIC:
            return value_text(column.value(self.index), column.kind, currency)
        number = self.engine.number(measure, point)
        value = number.at(self.index)
        text = number_beside(value, against, kind, currency)
        if isinstance(measure, Formula) and measure.word == "days_to_limit" and value is not None:
            return "not within ten years" if value == NEVER else f"{text} {unit_of('days', value)}"
        return f"{text}{_OR_MORE}" if number.least and value is not None else text

    def _value(self, measure: Measure, point: int, fact: str | None, against: Fraction | None = None) -> str:
        """A value, with what it is made of."""
        text = self._plain(measure, point, fact, against)
        made = self._made_of(measure, point, fact) if self.number(measure, point) is not None else ""
        if made and text.endswith(_OR_MORE):  # said once, of all of it
            return f"{text.removesuffix(_OR_MORE)} ({made.replace(_OR_MORE, '')}){_OR_MORE}"
        return f"{text} ({made})" if made else text

    def _made_of(self, measure: Measure, point: int, fact: str | None) -> str:
        """`46 of 50` behind a share, `Team` behind a limit."""
        if isinstance(measure, LimitMeasure):
            return self._plain(measure.plan, point, measure.plan.fact)
        if not isinstance(measure, Formula):
            return ""
        definition = self.engine.vocabulary.facts.facts.get(fact or "")
        names = definition.parts if isinstance(definition, MadeFact) else (None, None)
        ends = (measure.parts[0], measure.parts[-1])  # between them lies what it was, of a pace
        of, by = (self._plain(part, point, name) for part, name in zip(ends, names, strict=True))
        match measure.word:
            case "difference":
                return f"{of} less {by}"
            case "days_to_limit":
                was = self._plain(measure.parts[1], point, names[0])
                return f"{of} of {by}, from {was} in {Span(measure.days, 'days')}"
        return f"{of} of {by}"

    def _with_unit(self, measure: Measure, point: int) -> str:
        text = self._plain(measure, point, None)
        if isinstance(measure, EventMeasure) and measure.aggregate in _COUNTED:
            text += f" {unit_of(measure.aggregate, None if text.endswith(_OR_MORE) else self.number(measure, point))}"
        return text


def _threshold(test: Test) -> Fraction | None:
    """The number that a value is compared with, where it is one."""
    wanted = test.wanted
    is_number = isinstance(wanted, Percent | int | Decimal) and not isinstance(wanted, bool)
    return as_fraction(wanted) if is_number and test.word != "among_top" else None


def _length(days: tuple[date, date]) -> int:
    return (days[1] - days[0]).days
