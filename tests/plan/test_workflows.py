"""The ready workflow files: YAML that can be read, actions pinned, commands and options that there are."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from ruamel.yaml import YAML

from cli.main import Commands
from cli.main import cli as group
from jobs.plan_markdown import MARK

FOLDER = Path(__file__).resolve().parents[2] / "docs/examples/plan-in-ci"
FILES = sorted(FOLDER.glob("*.yml"))
COMMAND = re.compile(r"^\s*(?:- )?(expansion .*)$", re.MULTILINE)


def texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for inner in value.values():
                yield from texts(inner)
        case list():
            for inner in value:
                yield from texts(inner)


def read(file: Path) -> Any:
    return YAML(typ="safe").load(file.read_text(encoding="utf-8"))


def commands(file: Path) -> list[list[str]]:
    """What is given to `expansion`, up to what the shell takes for itself."""
    found = [line for text in texts(read(file)) for line in COMMAND.findall(text)]
    return [shlex.split(re.split(r" (?:>|\|\|)", line)[0])[1:] for line in found]


def test_there_is_one_for_each_host():
    assert [file.stem for file in FILES] == ["github", "gitlab"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_its_commands_and_options_are_there(file):
    given = commands(file)
    assert [one[0] for one in given] == ["plan"]
    for name, *arguments in given:
        command = Commands().get_command(click.Context(group), name)
        assert command is not None
        command.make_context(name, list(arguments), resilient_parsing=False)  # raises what click says of a wrong one


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_it_finds_its_own_comment_again(file):
    assert MARK in file.read_text(encoding="utf-8")


def test_actions_are_pinned_by_commit():
    steps = read(FOLDER / "github.yml")["jobs"]["plan"]["steps"]
    used = [step["uses"] for step in steps if "uses" in step]
    assert used
    assert all(re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}", one) for one in used)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_nothing_that_a_stranger_names_is_put_into_a_shell(file):
    """A branch may be called `$(rm -rf ~)`: such names come by variables of the shell, in quotes."""
    for text in texts(read(file)):
        if "expansion " in text:
            assert "${{" not in text
            assert re.search(r"--against [^\"]", text) is None
