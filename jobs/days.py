"""The days of a stretch of history, as a replay plays them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from expansion.evaluate.measures import Calendar
from expansion.evaluate.relations import StoreRelations
from expansion.evaluate.results import Answers
from expansion.explain.evaluator import StoreEvaluator
from expansion.history.seen import Seen, Stretch
from expansion.language.model.models import Trigger
from expansion.measure.replay import Day
from expansion.usage.ahead import newest_pull
from expansion.usage.identity.former_ids import FormerIds
from jobs.definitions import Definitions
from jobs.place import Place


def ends_of_days(first: date, last: date, zone: ZoneInfo) -> list[datetime]:
    """The last moment of each of these days: what a day's check sees when it is over."""
    calendar = Calendar(datetime.combine(last + timedelta(days=2), datetime.min.time(), zone), zone)
    return [calendar.end_of(first + timedelta(days=n)) for n in range((last - first).days + 1)]


def reaches_to(place: Place, definitions: Definitions, now: datetime) -> datetime | None:
    """Up to when it is known what happened: as far as events reach; where there are none, the last pull or import of
    facts. None where nothing is stored."""
    return place.evaluator(definitions, now).known_until() or newest_pull(place.stored)


def days(
    place: Place, definitions: Definitions, triggers: Sequence[Trigger], moments: Sequence[datetime]
) -> Iterator[Day]:
    """What each of the triggers answers at each moment, by what was known then."""
    then = Then.of(place, definitions, moments)
    for at, answers in place.answers_over(definitions, triggers, moments):
        yield then.day(at, answers)


@dataclass(frozen=True)
class Then:
    """What is asked at single moments of a stretch: over one view of the store, where it is one."""

    place: Place
    definitions: Definitions
    stretches: Mapping[datetime, Stretch]

    @classmethod
    def of(cls, place: Place, definitions: Definitions, moments: Sequence[datetime]) -> Then:
        stored = place.events.relations(moments[-1], looking=place.looking)
        if not isinstance(stored, StoreRelations):
            return cls(place, definitions, {})
        stretches = Seen(stored).stretches(moments)
        return cls(place, definitions, {moment: one for one in stretches for moment in one.moments})

    def day(self, at: datetime, answers: Mapping[str, Answers]) -> Day:
        """A moment with what its triggers were answered."""
        return Day(at, answers, partial(self.evaluator, at), self.ids(at))

    def evaluator(self, at: datetime) -> StoreEvaluator:
        if at not in self.stretches:
            return self.place.evaluator(self.definitions, at)
        return StoreEvaluator(self.stretches[at].at(at), self.definitions.vocabulary, at)

    def ids(self, at: datetime) -> FormerIds:
        return self.stretches[at].stored.ids if at in self.stretches else self.place.ids(at)
