"""What becomes of accounts that are inside a playbook already: their open episodes, and the steps that wait."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from expansion.evaluate.subjects import Subject
from expansion.language.workspace import Workspace
from expansion.plan.said import said
from expansion.records.ledger import FiringRecord, State, StepRecord

WAITING: tuple[State, ...] = ("waiting", "due")  # planned, and not sent


@dataclass(frozen=True)
class Inside:
    """The open episodes of one trigger, and what the change does to them."""

    trigger: str
    open: int
    waiting: int  # their steps that are not sent yet
    is_left: bool  # nobody asks any more whether they are over
    ends: tuple[FiringRecord, ...] = ()  # those that end by the change
    skipped: int = 0  # steps that are not sent then
    taken_up: int = 0  # steps that were done, and are closed, annotated or taken back then
    keeps: tuple[str, ...] = ()  # playbooks that changed, while some of these go by them as they were

    @property
    def says_something(self) -> bool:
        return bool(self.ends or self.keeps or (self.is_left and self.open))


def inside(
    trigger: str,
    firings: Sequence[FiringRecord],
    steps: Sequence[StepRecord],
    ends: Callable[[FiringRecord], bool],
    before: Workspace,
    after: Workspace,
) -> Inside:
    """`firings`: the open ones of this trigger; `steps`: theirs, whatever their state."""
    over = tuple(one for one in firings if ends(one))
    ids = {one.id for one in over}
    return Inside(
        trigger,
        len(firings),
        sum(step.state in WAITING for step in steps),
        trigger not in after.triggers or after.triggers[trigger].status == "draft",
        over,
        sum(step.state in WAITING for step in steps if step.firing_id in ids),
        sum(step.state == "done" and step.when_cleared is not None for step in steps if step.firing_id in ids),
        tuple(sorted(_changed({one.playbook for one in firings if one.playbook}, before, after))),
    )


def subjects_in(found: Collection[Subject], now: Callable[[FiringRecord], Subject]) -> Callable[[FiringRecord], bool]:
    """Whether a firing is of one of these; `now`: who it is by the ids of now."""
    return lambda firing: now(firing) in found


def _changed(names: set[str], before: Workspace, after: Workspace) -> list[str]:
    """The playbooks of which the steps differ, or that are gone."""
    return [name for name in names if said(_steps(before, name)) != said(_steps(after, name))]


def _steps(workspace: Workspace, playbook: str) -> list[object]:
    return list(workspace.playbooks[playbook].steps) if playbook in workspace.playbooks else []
