"""The engine of each of many moments, for who needs its numbers and not its answers alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from expansion.evaluate.compile import Compiler
from expansion.evaluate.compiled import Forms
from expansion.evaluate.engine import Engine, Vocabulary
from expansion.evaluate.relations import StoreRelations
from expansion.evaluate.source import Source
from expansion.explain.evaluator import StoreEvaluator
from expansion.history.counting import Counts, Now
from expansion.history.engine import EngineThen, SourceThen
from expansion.history.moments import Moments
from expansion.history.population import Population
from expansion.history.rows import Reading
from expansion.history.seen import Seen, Stretch

Then = tuple[datetime, Engine]


def engines_over(
    source: Callable[[datetime], Source],
    vocabulary: Vocabulary,
    moments: Sequence[datetime],
    *,
    of_users: bool = False,
) -> Iterator[Then]:
    """An engine over all accounts (or all people) of each of these moments, which ascend: see over.answers_over.

    Ask an engine before you go on to the next: what they count goes on from one to the other.
    """
    moments = [moment.astimezone(UTC) for moment in moments]
    last = source(moments[-1]) if moments else None
    if of_users or not isinstance(last, StoreRelations):
        for moment in moments:
            yield moment, _as_ever(source(moment), vocabulary, moment, of_users=of_users)
        return
    forms = Forms(Compiler(vocabulary.facts, vocabulary.policy, vocabulary.triggers))
    for stretch in Seen(last).stretches(moments):
        yield from _over(stretch, vocabulary, forms)


def first_seen(source: Source) -> datetime | None:
    """When the first account came; None where nobody has."""
    (found,) = source.con.execute(f"SELECT min(first_seen) FROM {source.accounts()}").fetchall()[0]
    return None if found is None else found.replace(tzinfo=UTC)


def _as_ever(source: Source, vocabulary: Vocabulary, moment: datetime, *, of_users: bool) -> Engine:
    evaluator = StoreEvaluator(source, vocabulary, moment)
    return evaluator.people_engine(evaluator.everyone) if of_users else evaluator.everyone


def _over(stretch: Stretch, vocabulary: Vocabulary, forms: Forms) -> Iterator[Then]:
    stored = stretch.stored
    if stored.parted:  # the day of a check is told apart by moments then
        for moment in stretch.moments:
            yield moment, StoreEvaluator(stretch.at(moment), vocabulary, moment).everyone
        return
    moments = Moments(stretch.moments, ZoneInfo(vocabulary.policy.time_zone))
    population = Population.of(stored, moments.every)
    counts = Counts(Reading(stored, moments), moments, population.size)
    for number, moment in enumerate(moments.every):
        those = population.subjects(number)
        those.register()
        source = SourceThen(stretch.at(moment), Now(counts, number, those.size))
        yield moment, EngineThen(source, vocabulary, moment, forms=forms, those=those)


__all__ = ["engines_over", "first_seen"]
