"""What the ledger knows of a stretch of time, read once: firings with their steps, clocks and answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import TypeVar
from zoneinfo import ZoneInfo

from expansion.calendar.spans import local_date
from expansion.records.dispositions import DispositionRecord
from expansion.records.ledger import Clock, FiringFilter, FiringRecord, StepFilter, StepRecord
from expansion.records.outcomes import OutcomeRecord
from jobs.place import Place
from jobs.worth import counting

T = TypeVar("T")
_AT_ONCE = 10_000  # keys in one query: SQLite takes 32,766


@dataclass(frozen=True)
class Asked:
    """About how many a trigger was asked at the end of the report."""

    count: int
    cannot_tell: int
    people: bool = False  # else they are accounts


@dataclass(frozen=True)
class Became:
    """What came of one firing. `over`: its window is."""

    over: bool
    hit: OutcomeRecord | None


@dataclass(frozen=True)
class Known:
    """The firings of a stretch of time, and what became of them until now."""

    since: datetime
    until: datetime
    zone: ZoneInfo
    firings: Sequence[FiringRecord]
    steps: Sequence[StepRecord] = ()
    clocks: Mapping[str, Clock] | None = None  # by the key of their step
    said: Sequence[DispositionRecord] = ()
    asked: Mapping[str, Asked] | None = None  # by trigger; None: nobody could be asked
    ran_until: datetime | None = None  # the moment that the last run was about; None: not known
    came: Mapping[int, Became] | None = None  # by firing; None: no expansion is known at all

    @cached_property
    def counted(self) -> list[tuple[FiringRecord, bool]]:
        """Each firing, and whether a total holds its worth."""
        return counting(self.firings)

    @cached_property
    def acted(self) -> list[FiringRecord]:
        return [one for one in self.firings if one.decision == "acting"]

    @cached_property
    def done(self) -> frozenset[tuple[str, int]]:
        """The pieces of work of which a step is done: an account in the run that decided so. Firings that were joined
        into one have their steps in common."""
        firings = {one.id for one in self.firings}
        ids = {one.firing_id for one in self.steps if one.state == "done" and one.follows is None} & firings
        return frozenset(work(one) for one in self.firings if one.id in ids)

    @cached_property
    def triggers(self) -> list[str]:
        return sorted({*(one.trigger for one in self.firings), *(self.asked or ())})

    def day(self, moment: datetime) -> date:
        return local_date(moment, self.zone)

    def weeks(self) -> list[date]:
        """The Mondays of all weeks from the first in which anything fired to that of the last run: where there was no
        run, nothing could fire."""
        begins = min((one.fired_at for one in self.firings), default=self.until)
        ends = min(self.until, self.ran_until or self.until)
        first, last = monday(self.day(begins)), monday(self.day(ends))
        return [first + timedelta(weeks=count) for count in range((last - first).days // 7 + 1)]


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def work(firing: FiringRecord) -> tuple[str, int]:
    """What is about one account and decided in one run is one piece of work."""
    return firing.account_id, firing.decided_in


def read_known(place: Place, since: datetime, until: datetime) -> Known:
    """Read it from the ledger; who was asked and what came is no business of that."""
    ledger = place.ledger
    firings = ledger.firings(FiringFilter(fired_from=since, fired_until=until))
    steps = ledger.steps(StepFilter(fired_from=since, fired_until=until))
    timed = [one.key for one in steps if one.recipe.get("sla")]
    clocks = {key: clock for some in _parts(timed) for key, clock in ledger.clocks_of(some).items()}
    said = [one for some in _parts([each.id for each in firings]) for one in ledger.dispositions(some)]
    last = next((run.as_of for run in ledger.runs(1, ("expansion", "react"))), None)
    return Known(since, until, place.zone, firings, steps, clocks, said, ran_until=last)


def _parts(many: Sequence[T]) -> Iterable[Sequence[T]]:
    return (many[place : place + _AT_ONCE] for place in range(0, len(many), _AT_ONCE))
