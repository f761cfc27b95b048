"""What the ledger says against what the stand-ins did."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from expansion.records.ledger import StepRecord
from tests.chaos.plan import Plan
from tests.chaos.work import Mark, marks, sets_again
from tests.chaos.worker import open_keys


@dataclass(frozen=True)
class World:
    """What the stand-ins did, in that order, and the faults that they really played."""

    done: Sequence[Mark]
    taken: Sequence[str]
    tasks: Mapping[str, Mapping[str, Any]]  # of HubSpot, by our key

    @staticmethod
    def of(said: Mapping[str, Any]) -> World:
        tasks = {each["properties"].get("expansion_key") or "": each for each in said["tasks"]}
        return World([(v, w, k) for v, w, k in said["done"]], said["taken"], tasks)


def contradictions(plan: Plan, steps: Sequence[StepRecord], unsure: Iterable[str], world: World) -> list[str]:
    """Every sentence is a fault of the product; none is what it promises. `unsure`: the keys that a person is shown."""
    times = Counter(world.done)
    shown, left = set(unsure), open_keys(steps, given_up=True)
    found: list[str] = []
    for step in steps:
        counts = [times[mark] for mark in marks(step)]
        found += [f"{_name(step)}: {sentence}" for sentence in _of_step(plan, step, counts, shown, world)]
        if step.key in left:
            found.append(f"{_name(step)}: lost: it is still {step.state}: {step.reason}")
    return found + _out_of_order(steps, world) + _unknown(steps, times)


def _of_step(plan: Plan, step: StepRecord, counts: list[int], shown: set[str], world: World) -> list[str]:
    found = []
    if max(counts) > 1 and not sets_again(step):
        found.append(f"done {max(counts)} times, and the ledger says {step.state}")
    left_out = " of 2 people " in (step.note or "")  # some were not reached, and the note says so
    if step.state == "done" and (max(counts) if left_out else min(counts)) == 0:
        found.append("the ledger says done, and it is not there")
    if step.state in ("refused", "skipped", "due") and max(counts) > 0:
        found.append(f"the ledger says {step.state}, and it is there: {step.reason}")
    if step.state == "refused" and not _may_be_refused(plan, step):
        found.append(f"refused, and no fault explains it: {step.reason}")
    if step.state == "unsure" and (step.key not in shown or not step.reason):
        found.append("unsure, and nobody is shown it, or why")
    if step.state == "done" and step.action == "hubspot.create_task" and plan.key_property != "none":
        task = world.tasks.get(step.key)
        if task is None or (not task["companies"] and not step.note):
            found.append("done, and the task is on no company")
    return found


def _may_be_refused(plan: Plan, step: StepRecord) -> bool:
    """It was drawn as a bad one, or the system was told to refuse something."""
    [drawn] = [steps for account, steps in plan.by_account().items() if account == step.account_id]
    told = any(fault.refuses and fault.vendor == step.integration for fault in plan.faults)
    return told or drawn[step.position].bad


def _out_of_order(steps: Sequence[StepRecord], world: World) -> list[str]:
    """A step is sent only after the one before it, unless that one may fail.

    Of a step for several people only what was done for them counts: whether anybody was left out is asked elsewhere.
    """
    first = {mark: place for place, mark in reversed(list(enumerate(world.done)))}
    by_firing: dict[int, list[StepRecord]] = defaultdict(list)
    for step in sorted(steps, key=lambda each: each.position):
        by_firing[step.firing_id].append(step)
    found = []
    for firing in by_firing.values():
        for before, after in pairwise(firing):
            if before.can_fail:
                continue
            began = [first[mark] for mark in marks(after) if mark in first]
            ended = [first[mark] for mark in marks(before) if mark in first]
            if began and (not ended or max(ended) > min(began)):
                found.append(f"{_name(after)}: done before {before.step_id} ({before.state})")
    return found


def _unknown(steps: Sequence[StepRecord], times: Counter[Mark]) -> list[str]:
    """Something was done that no step asked for."""
    known = {mark for step in steps for mark in marks(step)}
    # Without a property for it, HubSpot's task is counted under the trace id, which is the key too.
    return [f"nobody asked for {mark}" for mark in times if mark not in known]


def _name(step: StepRecord) -> str:
    return f"{step.account_id} {step.step_id} {step.action} {step.key[:8]}"
