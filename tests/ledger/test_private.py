"""Nobody else on the machine reads the ledger; and behind a pooler nothing is left in a session that is others' too."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from sqlalchemy import text

from expansion.ledger.allowances import open_allowances
from expansion.ledger.holders import Holder
from expansion.ledger.store import open_ledger
from expansion.limits import Limit
from jobs.clock import instant
from tests.databases import wiped
from tests.ledger.builders import a_firing, claim, record


@pytest.fixture
def everybody_may():
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.usefixtures("everybody_may")
def test_the_ledger_and_what_lies_beside_it_are_for_their_owner_alone(tmp_path):
    home = tmp_path / "new" / "home"
    ledger = open_ledger(f"sqlite:///{home / 'ledger.db'}")
    record(ledger, a_firing(steps=[{}]))  # while it is open, there is a log of what was written
    with Holder(home / "holders"):
        files = [path for path in home.rglob("*") if path.is_file()]
        assert {"ledger.db", "ledger.db-wal", "ledger.db-shm", "ledger.db.lock"} <= {path.name for path in files}
        assert {path.name: oct(mode(path)) for path in files} == {path.name: oct(0o600) for path in files}
        assert {mode(folder) for folder in (home.parent, home, home / "holders")} == {0o700}
    ledger.close()


def test_a_ledger_from_before_is_taken_away_from_strangers_and_left_to_its_group(tmp_path, sqlite_template):
    path = tmp_path / "ledger.db"
    path.write_bytes(sqlite_template.read_bytes())
    path.chmod(0o664)
    open_ledger(f"sqlite:///{path}").close()
    assert mode(path) == 0o660


def test_nothing_is_prepared_by_name(postgres_ledger):
    ledger = open_ledger(wiped(postgres_ledger))
    for number in range(12):  # psycopg would prepare what it has seen five times
        record(ledger, a_firing(f"account-{number}", steps=[{}]))
        claim(ledger, limit=1)
    with ledger.reading() as connection:
        assert connection.scalar(text("SELECT count(*) FROM pg_prepared_statements")) == 0
    ledger.close()


def test_a_budget_waits_for_no_disk_and_the_next_transaction_of_its_session_does(postgres_ledger):
    allowances = open_allowances(wiped(postgres_ledger), instant)
    allowances.take("calls", [Limit(5, 1, "a page")], 1)
    with allowances.reading() as connection:
        assert connection.scalar(text("SHOW synchronous_commit")) == "on"
    with allowances._opened("calls"), allowances.reading() as other:
        assert other.scalar(text("SHOW synchronous_commit")) == "on"
    allowances.close()


def test_the_transaction_of_a_budget_is_one_that_waits_for_no_disk(postgres_ledger):
    allowances = open_allowances(wiped(postgres_ledger), instant)
    with allowances.writing() as connection:
        allowances._read(connection, "calls")
        assert connection.scalar(text("SHOW synchronous_commit")) == "off"
    allowances.close()
