"""SQLite's locks are this process's, whatever opens the file: opening a ledger again takes none of them away."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from expansion.ledger.store import open_ledger

pytestmark = pytest.mark.starts
# Opens the database and closes it: whoever believes to be the last one takes the log away.
_OTHER = """
import sqlite3, sys
there = sqlite3.connect(sys.argv[1])
there.execute("SELECT count(*) FROM runs").fetchall()
there.close()
"""


@pytest.mark.parametrize("times", [1, 3])
def test_another_process_does_not_believe_to_be_alone(tmp_path: Path, times: int) -> None:
    path = tmp_path / "ledger.db"
    ledger = open_ledger(f"sqlite:///{path}")
    with ledger.engine.connect() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM runs").fetchall()
        for _ in range(times):
            open_ledger(f"sqlite:///{path}").close()
        subprocess.run([sys.executable, "-c", _OTHER, str(path)], check=True)
        assert path.with_name("ledger.db-wal").exists(), "the log of a database that is open was taken away"
    ledger.close()
