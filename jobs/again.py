"""A past run decided again: by the definitions of its commit, over what had arrived by its moment, with the ledger as
it stood when it began. The result is the same, byte for byte, unless something that it rested on is gone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime

from expansion.decide.decide import Decisions, decide
from expansion.decide.handover import RunContext
from expansion.language.model.models import Trigger
from expansion.ledger.then import LedgerThen
from expansion.records.ledger import FiringFilter, RunRecord
from expansion.text.for_people import ForPeople
from expansion.usage.storage.forgotten import forgotten_people
from jobs.decide import evaluate, triggers_to_check
from jobs.definitions import Definitions
from jobs.place import Place
from jobs.report import RunReport
from jobs.revisions import CHANGES, definitions_at

WHOLE = "expansion"  # the kind of run that decides once, about everybody


class CannotPlayAgain(ForPeople):
    """A run that is not there, or of which something is not kept."""


@dataclass(frozen=True)
class Ingredients:
    """What decisions are made of; each can be taken from another run."""

    definitions: Definitions
    data: RunRecord  # what had arrived by its moment
    ledger: RunRecord  # what was written down when it began


def run_called(place: Place, run_id: int) -> RunRecord:
    """A run over all accounts, by its number."""
    run = place.ledger.run(run_id) if place.has_ledger else None
    if run is None:
        raise CannotPlayAgain(f"there is no run {run_id}\n\nhint: `expansion ledger --runs` lists them")
    if run.kind != WHOLE:
        raise CannotPlayAgain(
            f"run {run_id} is of the kind `{run.kind}`, which does not decide about everybody at one moment\n\n"
            f"hint: `expansion ledger --runs` lists those of the kind `{WHOLE}`"
        )
    return run


def pinned(place: Place, run: RunRecord) -> Definitions:
    """The definitions by which a run was made, or CannotPlayAgain where no commit holds them."""
    if run.git_revision is None or run.git_revision.endswith(CHANGES):
        why = "its folder was not under git" if run.git_revision is None else "it was made with edits in no commit"
        raise CannotPlayAgain(
            f"run {run.id} cannot be played again: {why}, so nobody can say by which definitions it was made\n\n"
            "hint: commit the folder before it is run: from then on every run can be played again"
        )
    found = definitions_at(place, run.git_revision, f"run {run.id}")
    if run.definitions_hash not in (None, found.hash):
        raise CannotPlayAgain(
            f"run {run.id} had other definitions than its commit {run.git_revision} has by this version of the "
            "program\n\nhint: play it again with the version that made it"
        )
    return found


def play(place: Place, of: Ingredients) -> Decisions:
    """What these decide together; nothing is written."""
    as_of, definitions = of.data.as_of, of.definitions
    asked = _asked(definitions, of.data)
    evaluated = evaluate(place, definitions, asked, as_of, build=False)
    known = evaluated.evaluator.known_until()
    links = place.systems.account_links(definitions)
    return decide(
        evaluated.answers,
        definitions.workspace,
        evaluated.evaluator,
        LedgerThen.before(place.ledger, of.ledger),
        RunContext(as_of, definitions.revision, known, links),
        definitions.catalog,
        {},
        place.ids(as_of),
    )


def play_again(place: Place, run: RunRecord) -> Decisions:
    """What a run decided, decided anew from what it rested on."""
    return play(place, Ingredients(pinned(place, run), run, run))


def as_bytes(decisions: Decisions) -> bytes:
    """Everything that was decided and would be sent, in one order: two that are equal decide the same."""
    some = {"firings": decisions.firings, "again": tuple(each.firing for each in decisions.again)}
    plain = {name: [asdict(one) for one in firings] for name, firings in some.items()}
    plain |= {"cleared": [asdict(one) for one in decisions.cleared]}
    plain |= {"cooling": [asdict(one) for one in decisions.cooling]}
    return json.dumps(plain, sort_keys=True, default=str).encode()


def missing(place: Place, run: RunRecord) -> Iterator[str]:
    """What has happened to the data that a run rested on, so that it may decide otherwise today."""
    if forgotten_people(place.settings.home / "usage"):
        yield (
            "people were forgotten here: what they did counts still, under a pseudonym, but their names and addresses "
            "are gone, and steps for them cannot be made again"
        )
    fired = [one.watermark for one in place.ledger.firings(FiringFilter(run_id=run.id)) if one.run_id == run.id]
    known = place.evaluator(place.definitions, run.as_of).known_until()
    if fired and known != fired[0]:
        yield (
            f"run {run.id} knew events until {_moment(fired[0])}; by that moment the store has them until "
            f"{_moment(known)} today: it was filled up, or something was taken out of it"
        )


def _moment(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else "no time at all"


def _asked(definitions: Definitions, run: RunRecord) -> list[Trigger]:
    """The triggers that a run asked; of one that did not write it down, all that were due."""
    report = RunReport.from_summary(run.summary)
    every = triggers_to_check(definitions)
    if report.asked:
        return [one for one in every if one.trigger in report.asked]
    return [one for one in every if one.trigger not in report.not_due]
