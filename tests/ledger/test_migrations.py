import subprocess
import sys

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, insert, inspect, select, text
from sqlalchemy.exc import IntegrityError

from expansion.evaluate.subjects import UserOf
from expansion.ledger.database import VERSION_TABLE, Database, LedgerError, connect
from expansion.ledger.migrate import alembic_config, known_versions, migrate
from expansion.ledger.store import open_ledger
from expansion.ledger.tables import METADATA
from expansion.ledger.version import HEAD, version_of
from expansion.records.firing import Cleared
from tests.ledger.builders import NOON, a_firing, key_of, record


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


@pytest.fixture
def old_url(empty_url):
    """A ledger as the first version left it: a firing with two steps, one of which was tried; and one that is over."""
    database = Database(connect(empty_url))
    with database.writing() as connection:
        command.upgrade(alembic_config(connection), "0001")
        old = MetaData()
        old.reflect(connection)
        for name, rows in _OLD.items():
            connection.execute(insert(old.tables[name]), rows)
        if database.is_postgres:  # as if the rows had been written by the ledger
            connection.execute(text("SELECT setval('firings_id_seq', 2), setval('runs_id_seq', 1)"))
    database.close()
    return empty_url


_FIRING = {
    "run_id": 1,
    "trigger": "seat-limit",
    "account_name": "Acme",
    "episode": 1,
    "fired_at": NOON,
    "decision": "acting",
    "reason": "starts playbook seats",
    "definition_hash": "abc",
    "tier": "seat_upgrade",
    "currency": "USD",
    "priority_parts": [["worth", "$3,600"]],
    "owner": "dana@acme.example",
    "playbook": "seats",
    "evidence": {"reasons": ["full"]},
}
_STEP = {
    "firing_id": 1,
    "trigger": "seat-limit",
    "account_id": "acme",
    "episode": 1,
    "playbook": "seats",
    "integration": "crm",
    "action": "crm.create_task",
    "can_fail": False,
    "recipe": {"people": ["ana"]},
    "input": {"text": "hi"},
    "not_before": NOON,
    "tries": 1,
    "maybe_done": False,
    "updated_at": NOON,
}
_TRIED = {"at": NOON, "holder": "me", "outcome": "done", "maybe_done": False}
_OLD = {
    "runs": [
        {"id": 1, "kind": "expansion", "as_of": NOON, "started_at": NOON, "status": "completed", "summary": {"n": 1}}
    ],
    "firings": [
        _FIRING | {"id": 1, "account_id": "acme", "cleared_at": None},
        _FIRING | {"id": 2, "account_id": "bolt", "cleared_at": NOON},
    ],
    "steps": [
        _STEP | {"key": key_of(), "step_id": "step-0", "position": 0, "state": "done"},
        _STEP | {"key": key_of(step_id="step-1"), "step_id": "step-1", "position": 1, "state": "due"},
    ],
    "attempts": [_TRIED | {"step_key": key_of()}],
}


def test_an_old_ledger_keeps_every_row(old_url):
    ledger = open_ledger(old_url)
    firings = {firing.account_id: firing for firing in ledger.firings()}
    assert {(f.account_id, f.user_id, f.user_name, f.cleared_at) for f in firings.values()} == {
        ("acme", "", "", None),
        ("bolt", "", "", NOON),
    }
    assert (firings["acme"].id, firings["acme"].evidence) == (1, {"reasons": ["full"]})
    assert firings["acme"].priority_parts == (("worth", "$3,600"),)
    assert [(step.key, step.state, step.recipe) for step in ledger.steps()] == [
        (key_of(), "done", {"people": ["ana"]}),
        (key_of(step_id="step-1"), "due", {"people": ["ana"]}),
    ]
    assert [line.outcome for line in ledger.attempts(key_of())] == ["done"]
    ledger.close()


def test_an_old_ledger_becomes_what_a_new_one_is(old_url):
    ledger = open_ledger(old_url)
    with ledger.reading() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, METADATA) == []
        found = {index["name"] for index in inspect(connection).get_indexes("firings")}
        assert found >= {index.name for index in METADATA.tables["firings"].indexes}
    ledger.close()


def test_old_episodes_go_on_and_people_have_theirs_beside_them(old_url):
    ledger = open_ledger(old_url)
    assert ledger.open_episodes("seat-limit").keys() == {"acme"}
    known = a_firing("acme", steps=[{}]), a_firing("acme", episode=2, steps=[{}])
    people = [a_firing(user_id=user, steps=[{}]) for user in ("ana", "bo")]
    for _ in range(2):
        record(ledger, *known, a_firing("bolt", episode=2), *people)
    assert ledger.open_episodes("seat-limit").keys() == {"acme", "bolt", UserOf("acme", "ana"), UserOf("acme", "bo")}
    assert len(ledger.steps()) == 4
    record(ledger, cleared=[Cleared("seat-limit", "acme")])
    assert "acme" not in ledger.open_episodes("seat-limit")
    ledger.close()


def test_rows_that_refer_to_nothing_are_refused_after_an_upgrade_too(old_url):
    ledger = open_ledger(old_url)
    steps = METADATA.tables["steps"]
    with pytest.raises(IntegrityError), ledger.writing() as connection:
        copied = dict(connection.execute(select(steps)).first()._mapping)
        connection.execute(insert(steps).values(copied | {"key": "k", "firing_id": 99}))
    ledger.close()


def test_an_upgrade_that_fails_changes_nothing(old_url, monkeypatch):
    def broken(*_, **__):
        raise OSError("the disk is full")

    database = Database(connect(old_url))
    monkeypatch.setattr("alembic.operations.Operations.create_index", broken)
    with pytest.raises(OSError, match="the disk is full"):
        migrate(database)
    with database.reading() as connection:
        assert version_of(connection) == "0001"
        assert "user_id" not in {column["name"] for column in inspect(connection).get_columns("firings")}
    database.close()
    monkeypatch.undo()
    ledger = open_ledger(old_url)
    assert ledger.open_episodes("seat-limit").keys() == {"acme"}
    ledger.close()


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


@pytest.mark.starts
def test_several_processes_may_open_a_fresh_ledger_at_once(empty_url):
    program = (
        "import sys; from expansion.ledger.store import open_ledger; import expansion.ledger.migrate\n"
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
    with pytest.raises(LedgerError, match=r"sqlite:///FOLDER/ledger\.db"):
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


def test_an_old_firing_was_decided_when_it_fired(old_url):
    ledger = open_ledger(old_url)
    assert {(each.decided_at, each.decided_in, each.approved_by) for each in ledger.firings()} == {(NOON, 1, None)}
    assert ledger.was_live("seat-limit")
    ledger.close()
