"""`expansion demo`, twice: what `make demo` runs."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import ROOT

pytestmark = pytest.mark.flows


def demo(folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli.main", "demo", "--folder", str(folder), "--no-keep-up"],
        check=False,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=280,
    )


def applied(folder: Path) -> dict[str, int]:
    """What the stand-ins really did, and how often."""
    with sqlite3.connect(folder / "stand-ins.db") as db:
        rows = db.execute("SELECT id, body FROM doc WHERE collection = '_applied'")
        return {key: json.loads(body)["times"] for key, body in rows}


def test_a_second_demo_sends_nothing_twice(tmp_path: Path, clean: dict[str, str]) -> None:
    first = demo(tmp_path, clean)
    assert first.returncode == 0, first.stderr
    assert first.stdout.startswith("What fired")
    assert "seat-limit" in first.stdout
    assert "What was done" in first.stdout
    inbox = tmp_path / "inbox.html"
    assert first.stdout.rstrip().endswith(f"inbox: {inbox}")
    page = inbox.read_text()
    assert "salesforce" in page
    assert "<script src" not in page  # it needs nothing else
    done = applied(tmp_path)
    assert len(done) > 50
    for noise in ("Traceback", "EventsWorker", "Warning"):
        assert noise not in first.stderr

    second = demo(tmp_path, clean)
    assert second.returncode == 0, second.stderr
    assert "0 new firings, 0 steps done" in second.stderr
    assert applied(tmp_path) == done
