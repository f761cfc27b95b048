"""What is asked beside the triggers when one of them fires: guard rails, branches, and the facts that people read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from expansion.language.model.conditions import Clause
from expansion.language.model.models import Trigger
from expansion.language.workspace import Workspace


@dataclass(frozen=True)
class Besides:
    """Clauses that are asked together, and facts by their names."""

    clauses: Sequence[Sequence[Clause]] = ()
    facts: Sequence[str] = ()


NOTHING = Besides()


def besides(workspace: Workspace, triggers: Sequence[Trigger]) -> Besides:
    """For these triggers: any fact may stand in a text, so all of them are at hand."""
    of_accounts = [name for name in workspace.facts.facts if not workspace.facts.of_users(name)]
    return Besides([each for each in _clauses(workspace, triggers) if each], sorted(of_accounts))


def _clauses(workspace: Workspace, triggers: Sequence[Trigger]) -> Iterator[Sequence[Clause]]:
    yield from (rule.when or () for rule in workspace.policy.suppress)
    yield from (rule.when or () for rule in workspace.policy.approval)
    for trigger in triggers:
        for choice in trigger.then.choices:
            yield choice.when or ()
            for step in workspace.playbooks[choice.playbook].steps:
                yield step.only_if or ()
