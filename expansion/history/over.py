"""Answers at many moments: of each moment the same that the evaluator gives over what was known then."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from itertools import pairwise
from zoneinfo import ZoneInfo

from expansion.evaluate.compile import Compiler
from expansion.evaluate.compiled import Forms
from expansion.evaluate.engine import Engine, Vocabulary
from expansion.evaluate.questions import answers
from expansion.evaluate.relations import StoreRelations
from expansion.evaluate.results import Answers
from expansion.evaluate.source import Source
from expansion.evaluate.subjects import Subjects
from expansion.explain.evaluator import StoreEvaluator
from expansion.history.counting import Counts, Giving, Now
from expansion.history.engine import EngineThen, SourceThen
from expansion.history.following import Following
from expansion.history.moments import Moments
from expansion.history.population import Population
from expansion.history.rows import Reading
from expansion.history.seen import Seen, Stretch
from expansion.language.model.models import Trigger

Then = tuple[datetime, dict[str, Answers]]
SourceAt = Callable[[datetime], Source]


def answers_over(
    source: SourceAt, vocabulary: Vocabulary, triggers: Sequence[Trigger], moments: Sequence[datetime]
) -> Iterator[Then]:
    """The answers at each of these moments, which ascend. `source` gives what is known at a moment.

    A usage store is looked at once, and read once for all moments; anything else is asked at each. Take what you need
    of the answers before you go on to the next moment: hundreds of them together fill the memory.
    """
    for stretch in _stretches(source, vocabulary, moments):
        yield from stretch.answers(triggers)


def engines_over(
    source: SourceAt, vocabulary: Vocabulary, moments: Sequence[datetime], *, of_users: bool = False
) -> Iterator[tuple[datetime, Engine]]:
    """An engine over all accounts for each of these moments, or over all people. What one measured is that of its
    moment until the next one is asked."""
    if of_users:
        yield from _Loop(source, vocabulary, moments).people()
        return
    for stretch in _stretches(source, vocabulary, moments):
        yield from stretch.engines()


def _stretches(source: SourceAt, vocabulary: Vocabulary, moments: Sequence[datetime]) -> Iterator[_Loop | _Over]:
    moments = [moment.astimezone(UTC) for moment in moments]
    if any(before > after for before, after in pairwise(moments)):
        raise ValueError("moments have to ascend")
    last = source(moments[-1]) if moments else None
    if not isinstance(last, StoreRelations):
        yield _Loop(source, vocabulary, moments)
        return
    forms = Forms(Compiler(vocabulary.facts, vocabulary.policy, vocabulary.triggers))
    for stretch in Seen(last).stretches(moments):
        # Where accounts were split, what arrived on the day of a check is told apart by its moment, and what arrived
        # before by its day: that is measured at each moment by itself.
        parted = stretch.stored.parted
        yield _Loop(stretch.at, vocabulary, stretch.moments) if parted else _Over(stretch, vocabulary, forms)


@dataclass(frozen=True)
class _Loop:
    """An evaluator for each moment."""

    source: SourceAt
    vocabulary: Vocabulary
    moments: Sequence[datetime]

    def answers(self, triggers: Sequence[Trigger]) -> Iterator[Then]:
        for moment in self.moments:
            yield moment, StoreEvaluator(self.source(moment), self.vocabulary, moment).answers(triggers)

    def engines(self) -> Iterator[tuple[datetime, Engine]]:
        for moment in self.moments:
            yield moment, Engine(self.source(moment), self.vocabulary, moment)

    def people(self) -> Iterator[tuple[datetime, Engine]]:
        for moment in self.moments:
            evaluator = StoreEvaluator(self.source(moment), self.vocabulary, moment)
            yield moment, evaluator.people_engine(evaluator.everyone)


@dataclass(frozen=True)
class _Over:
    """A stretch of moments at which everybody goes by the same ids, measured together."""

    stretch: Stretch
    vocabulary: Vocabulary
    forms: Forms

    def answers(self, triggers: Sequence[Trigger]) -> Iterator[Then]:
        of_accounts = [one for one in triggers if one.who == "accounts"]
        of_users = [one for one in triggers if one.who == "users"]
        people = _Loop(self.stretch.at, self.vocabulary, self.stretch.moments).answers(of_users)
        asked = self._of_accounts(of_accounts) if of_accounts else ((at, {}) for at in self.stretch.moments)
        for (moment, found), (_, theirs) in zip(asked, people, strict=True):
            both = found | theirs
            yield moment, {one.trigger: both[one.trigger] for one in triggers}

    def engines(self) -> Iterator[tuple[datetime, Engine]]:
        for number, moment in enumerate(self.stretch.moments):
            yield moment, self._everyone(number)

    def _of_accounts(self, triggers: Sequence[Trigger]) -> Iterator[Then]:
        counts = Counts(self.reading, self.moments, self.population.size)  # they run ahead of those of the others
        compiled = [self.forms.of(one) for one in triggers]
        following = Following.of(compiled, counts, self.population, self.moments, self._engine)
        others = [one for one in triggers if one.trigger not in following.names]
        for (number, moment), found in zip(enumerate(self.stretch.moments), following.answers(), strict=True):
            yield moment, found | (answers(self._everyone(number), others) if others else {})

    @cached_property
    def moments(self) -> Moments:
        return Moments(self.stretch.moments, ZoneInfo(self.vocabulary.policy.time_zone))

    @cached_property
    def population(self) -> Population:
        return Population.of(self.stretch.stored, self.stretch.moments)

    @cached_property
    def reading(self) -> Reading:
        return Reading(self.stretch.stored, self.moments)

    @cached_property
    def counts(self) -> Counts:
        return Counts(self.reading, self.moments, self.population.size)

    def _everyone(self, number: int) -> EngineThen:
        those = self.population.subjects(number)
        those.register()
        return self._engine(number, Now(self.counts, number, those.size), those)

    def _engine(self, number: int, giving: Giving, those: Subjects, beside: EngineThen | None = None) -> EngineThen:
        moment = self.stretch.moments[number]
        source = SourceThen(self.stretch.at(moment), giving)
        return EngineThen(source, self.vocabulary, moment, forms=self.forms, those=those, beside=beside)


__all__ = ["answers_over", "engines_over"]
