"""A folder of playbooks, read and checked: what every command works on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
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
from expansion.language.yaml.layout import find
from expansion.language.yaml.reading import read

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Workspace:
    """All definitions of a folder; every one was checked. `warnings` are worth a look, and stop nothing.

    `known` has the files as they were written, for messages that point at a line.
    """

    root: Path
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


def load(root: Path, catalog: Catalog) -> Workspace:
    """Read and check every file below `root`; raises Mistakes with all of them at once."""
    known, mistakes = known_of(root, catalog)
    mistakes += (one for one in check(known) if not one.consequence)
    if mistakes:
        raise Mistakes(dict.fromkeys(mistakes))
    assert known.facts.model and known.policy.model, "what could not be read was reported"
    triggers, cases = _models(known.triggers), _cases(known)
    warnings = tuple(cautions(known, cases))
    playbooks = _models(known.playbooks)
    return Workspace(root, known.facts.model, known.policy.model, triggers, playbooks, cases, warnings, known)


def known_of(root: Path, catalog: Catalog) -> tuple[Known, list[Mistake]]:
    """Everything that could be read of a folder, and what is wrong with single files."""
    layout = find(root)
    mistakes = list(layout.mistakes)
    known = Known(
        catalog,
        _shared(layout.shared, "facts", Facts, mistakes),
        _shared(layout.shared, "policy", Policy, mistakes),
        _all(layout.triggers, Trigger, mistakes),
        _all(layout.playbooks, Playbook, mistakes),
        list(_all(layout.cases, CaseFile, mistakes).values()),
    )
    return known, mistakes


def _open(path: Path, model: type[M], mistakes: list[Mistake]) -> Opened[M]:
    try:
        source = read(path, path.as_posix())
    except Mistakes as error:
        mistakes += error.mistakes
        return Opened(path.stem, None, None)
    meant, parsed, found = read_on(source, model)
    mistakes += (*source.told, *found)
    return Opened(path.stem, meant, parsed, source)


def _shared(paths: Mapping[str, Path], name: str, model: type[M], mistakes: list[Mistake]) -> Opened[M]:
    return _open(paths[name], model, mistakes) if name in paths else Opened(name, None, None)


def _all(paths: Mapping[str, Path], model: type[M], mistakes: list[Mistake]) -> dict[str, Opened[M]]:
    return {name: _open(path, model, mistakes) for name, path in paths.items()}


def _models(opened: Mapping[str, Opened[M]]) -> dict[str, M]:
    return {name: one.model for name, one in opened.items() if one.model}


def _cases(known: Known) -> dict[str, tuple[Case, ...]]:
    found: dict[str, tuple[Case, ...]] = dict.fromkeys(known.triggers, ())
    for opened in known.cases:
        if opened.model and opened.source:
            found[opened.model.trigger] += tuple(parse_cases(opened.source, opened.model)[0])
    return found
