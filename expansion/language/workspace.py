"""Playbooks, read and checked: what every command works on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath
from typing import TypeVar

from pydantic import BaseModel

from expansion.contract import Catalog
from expansion.language.check import depends_on as uses
from expansion.language.check.case_parser import CaseFile, parse_cases
from expansion.language.check.cautions import cautions
from expansion.language.check.checker import check
from expansion.language.check.mending import read_on
from expansion.language.check.opened import Known, Opened
from expansion.language.model.case_model import Case
from expansion.language.model.mistakes import Mistake, Mistakes
from expansion.language.model.models import Facts, Playbook, Policy, Trigger
from expansion.language.yaml.files import Files
from expansion.language.yaml.layout import find
from expansion.language.yaml.reading import read

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Workspace:
    """All definitions that lie together; every one was checked. `warnings` are worth a look, and stop nothing.

    `known` has the files as they were written, for messages that point at a line.
    """

    facts: Facts
    policy: Policy
    triggers: dict[str, Trigger]
    playbooks: dict[str, Playbook]
    cases: dict[str, tuple[Case, ...]]
    warnings: tuple[Mistake, ...]
    known: Known = field(repr=False, compare=False)

    def definition_hash(self, trigger_name: str) -> str:
        """Changes when anything changes that this trigger rests on; not with comments, blanks or the order of keys."""
        return uses.definition_hash(self.triggers[trigger_name], self.triggers, self.playbooks, self.facts, self.policy)

    @cached_property
    def hash(self) -> str:
        """Changes when any definition does; not with cases, which decide nothing."""
        return uses.hash_of(
            {"facts": self.facts, "policy": self.policy, "triggers": self.triggers, "playbooks": self.playbooks}
        )


def load(files: Files, catalog: Catalog) -> Workspace:
    """Read and check every file; raises Mistakes with all of them at once."""
    known, mistakes = known_of(files, catalog)
    mistakes += (one for one in check(known) if not one.consequence)
    if mistakes:
        raise Mistakes(dict.fromkeys(mistakes))
    assert known.facts.model and known.policy.model, "what could not be read was reported"
    triggers, cases = _models(known.triggers), _cases(known)
    warnings = tuple(cautions(known, cases))
    playbooks = _models(known.playbooks)
    return Workspace(known.facts.model, known.policy.model, triggers, playbooks, cases, warnings, known)


def known_of(files: Files, catalog: Catalog) -> tuple[Known, list[Mistake]]:
    """Everything that could be read, and what is wrong with single files."""
    layout = find(files)
    mistakes = list(layout.mistakes)
    known = Known(
        catalog,
        _shared(files, layout.shared, "facts", Facts, mistakes),
        _shared(files, layout.shared, "policy", Policy, mistakes),
        _all(files, layout.triggers, Trigger, mistakes),
        _all(files, layout.playbooks, Playbook, mistakes),
        list(_all(files, layout.cases, CaseFile, mistakes).values()),
    )
    return known, mistakes


def _open(files: Files, path: str, model: type[M], mistakes: list[Mistake]) -> Opened[M]:
    name = PurePosixPath(path).stem
    try:
        source = read(files, path)
    except Mistakes as error:
        mistakes += error.mistakes
        return Opened(name, None, None)
    meant, parsed, found = read_on(source, model)
    mistakes += (*source.told, *found)
    return Opened(name, meant, parsed, source)


def _shared(files: Files, paths: Mapping[str, str], name: str, model: type[M], mistakes: list[Mistake]) -> Opened[M]:
    return _open(files, paths[name], model, mistakes) if name in paths else Opened(name, None, None)


def _all(files: Files, paths: Mapping[str, str], model: type[M], mistakes: list[Mistake]) -> dict[str, Opened[M]]:
    return {name: _open(files, path, model, mistakes) for name, path in paths.items()}


def _models(opened: Mapping[str, Opened[M]]) -> dict[str, M]:
    return {name: one.model for name, one in opened.items() if one.model}


def _cases(known: Known) -> dict[str, tuple[Case, ...]]:
    found: dict[str, tuple[Case, ...]] = dict.fromkeys(known.triggers, ())
    for opened in known.cases:
        if opened.model and opened.source:
            found[opened.model.trigger] += tuple(parse_cases(opened.source, opened.model)[0])
    return found
