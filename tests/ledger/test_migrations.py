import subprocess
import sys

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from expansion.ledger import LedgerError, open_ledger
from expansion.ledger.database import VERSION_TABLE
from expansion.ledger.migrate import known_versions
from expansion.ledger.tables import METADATA
from expansion.ledger.version import HEAD, version_of
from tests.ledger.builders import NOON


def test_an_empty_database_becomes_a_ledger(empty_url):
    ledger = open_ledger(empty_url)
    with ledger.reading() as connection:
        assert version_of(connection) == HEAD
        tables = set(inspect(connection).get_table_names())
    assert tables == {*METADATA.tables, VERSION_TABLE}
    ledger.close()


def test_the_migrations_make_the_tables_that_the_code_expects(empty_url):
    ledger = open_ledger(empty_url)
    with ledger.reading() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, METADATA) == []
    ledger.close()


def test_the_newest_migration_is_the_one_the_code_knows():
    assert max(known_versions()) == HEAD


def test_opening_again_keeps_what_is_there(empty_url):
    first = open_ledger(empty_url)
    first.set_cursor("mixpanel.export", "2026-03-01", NOON)
    first.close()
    second = open_ledger(empty_url)
    assert second.cursor("mixpanel.export") == "2026-03-01"
    second.close()


def test_a_ledger_of_a_newer_version_is_refused_and_left_alone(empty_url):
    ledger = open_ledger(empty_url)
    with ledger.writing() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    ledger.close()
    with pytest.raises(LedgerError, match=r"newer version.*9999") as caught:
        open_ledger(empty_url)
    assert "nothing was changed" in str(caught.value)


def test_several_processes_may_open_a_fresh_ledger_at_once(empty_url):
    program = (
        "import sys; from expansion.ledger import open_ledger; import expansion.ledger.migrate\n"
        "print('ready', flush=True); sys.stdin.readline(); open_ledger(sys.argv[1]).close()"
    )
    command = [sys.executable, "-c", program, empty_url]
    each = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    for process in each:
        assert process.stdout.readline() == "ready\n"
    for process in each:
        process.stdin.write("go\n")
        process.stdin.flush()
    assert [process.wait(60) for process in each] == [0, 0, 0]


@pytest.mark.parametrize("address", ["", "ledger.db", "mysql://host/x", "sqlite://", "sqlite:///:memory:"])
def test_an_address_that_cannot_hold_a_ledger_is_refused_with_an_example(address):
    with pytest.raises(LedgerError, match=r"sqlite:///folder/ledger\.db"):
        open_ledger(address)


def test_a_file_that_is_no_database_is_named(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("not a database, and long enough to be read as one " * 40)
    with pytest.raises(LedgerError, match=r"cannot be opened: .*notes\.txt"):
        open_ledger(f"sqlite:///{path}")


def test_a_server_that_does_not_answer_is_named_without_its_password():
    with pytest.raises(LedgerError, match="does not answer") as caught:
        open_ledger("postgresql://dana:sesame@127.0.0.1:1/ledger")
    assert "sesame" not in str(caught.value)
