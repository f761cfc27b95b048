"""What imports cost is measured: a tiny run prints a line for each file, and the goals."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.imports.files import FILES

PROJECT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def run() -> tuple[list[dict], str]:
    """The lines and the talk of a tiny run."""
    command = [sys.executable, "-m", "benchmarks.imports", "--share", "0.001", "--rounds", "1"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def test_every_file_has_a_line_beside_the_plain_table(run: tuple[list[dict], str]) -> None:
    *lines, _ = run[0]
    assert [line["bench"] for line in lines] == [f"import {file.name}" for file in FILES]
    for file, line in zip(FILES, lines, strict=True):
        assert line["stored"] > 0
        assert line["cpu_seconds"] > 0 and line["peak_mb"] > 10
        assert ("cpu_ratio_to_table" in line) == file.has_floor


def test_the_goals_are_printed(run: tuple[list[dict], str]) -> None:
    lines, talk = run
    assert len(lines[-1]["goals"]) >= 8
    assert all(goal["goal"] in talk for goal in lines[-1]["goals"])
