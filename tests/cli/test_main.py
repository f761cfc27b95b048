"""What holds for every command."""

from __future__ import annotations

import resource
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest

from cli.errors import told
from cli.main import COMMANDS, Commands
from cli.main import cli as group

ROOT = Path(__file__).resolve().parents[2]


def test_no_command_shows_what_there_is(run, snapshot):
    ran = run()
    assert ran.code == 2
    assert ran.err == snapshot


def test_a_mistyped_command_is_corrected(run, snapshot):
    assert str(run("chek")) == snapshot


def test_a_word_that_is_no_command_has_no_hint_out_of_thin_air(run):
    ran = run("zzz")
    assert ran.code == 2
    assert "there is no command `zzz`" in ran.err
    assert "did you mean" not in ran.err


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(run, name):
    ran = run(name, "--help")
    assert ran.code == 0
    assert "Usage: expansion" in ran.out


@pytest.mark.parametrize("name", sorted(COMMANDS.keys() - {"demo", "serve"}))  # a show, and a service
def test_every_command_gives_data_to_scripts(name):
    command = Commands().get_command(click.Context(group), name)
    assert command is not None
    assert "--json" in [option for parameter in command.params for option in parameter.opts]


def test_the_version_is_said(run):
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert run("--version").out == f"expansion, version {version}\n"


def test_an_unknown_option_is_a_usage_mistake(run, snapshot):
    assert str(run("check", "--jsn")) == snapshot


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["demo", "--help"]], ids=" ".join)
def test_help_costs_less_than_half_a_second(arguments):
    """Processor time, which a busy machine does not change; the best of three."""
    costs = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "cli.main", *arguments], cwd=ROOT, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        costs.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(costs) < 0.5


def test_a_fault_of_the_program_keeps_its_traceback(monkeypatch, run):
    def broken(*_: object) -> None:
        raise ZeroDivisionError("ana@acme.example")

    monkeypatch.setattr("cli.check._run", broken)
    run("init", "here")
    monkeypatch.chdir("here")
    said = run("check")
    assert said.code == 1
    assert "error: ZeroDivisionError, a fault of this program" in said.err
    assert "Traceback (most recent call last)" in said.err
    assert "a…@acme.example" in said.err
    assert "ana@" not in said.err


def test_a_prefect_server_that_is_not_there_is_said(snapshot):
    """The text of prefect.client.orchestration, which is all there is to know it by."""
    import inspect

    from prefect.client import orchestration

    assert "Failed to reach API at " in inspect.getsource(orchestration)
    assert told(RuntimeError("Failed to reach API at http://127.0.0.1:9/api")) == snapshot


def test_a_runtime_error_of_the_program_keeps_its_traceback():
    assert told(RuntimeError("dictionary changed size during iteration")) is None


def test_a_folder_that_cannot_be_made_is_said(run, monkeypatch):
    Path("file").write_text("", encoding="utf-8")
    monkeypatch.setenv("EXPANSION_HOME", "file/home")
    ran = run("pause", "integration", "slack")
    assert ran.code == 1
    assert ran.err.startswith("error: file")
    assert "may you write there?" in ran.err


def test_a_setting_of_the_wrong_kind_is_named(run, monkeypatch):
    monkeypatch.setenv("EXPANSION_FIRST_PULL_DAYS", "many")
    ran = run("check")
    assert ran.code == 1
    assert "EXPANSION_FIRST_PULL_DAYS" in ran.err


def test_a_folder_without_playbooks_says_how_to_begin(run, snapshot):
    assert str(run("facts")) == snapshot
