"""For each line of an explanation the smallest change that would turn its answer: what, how much, or on which day.

What is known is changed as little as can be, one thing at a time, and days are found by asking the same evaluator at
later checks, with nothing new. Where nothing is certain, nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from expansion.evaluate.engine import Engine
from expansion.evaluate.logic import MEANING
from expansion.evaluate.subjects import user_of
from expansion.evaluate.tree import Group, Leaf, Member, Node, Repeated, Returned, Walked, atoms, lines
from expansion.explain.turns.ahead import Ahead
from expansion.explain.turns.changing import Changing
from expansion.explain.turns.horizon import horizon, is_hourly, leaving, may_turn
from expansion.explain.turns.kinds import CANNOT_TELL, NO, YES, Flip
from expansion.explain.turns.missing import Missing
from expansion.explain.turns.upcoming import Left, comes_back

_DAY = timedelta(days=1)
_TAKES_ALL = {"all_of": NO, "any_of": YES, "none_of": NO}  # to turn these answers, more than one may have to change
_THIS = {"days": "today", "weeks": "this week", "months": "this month"}


@dataclass(frozen=True)
class Flipping:
    """Finds what would turn the answers of one subject. `of_account`: it is the account of the person asked about."""

    engine: Engine
    index: int
    ahead: Ahead
    of_account: bool = False

    def of(self, node: Node) -> tuple[Flip, ...]:
        """The smallest changes that would turn a line or a group, each by itself; () where none is certain."""
        answer = int(self.engine.answer(node)[self.index])
        stays = self._stays(node) if answer != YES else None
        if stays and answer == NO:
            return (stays,)
        found = Missing(self.engine, self.index).of(node) if answer == CANNOT_TELL else self._today(node, answer)
        if stays or isinstance(node, Group) or any(flip.kind == "never" for flip in found):
            return (*found, stays) if stays else found
        itself = self.by_itself(node, answer)
        return (*found, itself) if itself else found

    def _today(self, node: Node, answer: int) -> tuple[Flip, ...]:
        """What turns the answer of today; with dwell, what has to change has to stay so."""
        if int(self.engine.at(node, 0)[self.index]) == CANNOT_TELL:
            found = Missing(self.engine, self.index).of(node)
        else:
            flip = self._now(node, answer)
            found = (flip,) if flip else ()
        until = self._until(node)
        return found if answer == YES or until is None else tuple(replace(flip, until=until) for flip in found)

    def _stays(self, node: Node) -> Flip | None:
        """With dwell: from when it is yes if it stays as it is today, where today it is yes."""
        until = self._until(node) if int(self.engine.at(node, 0)[self.index]) == YES else None
        return Flip("if_it_stays", on=until) if until else None

    def _until(self, node: Node) -> date | None:
        """With dwell: the day by which every other answer than yes of earlier days is past; None where all were yes."""
        before = (point for point in range(1, node.points) if int(self.engine.at(node, point)[self.index]) != YES)
        newest = next(before, None)
        return None if newest is None else self.engine.calendar.today + _DAY * (node.points - newest)

    # --- by what happens ----------------------------------------------------------------------------------------------

    def _now(self, node: Node, answer: int) -> Flip | None:
        user = "" if self.of_account else user_of(self.ahead.subject)
        match node:
            case Leaf():
                return self._leaf(node, answer)
            case Repeated():
                return self._repeated(node, answer)
            case Walked() if answer == NO:
                return Left(node, self.ahead.account, self.engine.calendar, user).flip()
            case Returned() if answer == NO:
                return comes_back(node, self.ahead.account, self.engine.calendar, user)
            case Member():
                word = "joining" if answer == NO else "leaving"
                return Flip("instead", name=str(node.condition.cohort), value=answer == NO, said=f"{word} the cohort")
            case Group():
                return self._group(node, answer)
        return None

    def _leaf(self, leaf: Leaf, answer: int) -> Flip | None:
        changing = Changing(self.engine, self.index)
        if answer == NO or leaf.condition.fact:
            return changing.leaf(leaf, 0, answer)
        # Of events, fewer may have been in the window of any of the days.
        found = ((changing.leaf(leaf, point, answer), point) for point in range(leaf.points))
        turns = [(flip, point) for flip, point in found if flip is not None and (flip.amount < 0 or point == 0)]
        flip, point = min(turns, key=lambda turn: abs(turn[0].amount), default=(None, 0))
        return replace(flip, on=self.engine.calendar.day(point)) if flip and point else flip

    def _repeated(self, repeated: Repeated, answer: int) -> Flip:
        """So many weeks more, or fewer; where one more is enough, what this one would need."""
        answers = [int(self.engine.at(part, 0)[self.index]) for part in repeated.parts]
        yes, periods = answers.count(YES), repeated.condition.in_at_least
        assert periods is not None, "asked of several periods"
        amount = repeated.need - yes if answer == NO else repeated.need - yes - 1
        if amount == 1 and answers[0] == NO:
            flip = Changing(self.engine, self.index).leaf(repeated.parts[0], 0, NO)
            if flip is not None:
                return replace(flip, unit=f"{flip.unit} {_THIS[periods.unit]}") if flip.kind == "more" else flip
        return Flip("more", amount=amount, unit=periods.unit if abs(amount) > 1 else periods.unit[:-1])

    def _group(self, group: Group, answer: int) -> Flip | None:
        """How many of its lines, and which; where there is but one it says it itself, and with dwell how long."""
        if len(group.parts) == 1:
            return Flip("lines", amount=1, said="the one below") if group.points > 1 and answer == NO else None
        answers = [int(self.engine.answer(part)[self.index]) for part in group.parts]
        yes, possible = answers.count(YES), len(answers) - answers.count(NO)
        if group.word == "some_of":
            amount = group.need - yes if answer == NO else possible - group.need + 1
            return Flip("lines", amount=amount, said=f"{amount} {'more' if answer == NO else 'fewer'} of these")
        if answer != _TAKES_ALL[group.word]:
            return Flip("lines", amount=1, said="one of these")
        if group.word == "all_of":
            return _lines(len(answers) - yes, "not yes")
        return _lines(possible, "yes" if possible == yes else "not no")

    # --- by itself ----------------------------------------------------------------------------------------------------

    def by_itself(self, node: Node, answer: int) -> Flip | None:
        """The first check that answers otherwise if nothing new happens; None where none does within a year."""
        if any(line.condition.among_top for line, _ in lines(node)) or not may_turn(node, answer):
            return None
        today = self.engine.calendar.today
        if answer == CANNOT_TELL and any(self.engine.coverage.gap(events, today, today) for events in _events(node)):
            return None  # when they come again, nobody knows
        # From when it can be told is not a matter of events that leave.
        if answer != CANNOT_TELL and (moments := leaving(node, self.ahead.account)):
            return self._first(node, answer, (one for one in moments if one > self.engine.as_of))
        found = self._first(node, answer, (self.ahead.check_on(day) for day in range(1, horizon(node) + 1)))
        if found is None or not isinstance(found.on, datetime):
            return None
        return replace(found, on=found.on.date(), said="at the latest" if is_hourly(node) else "")

    def _first(self, node: Node, answer: int, moments: Iterable[datetime]) -> Flip | None:
        for moment in moments:
            other = self.ahead.answer(node, moment, of_account=self.of_account)
            if other is not MEANING[answer]:
                was = MEANING[answer].value
                return Flip("by_itself", value=other.value, was=was, on=moment.astimezone(self.engine.calendar.zone))
        return None


def _events(node: Node) -> set[tuple[str, ...]]:
    """The events that a node asks for."""
    return {atom.events for line, _ in lines(node) for atom in atoms(line)}


def _lines(amount: int, which: str) -> Flip:
    said = f"the one below that is {which}" if amount == 1 else f"the {amount} below that are {which}"
    return Flip("lines", amount=amount, said=said)
