"""A ledger that may only be read can be looked at, and who would write in it is told so."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from expansion.ledger.database import LedgerError
from expansion.ledger.store import open_ledger
from tests.ledger.builders import NOON, a_firing, record


@pytest.fixture
def read_only(tmp_path, sqlite_template, monkeypatch):
    """A folder in which nothing may be written, as the operating system says it; root is told otherwise by chmod."""
    path = tmp_path / "a folder # 100% full" / "ledger.db"
    path.parent.mkdir()
    path.write_bytes(sqlite_template.read_bytes())
    ledger = open_ledger(f"sqlite:///{path}")
    record(ledger, a_firing("acme", steps=[{}]))
    ledger.close()
    whole = os.access
    monkeypatch.setattr(os, "access", lambda what, mode: mode != os.W_OK and whole(what, mode))
    return path


def names(path: Path) -> set[str]:
    return {each.name for each in path.parent.iterdir()}


def test_it_is_read_and_nothing_is_made_beside_it(read_only):
    before, content = names(read_only), read_only.read_bytes()
    ledger = open_ledger(f"sqlite:///{read_only}")
    assert [one.account_id for one in ledger.firings()] == ["acme"]
    assert ledger.due_actions(NOON)
    assert ledger.newest() == {"a run": NOON}
    ledger.close()
    assert names(read_only) == before
    assert read_only.read_bytes() == content


def test_who_would_write_is_told_that_it_may_only_be_read(read_only):
    ledger = open_ledger(f"sqlite:///{read_only}")
    with pytest.raises(LedgerError, match=r"may only be read here: .*ledger\.db\n\nhint: "):
        ledger.pause("trigger", "seat-limit", "dana", "", NOON)
    assert ledger.pauses() == []
    ledger.close()


def test_what_a_process_at_work_has_just_written_is_seen(read_only, monkeypatch):
    monkeypatch.undo()
    writer = open_ledger(f"sqlite:///{read_only}")
    record(writer, a_firing("bolt"))
    monkeypatch.setattr(os, "access", lambda what, mode: mode != os.W_OK)
    reader = open_ledger(f"sqlite:///{read_only}")
    assert {one.account_id for one in reader.firings()} == {"acme", "bolt"}
    reader.close()
    writer.close()
