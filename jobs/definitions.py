"""The definitions that a run goes by, as a value of their own: two of them can be asked over one place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from zoneinfo import ZoneInfo

import integrations
from expansion.contract import Catalog
from expansion.evaluate.engine import Vocabulary
from expansion.language.model.models import SourcedCohort, SourcedFact
from expansion.language.model.outcomes import OutcomeFrom
from expansion.language.workspace import Workspace, load
from expansion.language.yaml.files import Files


@dataclass(frozen=True)
class Definitions:
    """Checked definitions, and where they were read."""

    workspace: Workspace
    catalog: Catalog  # what they may name
    files: Files = field(compare=False)

    @cached_property
    def vocabulary(self) -> Vocabulary:
        expected = {name: words.expected for name, words in self.catalog.sources.items() if words.expected}
        return Vocabulary(self.workspace.facts, self.workspace.policy, self.workspace.triggers, expected)

    @cached_property
    def revision(self) -> str | None:
        """What git calls them, with `+changes` where files differ from it; None outside git."""
        return self.files.revision

    @property
    def hash(self) -> str:
        """Changes when anything changes that decides; not with comments, blanks, the order of keys, or cases."""
        return self.workspace.hash

    @cached_property
    def zone(self) -> ZoneInfo:
        """Whose days are meant."""
        return ZoneInfo(self.workspace.policy.time_zone)

    @cached_property
    def named(self) -> frozenset[str]:
        """Every action and source that they name."""
        announcer = self.catalog.announcer(self.workspace.policy.announce_by)
        return frozenset((*_actions(self.workspace, announcer), *_sources(self.workspace)))

    @property
    def systems(self) -> list[str]:
        """The systems that they name, in the order of the list of all; one that only pushes is never asked."""
        pushed = {name for name, words in self.catalog.sources.items() if words.pushed}
        named = {name.partition(".")[0] for name in self.named - pushed}
        return [name for name in integrations.NAMES if name in named]

    def used(self, system: str) -> frozenset[str]:
        """The actions and sources of a system that they name."""
        return frozenset(name for name in self.named if name.partition(".")[0] == system)


def read_definitions(files: Files, catalog: Catalog) -> Definitions:
    """The checked definitions of these files; raises Mistakes with every mistake of every file."""
    return Definitions(load(files, catalog), catalog, files)


def _actions(workspace: Workspace, announcer: str | None) -> Iterable[str]:
    """Every action that playbooks name, and the one that announces where a clock of theirs leads to a message."""
    for playbook in workspace.playbooks.values():
        for step in playbook.steps:
            yield step.do
            if announcer and step.sla and step.sla.speaks:
                yield announcer


def _sources(workspace: Workspace) -> Iterable[str]:
    """Every source that facts.yaml and policy.yaml name."""
    yield from (each.from_ for each in workspace.facts.events)
    yield from (fact.from_ for fact in workspace.facts.facts.values() if isinstance(fact, SourcedFact))
    yield from (cohort.from_ for cohort in workspace.facts.cohorts.values() if isinstance(cohort, SourcedCohort))
    yield from (rule.from_ for rule in workspace.policy.outcomes if isinstance(rule, OutcomeFrom))
