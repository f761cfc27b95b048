"""The worked example is run as the systems that users reach are: by what two words in two lists bring along."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import integrations
from sandbox.all import STAND_INS
from tests.example.count import BY_HAND, told

ROOT = Path(__file__).parents[2]
ALL = bool(os.environ.get("EXPANSION_CANARIES"))  # `make canaries`: also each change that Beacon would refuse
COMPLETE = "test_a_system_is_declared_for_all_that_goes_through_every_system"
RIGHTS = "test_with_exactly_the_rights_that_are_declared_nothing_is_missing_and_none_too_many"
PARTS = {
    "its own promises": [
        "tests/example/beacon/test_notes.py",
        "tests/example/beacon/test_accounts.py",
        "tests/integrations/test_contract.py",  # these two find the cases above
        "tests/integrations/test_source_contract.py",
    ],
    "what goes through every system": [
        f"tests/systems/test_complete.py::{COMPLETE}[beacon]",
        "tests/systems/test_complete.py::test_there_is_a_stand_in_for_each_system_and_no_other",
        "tests/systems/test_complete.py::test_chaos_does_all_that_is_declared",
        f"tests/integrations/test_rights.py::{RIGHTS}[beacon]",
        "tests/integrations/test_rights.py::test_doctor_changes_nothing[beacon]",
        "tests/integrations/test_rights.py::test_every_system_that_asks_for_a_secret_lists_its_rights",
        "tests/integrations/test_shared_limits.py::test_together_they_stay_within_the_limit_and_use_it[beacon]",
        "tests/security/test_canaries.py::test_every_secret_setting_has_a_canary",
        "tests/sandbox/test_server_command.py::test_every_stand_in_is_there_once_and_takes_an_empty_sample",
        "tests/mutations/test_mutations.py::test_the_code_still_has_what_is_changed",
    ],
    "beside the others, and chaos": ["tests/example/beacon/test_whole.py"],
}


def plugged(*options: str) -> str:
    """What pytest says in a process where the example is one of the systems."""
    # Coverage and the workers of this run are none of its business.
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("COV_", "PYTEST_"))}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options],
        check=False,
        cwd=ROOT,
        env={**kept, "EXPANSION_TEST_EXAMPLE": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    return done.stdout


@pytest.mark.parametrize("part", PARTS)
def test_it_holds_as_every_system_does(part: str) -> None:
    said = plugged(*PARTS[part])
    assert "skipped" not in said, said


@pytest.mark.skipif(not ALL, reason="make canaries")
def test_a_change_that_it_would_refuse_is_noticed() -> None:
    assert "3 passed" in plugged("tests/mutations/test_mutations.py", "-k", "noticed and Beacon")


def test_users_do_not_see_it() -> None:
    assert "beacon" not in {*integrations.NAMES, *(kind.name for kind in STAND_INS)}
    assert not [name for name in integrations.catalog().actions if "beacon" in name]


def test_a_system_may_import_what_the_book_says() -> None:
    """The integration what decides and its own kit, the stand-in the kit and sample of stand-ins alone."""
    may = {"integration": ("expansion.", "integrations.kit"), "stand_in": ("sandbox.kit", "sandbox.sample")}
    ours = re.compile(
        r"^ *(?:from|import) ((?:expansion|integrations|jobs|flows|cli|sandbox|tests)\b[\w.]*)", re.MULTILINE
    )
    for part, allowed in may.items():
        own = f"tests.example.beacon.{part}"
        for file in (ROOT / own.replace(".", "/")).glob("*.py"):
            imported = ours.findall(file.read_text(encoding="utf-8"))
            assert [one for one in imported if not one.startswith((*allowed, own))] == [], file.name


def test_contributing_says_what_it_took() -> None:
    assert told() in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), "python -m tests.example.count"
    assert [name for name in BY_HAND if not (ROOT / name).exists()] == []
    lines = {row[:24].strip(): int(row.split()[-2]) for row in told().splitlines()[:-1]}
    assert lines["a system of one action"] <= 1200
    assert lines["a system of one source"] <= 950
