"""A backup that was put back is noticed before anything is written: it does not know what was done after it."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from expansion.ledger.newest import FILE, OlderLedger, must_not_be_older, note
from tests.ledger.builders import NOON

URL = "postgresql://dana:hunter2hunter2@db.acme.example/ledger"


def test_a_ledger_that_knows_as_much_or_more_is_the_same_one(tmp_path: Path) -> None:
    must_not_be_older(tmp_path, URL, 0)
    note(tmp_path, URL, 7, NOON)
    must_not_be_older(tmp_path, URL, 7)
    must_not_be_older(tmp_path, URL, 8)


@pytest.mark.parametrize(("knows", "said"), [(6, "knows runs up to 6"), (0, "knows no run")])
def test_one_that_knows_less_stops_a_run_and_says_what_to_do(tmp_path: Path, knows: int, said: str) -> None:
    note(tmp_path, URL, 7, NOON)
    with pytest.raises(OlderLedger) as error:
        must_not_be_older(tmp_path, URL, knows)
    assert str(error.value).startswith(f"the ledger {said}, and run 7 was made here on 2026-03-02 12:00 UTC: ")
    assert str(tmp_path / FILE) in str(error.value)
    (tmp_path / FILE).unlink()
    must_not_be_older(tmp_path, URL, knows)


def test_another_ledger_is_another_one_and_its_password_may_change(tmp_path: Path) -> None:
    note(tmp_path, URL, 7, NOON)
    must_not_be_older(tmp_path, URL.replace("/ledger", "/other"), 0)
    with pytest.raises(OlderLedger):
        must_not_be_older(tmp_path, URL.replace("hunter2hunter2", "another-one"), 0)


def test_the_file_names_no_host_and_no_stranger_reads_it(tmp_path: Path) -> None:
    note(tmp_path, URL, 7, NOON)
    text = (tmp_path / FILE).read_text()
    assert "acme" not in text
    assert [one["run"] for one in json.loads(text).values()] == [7]
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


@pytest.mark.parametrize("damaged", ["", "{", "[]", "null"])
def test_a_damaged_file_stops_nothing(tmp_path: Path, damaged: str) -> None:
    (tmp_path / FILE).write_text(damaged)
    must_not_be_older(tmp_path, URL, 0)
    note(tmp_path, URL, 7, NOON)
    must_not_be_older(tmp_path, URL, 7)
