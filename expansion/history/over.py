"""Answers at many moments: of each moment the same that the evaluator gives over what was known then."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from zoneinfo import ZoneInfo

from expansion.evaluate.compile import Compiler
from expansion.evaluate.compiled import Forms
from expansion.evaluate.engine import Vocabulary
from expansion.evaluate.numbers import Array
from expansion.evaluate.questions import answers
from expansion.evaluate.relations import StoreRelations
from expansion.evaluate.results import Answers
from expansion.evaluate.source import Source
from expansion.evaluate.subjects import Subjects
from expansion.explain.evaluator import StoreEvaluator
from expansion.history.counting import Counts
from expansion.history.engine import EngineThen, SourceThen
from expansion.history.following import Following
from expansion.history.moments import Moments
from expansion.history.population import Population
from expansion.history.rows import Reading
from expansion.history.seen import Seen, Stretch
from expansion.language.model.models import Trigger

Then = tuple[datetime, dict[str, Answers]]


def answers_over(
    source: Callable[[datetime], Source],
    vocabulary: Vocabulary,
    triggers: Sequence[Trigger],
    moments: Sequence[datetime],
) -> Iterator[Then]:
    """The answers at each of these moments, which ascend. `source` gives what is known at a moment.

    A usage store is looked at once, and read once for all moments; anything else is asked at each. Take what you need
    of the answers before you go on to the next moment: hundreds of them together fill the memory.
    """
    moments = [moment.astimezone(UTC) for moment in moments]
    if any(before > after for before, after in pairwise(moments)):
        raise ValueError("moments have to ascend")
    if not moments:
        return
    last = source(moments[-1])
    if not isinstance(last, StoreRelations):
        for moment in moments:
            yield moment, StoreEvaluator(source(moment), vocabulary, moment).answers(triggers)
        return
    forms = Forms(Compiler(vocabulary.facts, vocabulary.policy, vocabulary.triggers))
    for stretch in Seen(last).stretches(moments):
        yield from _Over(stretch, vocabulary, forms).answers(triggers)


class _Over:
    """A stretch of moments at which everybody goes by the same ids."""

    def __init__(self, stretch: Stretch, vocabulary: Vocabulary, forms: Forms) -> None:
        self.stretch, self.vocabulary, self.forms = stretch, vocabulary, forms

    def answers(self, triggers: Sequence[Trigger]) -> Iterator[Then]:
        of_accounts = [one for one in triggers if one.who == "accounts"]
        if self.stretch.stored.parted or not of_accounts:
            yield from ((moment, self._at(moment, triggers)) for moment in self.stretch.moments)
            return
        of_users = [one for one in triggers if one.who == "users"]
        for moment, found in self._of_accounts(of_accounts):
            found |= self._at(moment, of_users)
            yield moment, {one.trigger: found[one.trigger] for one in triggers}

    def _at(self, moment: datetime, triggers: Sequence[Trigger]) -> dict[str, Answers]:
        """As ever: for people, and where accounts were split, as the day of the check is told apart by moments then."""
        if not triggers:
            return {}
        return StoreEvaluator(self.stretch.at(moment), self.vocabulary, moment).answers(triggers)

    def _of_accounts(self, triggers: Sequence[Trigger]) -> Iterator[Then]:
        stored = self.stretch.stored
        moments = Moments(self.stretch.moments, ZoneInfo(self.vocabulary.policy.time_zone))
        population = Population.of(stored, moments.every)
        counts = Counts(Reading(stored, moments), moments, population.size)
        following = Following.of([self.forms.of(one) for one in triggers], counts, population)
        others = [one for one in triggers if one.trigger not in following.names]
        for number, moment in enumerate(moments.every):
            asking = partial(self._engine, counts, number)
            found = following.answers(number, asking)
            if others:
                those = population.subjects(number)
                those.register()
                found |= answers(asking(slice(0, those.size), those, None), others)
            yield moment, found

    def _engine(
        self, counts: Counts, number: int, places: Array | slice, those: Subjects, beside: EngineThen | None
    ) -> EngineThen:
        moment = self.stretch.moments[number]
        source = SourceThen(self.stretch.at(moment), counts, number, places)
        return EngineThen(source, self.vocabulary, moment, forms=self.forms, those=those, beside=beside)


__all__ = ["answers_over"]
