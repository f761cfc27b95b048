"""Which triggers a change can touch, so that the others are asked once for both definitions."""

from __future__ import annotations

from collections.abc import Iterator

from expansion.language.check.depends_on import Uses, of_answer
from expansion.language.workspace import Workspace


def affected(before: Workspace, after: Workspace) -> list[str]:
    """The triggers whose answers, playbook or worth may differ: their own words, or something that they rest on."""
    names = sorted({*before.triggers, *after.triggers})
    if _of_all_answers(before) != _of_all_answers(after):
        return names
    return [name for name in names if _hash(before, name) != _hash(after, name)]


def mean_the_same(before: Workspace, after: Workspace) -> bool:
    """Whether one evaluator can be asked by both: every word means the same, and no trigger names one that differs."""
    if before.facts != after.facts or _of_all_answers(before) != _of_all_answers(after):
        return False
    changed = set(affected(before, after))
    return not any(changed & named for side in (before, after) for named in _named(side))


def _of_all_answers(workspace: Workspace) -> tuple[object, ...]:
    """What every answer rests on, and no trigger's hash holds."""
    facts, policy = workspace.facts, workspace.policy
    return (facts.events, facts.expects, policy.time_zone, policy.events, policy.plans, policy.currency, policy.account)


def _named(workspace: Workspace) -> Iterator[set[str]]:
    """The triggers that the conditions of each trigger name."""
    for trigger in workspace.triggers.values():
        yield of_answer(trigger, Uses(workspace.facts, workspace.triggers, workspace.policy.plans)).triggers


def _hash(workspace: Workspace, name: str) -> str | None:
    return workspace.definition_hash(name) if name in workspace.triggers else None
