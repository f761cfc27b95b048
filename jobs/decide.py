"""From the store to the ledger: evaluate the triggers, decide, write down. No network, no Prefect."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from expansion.decide.decide import Decisions, Released, decide
from expansion.decide.handover import RunContext
from expansion.decide.schedule import is_due
from expansion.evaluate.results import Answers
from expansion.explain.evaluator import StoreEvaluator
from expansion.language.model.mistakes import suggest
from expansion.language.model.models import Trigger
from expansion.ledger.firings import Overtaken
from expansion.records.ledger import Recorded
from jobs.definitions import Definitions
from jobs.pause import NoSuchTrigger
from jobs.place import Place

T = TypeVar("T")
Now = Callable[[], datetime]
_OFTEN = 20  # a run takes its turn in a second; so many in a row are somebody's loop


@dataclass(frozen=True)
class Evaluated:
    """All triggers over all accounts at one moment."""

    definitions: Definitions  # by which they were asked, and are decided about
    answers: dict[str, Answers]
    evaluator: StoreEvaluator
    accounts: int
    unreadable: dict[str, int]  # fact -> accounts whose value could not be read as its kind


def triggers_to_check(definitions: Definitions, only: Collection[str] = ()) -> list[Trigger]:
    """The triggers of a run: all that are not drafts, or the named ones."""
    for name in sorted(set(only)):
        trigger_called(definitions, name)
    known = definitions.workspace.triggers
    return [t for name, t in sorted(known.items()) if t.status != "draft" and (not only or name in only)]


def trigger_called(definitions: Definitions, name: str) -> Trigger:
    """The trigger of this name, or NoSuchTrigger with those that there are."""
    known = definitions.workspace.triggers
    if name not in known:
        hint = suggest(name, known, "there are") or "write one in playbooks/triggers"
        raise NoSuchTrigger(f"there is no trigger `{name}`\n\nhint: {hint}")
    return known[name]


def due_triggers(place: Place, definitions: Definitions, as_of: datetime) -> list[Trigger]:
    """Those of them whose `check` is due: a new day or week has begun, or their definition has changed."""
    return [
        trigger
        for trigger in triggers_to_check(definitions)
        if is_due(trigger.check, _evaluated_last(place, definitions, trigger.trigger), as_of, definitions.zone)
    ]


def triggers_of_run(
    place: Place, definitions: Definitions, named: Collection[str], as_of: datetime, *, only_due: bool
) -> tuple[list[Trigger], list[str]]:
    """The triggers that a run evaluates, and the names of those that are not due yet."""
    wanted = triggers_to_check(definitions, named)
    chosen = due_triggers(place, definitions, as_of) if only_due else wanted
    return chosen, [t.trigger for t in wanted if t not in chosen]


def note_evaluated(
    place: Place, definitions: Definitions, names: Iterable[str], as_of: datetime, now: datetime
) -> None:
    """Remember that these were evaluated, and as what: an edited trigger is due again."""
    for name in names:
        said = f"{as_of.isoformat()} {definitions.workspace.definition_hash(name)}"
        place.ledger.set_cursor(_cursor(name), said, now)


def _evaluated_last(place: Place, definitions: Definitions, name: str) -> datetime | None:
    at, _, definition = (place.ledger.cursor(_cursor(name)) or "").partition(" ")
    return datetime.fromisoformat(at) if definition == definitions.workspace.definition_hash(name) else None


def _cursor(name: str) -> str:
    return f"evaluated:{name}"


def evaluate(
    place: Place, definitions: Definitions, triggers: Collection[Trigger], as_of: datetime, *, build: bool = True
) -> Evaluated:
    """Bring in what was pushed and the rollups up to date, then ask every trigger about every account.

    `build=False`: nothing is written; a place that is only looking sees all the same what was pushed.
    """
    if build:
        place.events.prepare(definitions.vocabulary, triggers)
    asking = place.evaluator(definitions, as_of)
    found = asking.answers(list(triggers))
    return Evaluated(definitions, found, asking, asking.count(), dict(asking.unreadable()))


def decide_all(place: Place, evaluated: Evaluated, as_of: datetime, released: Released | None = None) -> Decisions:
    """What happens about every account whose trigger became true; nothing is written.

    `released`: what a person lets go of that is held for one.
    """
    definitions, asked = evaluated.definitions, evaluated.evaluator
    links = place.systems.account_links(definitions)
    context = RunContext(as_of, definitions.revision, asked.known_until(), links)
    return decide(
        evaluated.answers,
        definitions.workspace,
        asked,
        place.ledger,
        context,
        definitions.catalog,
        released or {},
        place.ids(as_of),
    )


def record(place: Place, run_id: int, decisions: Decisions, now: datetime, as_of: datetime | None = None) -> Recorded:
    """Write firings, steps and ended episodes down, all or nothing. `as_of`: of a run that decides again and again."""
    return place.ledger.record(
        run_id,
        decisions.firings,
        decisions.cleared,
        now,
        again=decisions.again,
        ran_as=decisions.ran_as,
        based_on=decisions.based_on,
        moved=decisions.moved,
        superseded=decisions.superseded,
        as_of=as_of,
    )


def decide_and_record(place: Place, run_id: int, evaluated: Evaluated, as_of: datetime, now: Now) -> Decisions:
    """Decide and write down; decided anew where another run, or a person, was quicker."""

    def once() -> Decisions:
        decisions = decide_all(place, evaluated, as_of)
        record(place, run_id, decisions, now())
        return decisions

    return until_written(once)


def until_written(once: Callable[[], T]) -> T:
    """Decide and write down, again where the ledger moved on in between."""
    for _ in range(_OFTEN):
        try:
            return once()
        except Overtaken:
            continue
    return once()
