"""What would have to be otherwise for one line to turn today: of each of its tests the smallest change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction

from expansion.evaluate.engine import Engine
from expansion.evaluate.fact_values import NUMERIC
from expansion.evaluate.measures import EventMeasure, FactMeasure, LimitMeasure, Measure, basic_measures
from expansion.evaluate.numbers import as_fraction
from expansion.evaluate.tree import Leaf, Test
from expansion.explain.turns.kinds import NO, YES, Flip
from expansion.explain.turns.nearest import Nearest, Quantity, places_of
from expansion.explain.turns.texts import of_value
from expansion.language.model.models import MadeFact, RatioFact
from expansion.language.prose import different, kind_of, narrowed, number_beside, property_text, unit_of

_COUNTED = ("times", "people", "days", "distinct")


@dataclass(frozen=True)
class Turn:
    """A change, and how large it is: in people, events, or the steps in which a value moves."""

    flip: Flip
    size: Fraction


@dataclass(frozen=True)
class Changing:
    """Looks for changes in what is known of one subject."""

    engine: Engine
    index: int

    def leaf(self, leaf: Leaf, point: int, answer: int) -> Flip | None:
        """The smallest change of what is so at a point that turns its answer there; None where none is known."""
        if answer == YES:
            turns = [turn for test in leaf.tests if (turn := self._turn(leaf, test, point, YES))]
            # Of two changes of one size rather the one that may still happen.
            return min(turns, key=lambda turn: (turn.size, turn.flip.amount < 0)).flip if turns else None
        return self._together(leaf, point)

    def _together(self, leaf: Leaf, point: int) -> Flip | None:
        """What all tests that fail need, as one change: the same events may be by more people, and on more days."""
        answers = [int(self.engine.test(test, point)[self.index]) for test in leaf.tests]
        failing = [test for test, answer in zip(leaf.tests, answers, strict=True) if answer == NO]
        if any(test.role == "before" for test in failing):
            return Flip("never", said="it happened before")
        if len(failing) < len(answers) - answers.count(YES):
            return None  # some of it cannot be told
        if leaf.condition.stopped_for and leaf.points > 1:
            return None  # what happened before one silence would break that of another day
        turns = [self._turn(leaf, test, point, NO) for test in failing]
        flips = [turn.flip for turn in turns if turn is not None]
        if not flips or len(flips) < len(turns):
            return None
        if len(flips) == 1 and flips[0].kind != "more":
            return flips[0]
        measure = leaf.main.measure
        if isinstance(measure, EventMeasure) and measure.aggregate in _COUNTED and leaf.condition.fact is None:
            return self._counts(leaf, measure, point, failing, flips)
        # Events more may change what is made of a property, where every one has it.
        if len(leaf.tests) > 1 and isinstance(measure, EventMeasure) and measure.prop in leaf.condition.where:
            return None
        return replace(flips[0], also=tuple(flips[1:]))

    def _counts(
        self, leaf: Leaf, measure: EventMeasure, point: int, failing: Sequence[Test], flips: Sequence[Flip]
    ) -> Flip | None:
        """As many events as people and days take, where that fits what is said of the count itself."""
        is_main, what = failing[0] is leaf.main, measure.aggregate
        if is_main and flips[0].amount < 0:
            return flips[0] if len(flips) == 1 and self._leaves_enough(leaf, point, flips[0].amount) else None
        each = list(zip((_aggregate(test) for test in failing), flips, strict=True))
        rise = max((flip.amount for counted, flip in each if what in ("times", counted)), default=0)
        if what == "days" and self.engine.number(measure, point).at(self.index) == 0:
            rise = max(rise, 1)
        if not self._holds(leaf, point, rise) or (what == "distinct" and measure.prop in leaf.condition.where):
            return None
        if not is_main:
            return replace(flips[0], also=tuple(flips[1:]))
        others = tuple(flip for counted, flip in each if counted != what)
        return replace(self._more(leaf, leaf.main, Fraction(rise)), also=others)

    def _holds(self, leaf: Leaf, point: int, events: int) -> bool:
        """Whether what is said of how often holds with so many more events."""
        quantity = self._quantity(leaf.main.measure, None, point)
        assert quantity is not None, "a count is known"
        near = Nearest(self.engine, leaf.main, self.index, point)
        return bool(near.answers(quantity, [quantity.now + events])[0] == YES)

    def _leaves_enough(self, leaf: Leaf, point: int, fewer: int) -> bool:
        """Whether enough people, or days, are left of fewer events: as many as there are events, if they are chosen."""
        others = leaf.tests[1:]
        left = (self.engine.number(leaf.main.measure, point).at(self.index) or 0) + fewer
        return len(others) <= 1 and all(left >= test.wanted for test in others)

    # --- tests --------------------------------------------------------------------------------------------------------

    def _turn(self, leaf: Leaf, test: Test, point: int, answer: int) -> Turn | None:
        """The smallest change that turns one test."""
        if test.role in ("silence", "before"):
            broken = Flip("more", amount=1, unit=events_of(leaf, 1), name="times")
            return Turn(broken, Fraction(1)) if answer == YES and test.role == "silence" else None
        column = self.engine.column(test.measure, point)
        if test.word == "exists" or (column is not None and column.kind not in NUMERIC):
            flip = of_value(self.engine, leaf, test, self.index, point, answer)
            return Turn(flip, Fraction(1)) if flip else None
        wanted = NO if answer == YES else YES
        if wanted == YES and (from_before := self._from_before(leaf, test, point)):
            return from_before
        turns = (self._numeric(leaf, test, point, wanted, *one) for one in self._quantities(leaf, test, point))
        return min((turn for turn in turns if turn), key=lambda turn: turn.size, default=None)

    def _numeric(
        self, leaf: Leaf, test: Test, point: int, wanted: int, name: str | None, quantity: Quantity
    ) -> Turn | None:
        value = Nearest(self.engine, test, self.index, point).value(quantity, wanted)
        if value is None:
            return None
        size = abs(value - quantity.now) / quantity.step
        if isinstance(quantity.measure, EventMeasure) and name is None and quantity.measure.aggregate in _COUNTED:
            if value > quantity.now and quantity.measure.prop in leaf.condition.where:
                return None  # which values there may be is said already
            return Turn(self._more(leaf, test, value - quantity.now), size)
        return Turn(self._instead(leaf, point, name, quantity, value), size)

    def _from_before(self, leaf: Leaf, test: Test, point: int) -> Turn | None:
        """Where growth has too small a base: what it would have to be, and to what it would have to have grown."""
        near = Nearest(self.engine, test, self.index, point)
        was = near.number(test.was) if test.was is not None else None
        quantity = next((one for _, one in self._quantities(leaf, test, point) if one.measure == test.measure), None)
        if was is None or quantity is None or test.base is None or was >= as_fraction(test.base):
            return None
        base = as_fraction(test.base)
        now = near.grown_from(quantity, base)
        said = f"{self._instead_of(leaf.condition.fact, base, was)} in the time before"
        if now != quantity.now:
            said += f", and {self._instead_of(leaf.condition.fact, now, quantity.now)} now"
        return Turn(Flip("instead", name="before", value=(base, now), was=(was, quantity.now), said=said), Fraction(1))

    # --- what there is ------------------------------------------------------------------------------------------------

    def _quantities(self, leaf: Leaf, test: Test, point: int) -> Iterator[tuple[str | None, Quantity]]:
        """What could be otherwise: of a fact that is made of others each of those, by name."""
        number, fact = self.engine.number(test.measure, point), leaf.condition.fact
        for name in self._parts(fact) if fact else [None]:
            measure = self.engine.compiler.fact(name) if name else test.measure
            is_least = self.engine.number(measure, point).least
            if (not number.least or is_least) and not self._moves_peers(test, measure):
                quantity = self._quantity(measure, name, point, alone=measure == test.measure)
                if quantity is not None:
                    yield name, quantity

    def _parts(self, fact: str) -> Iterator[str]:
        definition = self.engine.vocabulary.facts.facts[fact]
        if not isinstance(definition, MadeFact):
            yield fact
            return
        for part in dict.fromkeys(definition.parts):
            yield from self._parts(part)

    def _moves_peers(self, test: Test, measure: Measure) -> bool:
        """Whether another value would be compared with others: those who have the same of what it is, too."""
        shared = set(basic_measures(test.peers)) if test.peers is not None else set()
        of_events = any(isinstance(one, EventMeasure) for one in shared)
        return bool(shared & set(basic_measures(measure))) or (of_events and isinstance(measure, EventMeasure))

    def _quantity(self, measure: Measure, name: str | None, point: int, *, alone: bool = True) -> Quantity | None:
        now = self.engine.number(measure, point).at(self.index)
        if now is None or not isinstance(measure, EventMeasure | FactMeasure | LimitMeasure):
            return None
        if isinstance(measure, EventMeasure) and measure.aggregate in _COUNTED:
            most = self._days(measure, point) if measure.aggregate == "days" else None
            return Quantity(measure, now, Fraction(1), Fraction(0), most)
        kind = kind_of(name, self.engine.vocabulary.facts) if name else "number"
        places = {"money": 2, "percent": places_of(now * 100) + 2}.get(kind, places_of(now))
        # Of what another number is made of, nothing changes its sign: nobody has bought minus one seat.
        least, most = (None, None) if alone else (Fraction(0), None) if now >= 0 else (None, Fraction(0))
        return Quantity(measure, now, Fraction(1, 10**places), least, most, whole=not alone)

    def _days(self, measure: EventMeasure, point: int) -> Fraction:
        """How many days a window has."""
        cell = self.engine.counted.cell(measure, point)
        first, last = (one.date() if isinstance(one, datetime) else one for one in (cell.first, cell.last))
        return Fraction((last - first).days + 1)

    # --- in words -----------------------------------------------------------------------------------------------------

    def _more(self, leaf: Leaf, test: Test, amount: Fraction) -> Flip:
        """`2 more export`, `1 fewer person`."""
        assert isinstance(test.measure, EventMeasure), "events are counted"
        what, count = test.measure.aggregate, abs(int(amount))
        match what:
            case "times":
                unit = events_of(leaf, count)
            case "distinct":
                unit = different(test.measure.prop or "", count)
            case _:
                unit = unit_of(what, count)
        if leaf.condition.stopped_for:
            unit += " before it stopped"
        unclear = amount < 0 and self.engine.number(test.measure, 0).least
        return Flip("more", amount=int(amount), unit=unit, name=what, said="at least" if unclear else "")

    def _instead(self, leaf: Leaf, point: int, name: str | None, quantity: Quantity, value: Fraction) -> Flip:
        """`46 instead of 45`; of a share `44 of 55 instead of 43`; of one part of a fact with the part's name."""
        fact = leaf.condition.fact
        said = self._instead_of(name, value, quantity.now)
        if self.engine.number(quantity.measure, point).least:
            said += " or more"
        definition = self.engine.vocabulary.facts.facts.get(fact or "")
        if fact is None:
            said = f"{property_text(leaf.condition)} {said}"
        elif isinstance(definition, RatioFact) and name in definition.parts and len(set(definition.parts)) > 1:
            said = self._of_share(definition.parts, name, said, point)
        elif name != fact:
            said = f"{name} {said}"
        return Flip("instead", name=name or "", value=value, was=quantity.now, said=said)

    def _of_share(self, parts: Sequence[str], name: str, said: str, point: int) -> str:
        """`44 of 55 instead of 43`, or `43 of 53 instead of 55`."""
        of, by = parts
        measure = self.engine.compiler.fact(by if name == of else of)
        other = self._number(by if name == of else of, self.engine.number(measure, point).at(self.index))
        return said.replace(" instead", f" of {other} instead", 1) if name == of else f"{other} of {said}"

    def _instead_of(self, name: str | None, value: Fraction, was: Fraction) -> str:
        return f"{self._number(name, value, was)} instead of {self._number(name, was, value)}"

    def _number(self, name: str | None, value: Fraction | None, beside: Fraction | None = None) -> str:
        kind = kind_of(name, self.engine.vocabulary.facts) if name else "number"
        return number_beside(value, beside, kind, self.engine.vocabulary.policy.currency)


def events_of(leaf: Leaf, count: int) -> str:
    """So many events of a line, as its sentence names them."""
    said = narrowed(leaf.condition.events, leaf.condition.where)
    return said.replace("any event", "event" if count == 1 else "events", 1) if said.startswith("any event") else said


def _aggregate(test: Test) -> str:
    return test.measure.aggregate if isinstance(test.measure, EventMeasure) else ""
