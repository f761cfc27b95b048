"""The audit is only added to; the database sees to it, and a change behind its back shows."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from expansion.contract import Done
from expansion.ledger.audit import AuditLine, forget_in_audit, person, write
from expansion.ledger.store import Ledger, open_ledger
from expansion.ledger.verdicts import done, refused, released, unsure
from tests.ledger.builders import LEASE, NOON, a_firing, record


def four_outcomes(ledger: Ledger) -> None:
    record(ledger, a_firing(steps=[{"can_fail": True} for _ in range(5)]))
    for holder in ("host/1/a", "host/2/b"):
        claimed = ledger.claim("crm.create_task", 3 if holder.endswith("a") else 2, holder, NOON, LEASE)
        keys = [step.key for step in claimed]
        found = [done(keys[0], Done("T-1", "https://crm.example/T-1")), refused(keys[1], "no such owner")]
        if len(keys) > 2:
            found.append(released(keys[2], NOON, "cut off", maybe_done=True))
        ledger.resolve(found, holder, NOON)


def test_what_went_outside_has_a_line_and_what_never_left_has_none(ledger: Ledger) -> None:
    four_outcomes(ledger)
    lines = ledger.audit()[::-1]
    assert [(line.who, line.outcome, line.system, line.remote_id) for line in lines] == [
        ("host/1/a", "done", "crm", "T-1"),
        ("host/1/a", "refused", "crm", None),
        ("host/1/a", "maybe done, to be repeated", "crm", None),
        ("host/2/b", "done", "crm", "T-1"),
        ("host/2/b", "refused", "crm", None),
    ]
    assert ledger.audit_breaks() == []
    claimed = ledger.claim("crm.create_task", 9, "host/1/a", NOON, LEASE)
    ledger.resolve([released(step.key, NOON, "busy") for step in claimed], "host/1/a", NOON)
    assert len(ledger.audit()) == 5


def test_what_a_person_settles_has_a_line(ledger: Ledger) -> None:
    record(ledger, a_firing(steps=[{}]))
    (step,) = ledger.claim("crm.create_task", 1, "me", NOON, LEASE)
    ledger.resolve([unsure(step.key, "cut off")], "me", NOON)
    ledger.settle(step.key, "done", "dana", "it is there", NOON)
    newest = ledger.audit()[0]
    assert (newest.who, newest.what, newest.outcome) == ("person dana", "settlement", "settled: done")
    assert (newest.step_key, newest.note, newest.at) == (step.key, "it is there", NOON)
    assert ledger.audit(step_key=step.key[:8], what="settlement") == [newest]


def test_a_verdict_that_is_not_written_leaves_no_line(ledger: Ledger) -> None:
    with pytest.raises(ZeroDivisionError), ledger.writing() as connection:
        write(connection, [AuditLine("me", "step", "done")], NOON)
        raise ZeroDivisionError
    assert ledger.audit() == []


CHANGES = [
    "UPDATE audit SET outcome = 'refused' WHERE id = 2",
    "UPDATE audit SET who = 'somebody else' WHERE id = 2",
    "UPDATE audit SET salt = NULL, outcome = 'refused' WHERE id = 1",
    "UPDATE audit SET salt = 'another' WHERE id = 2",
    "UPDATE audit SET at = '2030-01-01' WHERE id = 2",
    "DELETE FROM audit WHERE id = 2",
    "DELETE FROM audit",
    "TRUNCATE audit",
    "INSERT OR REPLACE INTO audit SELECT * FROM audit WHERE id = 2",
    "REPLACE INTO audit SELECT 99, at, who, what, system, action, step_key, outcome, remote_id, note, salt, "
    "personal, chain, number, previous, hash FROM audit WHERE id = 2",
]


@pytest.mark.parametrize("change", CHANGES)
def test_the_database_refuses_every_change(change: str, ledger: Ledger) -> None:
    four_outcomes(ledger)
    before = ledger.audit()
    with pytest.raises(DBAPIError) as refused_, ledger.writing() as connection:
        connection.execute(text(change))
    assert "append-only" in str(refused_.value) or "syntax" in str(refused_.value)
    assert ledger.audit() == before


def _behind(ledger: Ledger, change: str) -> None:
    """As somebody who owns the database, or edits its file."""
    with ledger.writing() as connection:
        if ledger.is_postgres:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        else:
            for trigger in ("audit_stays", "audit_remains", "audit_is_new"):
                connection.execute(text(f"DROP TRIGGER {trigger}"))
        connection.execute(text(change))


@pytest.mark.parametrize(
    ("change", "where", "said"),
    [
        ("UPDATE audit SET outcome = 'refused' WHERE id = 1", 1, "it was changed"),
        ("UPDATE audit SET remote_id = 'T-2' WHERE id = 4", 4, "it was changed"),
        ("UPDATE audit SET who = 'x' WHERE id = 2", 2, "who did it, or the note, was changed"),
        ("UPDATE audit SET salt = NULL, personal = 'x' WHERE id = 2", 2, "it was changed"),
        ("DELETE FROM audit WHERE id = 2", 3, "1 lines before it are missing"),
        ("DELETE FROM audit WHERE id < 4", 4, "the line that its chain began after is missing"),
        ("UPDATE audit SET hash = 'x' WHERE id = 1", 2, "the line before it was changed"),
    ],
)
def test_a_change_behind_its_back_shows(change: str, where: int, said: str, ledger: Ledger) -> None:
    four_outcomes(ledger)
    assert ledger.audit_breaks() == []
    _behind(ledger, change)
    assert (where, said) in [(one.id, one.what) for one in ledger.audit_breaks()]


def test_the_newest_hashes_show_whether_the_end_is_missing(ledger: Ledger) -> None:
    four_outcomes(ledger)
    heads = ledger.audit_heads()
    _behind(ledger, "DELETE FROM audit WHERE id = 5")
    assert ledger.audit_breaks() == [], "a chain cannot know that it was longer"
    assert ledger.audit_heads() != heads


def test_a_person_can_be_forgotten_and_the_chain_holds(ledger: Ledger) -> None:
    four_outcomes(ledger)
    ledger.note([AuditLine(person("dana"), "pause", "paused", note="dana asked for it")], NOON)
    ledger.note([AuditLine(person("eve"), "approval", "approved", note="as dana said")], NOON)
    with ledger.writing() as connection:
        assert forget_in_audit(connection, ["dana"], [], "p-1", lambda note, _: "dana" in note) == 2
    assert "dana" not in str(ledger.audit())
    assert ledger.audit_breaks() == []
    assert [line.who for line in ledger.audit() if line.forgotten] == ["person eve", "forgotten p-1"]
    with ledger.writing() as connection:
        assert forget_in_audit(connection, ["dana"], [], "p-1", lambda note, _: "dana" in note) == 0


def test_a_ledger_of_before_gets_an_empty_audit(url: str) -> None:
    ledger = open_ledger(url)
    assert ledger.audit() == []
    assert ledger.audit_heads() == {}
    ledger.close()
