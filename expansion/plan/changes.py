"""What changed between two folders of definitions, in words. Comments, blanks and the order of keys are no change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel

from expansion.language.workspace import Workspace
from expansion.plan.differences import differences
from expansion.plan.said import Said, said

What = Literal["new", "gone", "changed"]
Kind = Literal["trigger", "playbook", "facts", "policy", "cases"]


@dataclass(frozen=True)
class Change:
    """What became of one definition."""

    kind: Kind
    name: str  # of a trigger or playbook; of facts and policy the file
    what: What
    lines: tuple[str, ...] = ()  # each difference; of what is new or gone, what it is

    @property
    def title(self) -> str:
        """`trigger seat-limit is new`, `policy.yaml`."""
        called = f"{self.kind} {self.name}" if self.kind in ("trigger", "playbook") else self.name
        return called if self.what == "changed" else f"{called} is {self.what}"


def changes(before: Workspace, after: Workspace) -> list[Change]:
    """In the order in which people ask: triggers, playbooks, facts, policy, cases."""
    return [
        *_named("trigger", _said_of(before.triggers), _said_of(after.triggers), "title", "status"),
        *_named("playbook", _said_of(before.playbooks), _said_of(after.playbooks), "title"),
        *_file("facts", "facts.yaml", said(before.facts), said(after.facts)),
        *_file("policy", "policy.yaml", said(before.policy), said(after.policy)),
        *_cases(before, after),
    ]


def _said_of(models: Mapping[str, BaseModel]) -> dict[str, Said]:
    return {name: said(model) for name, model in models.items()}


def _named(kind: Kind, before: Mapping[str, Said], after: Mapping[str, Said], *shown: str) -> Iterator[Change]:
    for name in sorted({*before, *after}):
        if name not in before:
            yield Change(kind, name, "new", _headline(after[name], shown))
        elif name not in after:
            yield Change(kind, name, "gone", _headline(before[name], shown))
        elif lines := differences(before[name], after[name]):
            yield Change(kind, name, "changed", tuple(lines))


def _headline(one: Said, shown: Sequence[str]) -> tuple[str, ...]:
    assert isinstance(one, Mapping), "made of a model"
    return tuple(f"{word}: {one[word]}" for word in shown if word in one)


def _file(kind: Kind, name: str, before: Said, after: Said) -> Iterator[Change]:
    if lines := differences(before, after):
        yield Change(kind, name, "changed", tuple(lines))


def _cases(before: Workspace, after: Workspace) -> Iterator[Change]:
    """How many cases each trigger has: they decide nothing, and fewer of them prove less."""
    names = sorted({*before.cases, *after.cases})
    counts = [(name, len(before.cases.get(name, ())), len(after.cases.get(name, ()))) for name in names]
    if lines := tuple(f"{name} {was} -> {now}" for name, was, now in counts if was != now):
        yield Change("cases", "number of cases", "changed", lines)
