"""Why two runs decided otherwise: one of the three things that decisions are made of is changed after the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from expansion.decide.decide import Decisions
from expansion.evaluate.subjects import Subject
from expansion.plan.changes import Change, changes
from expansion.plan.effect import happens
from expansion.records.firing import NewFiring, called
from expansion.records.ledger import FiringRecord, RunRecord
from expansion.text.many import many
from jobs.again import Ingredients, missing, pinned, play
from jobs.definitions import Definitions
from jobs.place import Place

Cause = Literal["definitions", "data", "ledger"]
ORDER: tuple[Cause, ...] = ("definitions", "data", "ledger")


@dataclass(frozen=True)
class Otherwise:
    """What was decided about an account by one run, by the other, and which of the three made the difference."""

    trigger: str
    account_id: str
    user_id: str
    name: str
    first: str | None  # what happens; None: nothing new was decided about it
    second: str | None
    cause: Cause


@dataclass(frozen=True)
class RunDiff:
    """Two runs, and what tells them apart."""

    first: RunRecord
    second: RunRecord
    changes: tuple[Change, ...]
    ledger: tuple[str, ...]  # what was written down between the two
    otherwise: tuple[Otherwise, ...]
    notes: tuple[str, ...]  # why a run may decide otherwise today than it did


def diff(place: Place, first: RunRecord, second: RunRecord) -> RunDiff:
    """Play both again, and between them change the definitions, then the data, then the ledger.

    What changed last is named as the cause: where two of them would have done, the earlier one is not seen to matter.
    """
    old, new = pinned(place, first), pinned(place, second)
    played = [play(place, each) for each in _one_by_one(old, new, first, second)]
    return RunDiff(
        first,
        second,
        tuple(changes(old.workspace, new.workspace)),
        tuple(_between(place, first, second)),
        tuple(_otherwise(played)),
        tuple(dict.fromkeys((*missing(place, first), *missing(place, second)))),
    )


def _one_by_one(old: Definitions, new: Definitions, first: RunRecord, second: RunRecord) -> Iterator[Ingredients]:
    yield Ingredients(old, first, first)
    yield Ingredients(new, first, first)
    yield Ingredients(new, second, first)
    yield Ingredients(new, second, second)


_Decided = Mapping[tuple[str, Subject], NewFiring]


def _decided(decisions: Decisions) -> _Decided:
    every = (*decisions.firings, *(each.firing for each in decisions.again))
    return {(one.trigger, one.subject): one for one in every}


def _otherwise(played: Sequence[Decisions]) -> Iterator[Otherwise]:
    stages = [_decided(each) for each in played]
    for key in sorted({key for stage in stages for key in stage}, key=lambda one: (one[0], str(one[1]))):
        said = [happens(stage[key]) if key in stage else None for stage in stages]
        if said[0] == said[-1]:
            continue
        last = max(place for place in range(1, len(said)) if said[place] != said[place - 1])
        firing = next(stage[key] for stage in reversed(stages) if key in stage)
        name = called(firing.account_name, firing.user_name)
        whose = (firing.trigger, firing.account_id, firing.user_id, name)
        yield Otherwise(*whose, said[0], said[-1], ORDER[last - 1])


def _between(place: Place, first: RunRecord, second: RunRecord) -> Iterator[str]:
    """What was written down from the beginning of the earlier run to that of the later one."""
    early, late = sorted((first, second), key=lambda run: run.id)
    firings = [one for one in place.ledger.firings() if early.id <= one.run_id < late.id]
    runs = sum(early.id <= run.id < late.id for run in place.ledger.runs(late.id))
    yield f"{many(runs, 'run')} from the beginning of run {early.id} to that of run {late.id}"
    yield f"{many(len(firings), 'episode')} began, {many(_ended(place, early, late), 'episode')} ended"
    was, now = (place.ledger.pauses(run.started_at) for run in (early, late))
    yield from (f"{one.kind} {one.name} was paused by {one.by}" for one in now if one not in was)
    yield from (f"{one.kind} {one.name} went on" for one in was if one not in now)


def _ended(place: Place, early: RunRecord, late: RunRecord) -> int:
    def ended(one: FiringRecord) -> bool:
        return one.cleared_at is not None and early.as_of <= one.cleared_at < late.as_of

    return sum(map(ended, place.ledger.firings()))
