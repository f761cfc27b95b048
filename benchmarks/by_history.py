"""Three hundred days of the thirty triggers: measured together, and by an evaluation for each day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from benchmarks import definitions
from benchmarks.events import DAYS
from benchmarks.place import Place
from benchmarks.timing import Found, Job, Took, note_fired, timed
from expansion.evaluate.relations import StoreRelations
from expansion.evaluate.results import Answers
from expansion.explain.evaluator import evaluator
from expansion.history.over import answers_over
from expansion.usage.storage.store import UsageStore

_SAMPLED = 10  # of the days are evaluated one by one: all of them would take minutes


def history_300(place: Place, events: int) -> tuple[Took, Found]:
    took, (firings, last) = timed(lambda: _over(UsageStore(place.ready), moments()))
    note_fired(place, "history_300", {name: map(str, answer.yes) for name, answer in last.items()})
    return took, {"moments": DAYS, "yes": firings}


def _over(store: UsageStore, days: Sequence[datetime]) -> tuple[int, dict[str, Answers]]:
    """How often a trigger was true on a day, and the answers of the last day."""
    yes, last = 0, dict[str, Answers]()
    triggers, vocabulary = definitions.triggers(), definitions.vocabulary()
    for _, last in answers_over(lambda at: StoreRelations.of(store, at), vocabulary, triggers, days):
        yes += sum(len(answer.yes) for answer in last.values())
    return yes, last


def history_loop(place: Place, events: int) -> tuple[Took, Found]:
    """Days from the whole history, each tenth of it one; what they took is told of as many days as there are."""
    triggers, vocabulary, store = definitions.triggers(), definitions.vocabulary(), UsageStore(place.ready)
    days = moments()[DAYS // _SAMPLED - 1 :: DAYS // _SAMPLED]
    took, _ = timed(lambda: [evaluator(store, vocabulary, day).answers(triggers) for day in days])
    times = DAYS / len(days)
    return Took(took.seconds * times, took.cpu_seconds * times), {"moments": DAYS, "measured": len(days)}


def moments() -> list[datetime]:
    """The ends of all the days."""
    return [definitions.AS_OF - timedelta(days=days) for days in reversed(range(DAYS))]


JOBS: dict[str, Job] = {"history_300": history_300, "history_loop": history_loop}
