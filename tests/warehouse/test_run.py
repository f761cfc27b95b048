"""`--engine`: the starter's events in PostgreSQL, its accounts here; the same account fires, for the same reasons."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

pytestmark = pytest.mark.starts

STARTER = Path(__file__).parents[2] / "cli/starter"


def expansion(folder: Path, *words: str) -> str:
    command = [sys.executable, "-m", "cli.main", *words]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("EXPANSION_")}
    path = os.pathsep.join([str(STARTER.parents[1]), environment.get("PYTHONPATH", "")])
    done = subprocess.run(
        command, cwd=folder, env={**environment, "PYTHONPATH": path}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_run_asks_the_warehouse_and_fires_for_the_same_account_and_reasons(
    tmp_path: Path, server: str, writing: psycopg.Connection
) -> None:
    shutil.copytree(STARTER, tmp_path / "here")
    with (STARTER / "sample/events.csv").open() as file:
        rows = list(csv.DictReader(file))
    names = list(rows[0])
    writing.execute("DROP TABLE IF EXISTS starter_events")
    writing.execute(f"CREATE TABLE starter_events ({', '.join(f'{name} text' for name in names)})")
    for row in rows:
        marks = ", ".join(["%s"] * len(names))
        writing.execute(f"INSERT INTO starter_events VALUES ({marks})", [row[name] for name in names])
    folder = tmp_path / "here"
    (folder / "warehouse.yaml").write_text(
        "table: starter_events\nid: event_id\nevent: event\ntime: happened_at\naccount: account_id\nuser: user_id\n"
    )
    expansion(folder, "import", "sample/accounts.csv", "--map", "sample/accounts.map.yaml")
    at = ("--as-of", "2026-03-02T09:00:00Z")
    url = server.replace("postgresql://", "postgres://")
    there = expansion(folder, "run", "--dry-run", *at, "--engine", url)
    explained_there = expansion(folder, "explain", "export-limit", "a-100", *at, "--engine", url)
    expansion(folder, "import", "sample/events.csv", "--map", "sample/events.map.yaml")
    here = expansion(folder, "run", "--dry-run", *at)
    explained_here = expansion(folder, "explain", "export-limit", "a-100", *at)
    assert "Northwind Traders" in there
    assert there == here
    assert "YES" in explained_there
    assert explained_there == explained_here
