"""docs/systems.md has every system, is what the declarations say, and what it shows is taken by `expansion check`."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

import integrations
from cli.systems_page import about, examples
from expansion.language.yaml.files import Folder
from jobs.definitions import read_definitions
from tests.systems.page import written

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/systems.md").read_text(encoding="utf-8")
FACTS = "playbooks/shared/facts.yaml"


def test_the_page_is_what_the_declarations_say() -> None:
    assert written() == PAGE, "run `make docs`"


def test_every_action_source_limit_and_right_is_on_it() -> None:
    for name in integrations.NAMES:
        one = integrations.integration(name)
        declared = [f"| `{each}` |" for each in (*one.sources, *one.inbound)]
        declared += [f"| `{name}` |" for name, action in one.actions.items() if not action.follows]
        declared += [limit.source for limit in one.limits] + [f"| {right.name} | {right.why}" for right in one.rights]
        assert [each for each in declared if each not in PAGE] == []


@pytest.mark.parametrize("name", integrations.NAMES)
def test_what_a_system_shows_is_taken(name: str, tmp_path: Path) -> None:
    shown = examples(about(name))
    if not shown:
        assert name in NOTHING_TO_SHOW
        return
    folder = _fresh(tmp_path)
    for file, text in shown:
        _put(folder / file, file, text)
    read_definitions(Folder(folder / "playbooks"), integrations.catalog())  # raises Mistakes


# Triggers are asked there, and nothing of it is named in YAML.
NOTHING_TO_SHOW = {"warehouse"}


@pytest.mark.parametrize("name", integrations.NAMES)
def test_a_system_says_what_a_reader_would_wrongly_assume(name: str) -> None:
    assert "\n## Honest\n- " in about(name)


def test_an_example_that_check_refuses_is_seen(tmp_path: Path) -> None:
    folder = _fresh(tmp_path)
    _put(
        folder / "playbooks/wrong.yaml",
        "playbooks/wrong.yaml",
        "playbook: wrong\ntitle: W\nsteps: [{id: a, do: no.such}]\n",
    )
    with pytest.raises(Exception, match=r"no\.such"):
        read_definitions(Folder(folder / "playbooks"), integrations.catalog())


def _fresh(tmp_path: Path) -> Path:
    """What `expansion init` makes of it."""
    shutil.copytree(ROOT / "cli/starter/playbooks", tmp_path / "playbooks")
    return tmp_path


def _put(path: Path, file: str, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if file != FACTS:
        path.write_text(text, encoding="utf-8")
        return
    yaml = YAML()
    there: Any = yaml.load(path.read_text(encoding="utf-8")) if path.exists() else {}
    for key, more in yaml.load(text).items():
        if isinstance(more, dict):
            there.setdefault(key, {}).update(more)
        else:
            there.setdefault(key, []).extend(more)
    with path.open("w", encoding="utf-8") as out:
        yaml.dump(there, out)
