"""The command as a stranger runs it: in a folder of its own, with no settings, in this process."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cli.main import main
from tests.systems import settings_of_ours

AS_OF = "2026-03-02T09:00:00Z"  # the moment that the starter's sample is about


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    def __str__(self) -> str:
        """As a person sees it, for snapshots."""
        return f"{self.out}--- stderr\n{self.err}--- exit code {self.code}"


Run = Callable[..., Ran]


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch, tmp_path):
    for name in [name for name in os.environ if name.startswith(settings_of_ours())]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def run(capfd, monkeypatch) -> Run:
    """`run("check", "--json")` is `expansion check --json`."""

    def run(*arguments: str | Path) -> Ran:
        capfd.readouterr()
        monkeypatch.setattr(sys, "argv", ["expansion", *map(str, arguments)])
        code: Any = 0
        try:
            main()
        except SystemExit as ended:
            code = ended.code or 0
        said = capfd.readouterr()
        return Ran(code, said.out, said.err)

    return run


@pytest.fixture(scope="session")
def _starter(tmp_path_factory) -> Path:
    """`expansion init`, and the sample imported."""
    from cli.init import _made
    from expansion.usage.storage.store import UsageStore
    from jobs.clock import utc_now
    from tests.usage.builders import import_file

    folder = tmp_path_factory.mktemp("starter") / "folder"
    _made(folder)
    store = UsageStore(folder / ".expansion" / "usage")
    for name in ("accounts", "events"):
        import_file(store, folder / "sample" / f"{name}.csv", folder / "sample" / f"{name}.map.yaml", utc_now())
    return folder


@pytest.fixture
def folder(_starter, tmp_path, monkeypatch) -> Path:
    """A folder as `expansion init` makes it, with the sample imported; the working directory of the test."""
    mine = tmp_path / "mine"
    shutil.copytree(_starter, mine)
    monkeypatch.chdir(mine)
    return mine


PERSON = """\
trigger: export-person
title: Somebody keeps hitting the export limit
owner: revops@acme.example
status: live
first_run: act
who: users
when:
  - {event: Export Blocked, at_least: 2, over: 14 days}
unless:
  - {fact: plan, is: Enterprise}
leads_to: plan_change
then: {playbook: export-conversation}
"""
PEOPLE = """\
user_id,account_id,changed_on,name
ana,a-100,2026-01-05,Ana Moss
cem,a-100,2026-01-05,cem@northwind.example
"""


@pytest.fixture
def people(folder) -> Path:
    """The same folder with a trigger about people, some of whose names are known."""
    from expansion.usage.storage.store import UsageStore
    from jobs.clock import utc_now
    from tests.usage.builders import import_file

    (folder / "playbooks/triggers/export-person.yaml").write_text(PERSON, encoding="utf-8")
    (folder / "people.csv").write_text(PEOPLE, encoding="utf-8")
    fields = "facts: {account: account_id, user: user_id, at: changed_on}\n"
    (folder / "people.map.yaml").write_text(fields, encoding="utf-8")
    import_file(UsageStore(folder / ".expansion/usage"), folder / "people.csv", folder / "people.map.yaml", utc_now())
    return folder


@pytest.fixture
def change(folder) -> Callable[[str, str, str], None]:
    """`change("triggers/export-limit.yaml", "watching", "live")`, in the playbooks."""

    def change(name: str, old: str, new: str) -> None:
        path = folder / "playbooks" / name
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{name} says {old!r} {text.count(old)} times"
        path.write_text(text.replace(old, new), encoding="utf-8")

    return change
