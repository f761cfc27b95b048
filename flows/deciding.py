"""From the store to the ledger: evaluate the triggers, decide, write down. No network, no Prefect."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from expansion.decide.decide import Decisions, decide
from expansion.decide.recording import RunContext
from expansion.evaluate.evaluator import StoreEvaluator, build_rollups
from expansion.evaluate.results import Answers
from expansion.language.models import Trigger
from expansion.ledger.records import Recorded
from flows.place import Place


class NoSuchTrigger(Exception):
    """A name on the command line that no file in triggers/ has."""


@dataclass(frozen=True)
class Evaluated:
    """All triggers over all accounts at one moment."""

    answers: dict[str, Answers]
    evaluator: StoreEvaluator
    accounts: int
    unreadable: dict[str, int]  # fact -> accounts whose value could not be read as its kind


def triggers_to_check(place: Place, only: Collection[str] = ()) -> list[Trigger]:
    """The triggers of a run: all that are not drafts, or the named ones."""
    known = place.workspace.triggers
    if unknown := sorted(set(only) - known.keys()):
        raise NoSuchTrigger(f"there is no trigger `{unknown[0]}`; there are: {', '.join(sorted(known))}")
    return [t for name, t in sorted(known.items()) if t.status != "draft" and (not only or name in only)]


def evaluate(place: Place, triggers: Collection[Trigger], as_of: datetime, *, build: bool = True) -> Evaluated:
    """Bring the rollups up to date, then ask every trigger about every account."""
    if build:
        build_rollups(place.store, place.vocabulary, triggers)
    asking = place.evaluator(as_of)
    answers = asking.answers(list(triggers))
    return Evaluated(answers, asking, len(asking.everyone.accounts), dict(asking.everyone.unreadable))


def decide_all(place: Place, evaluated: Evaluated, as_of: datetime) -> Decisions:
    """What happens about every account whose trigger became true; nothing is written."""
    context = RunContext(as_of, place.git_revision(), place.store.manifest().watermark)
    return decide(evaluated.answers, place.workspace, evaluated.evaluator, place.ledger, context, place.catalog)


def record(place: Place, run_id: int, decisions: Decisions, now: datetime) -> Recorded:
    """Write firings, steps and ended episodes down, all or nothing."""
    return place.ledger.record(run_id, decisions.firings, decisions.cleared, now)
