"""What people see of `expansion serve` beside itself: in check, in pull, in doctor; and facts.yaml read again."""

from __future__ import annotations

from pathlib import Path

import pytest

from expansion.contract import Aside, EventRow
from expansion.usage.pushed.journal import Journal
from integrations.segment.inbound import Calls
from jobs.place import Place
from tests.cli.conftest import Run
from tests.web.serve.receiver import door
from web.serve.doors import Doors
from web.serve.serving import name_accounts

FACTS = Path("playbooks/shared/facts.yaml")
USAGE = Path(".expansion/usage")


def name(events: str) -> None:
    FACTS.write_text(FACTS.read_text().replace("events:\n", f"events:\n  - {events}\n", 1))


def test_check_says_that_a_source_would_be_taken_and_is_not_named(
    folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "segment.calls" not in run("check").err
    monkeypatch.setenv("SEGMENT_SERVE_KEYS", "a-long-key")
    said = run("check")
    assert said.code == 0
    assert "facts.yaml does not name it" in said.err and "`- {from: segment.calls}`" in said.err
    name("{from: segment.calls}")
    assert "segment.calls" not in run("check").err


def test_a_source_that_is_pulled_has_to_name_the_account_and_one_that_pushes_has_not(folder: Path, run: Run) -> None:
    name("{from: segment.calls}")
    assert run("check").code == 0
    name("{from: mixpanel.export}")
    said = run("check")
    assert said.code == 1 and "which property of `mixpanel.export` holds the account is not said" in said.out


def test_a_pull_brings_in_what_was_pushed_and_asks_nobody_for_it(folder: Path, run: Run) -> None:
    name("{from: segment.calls}")
    event = EventRow("segment:1", "Login", "2026-03-01T10:00:00Z", "a-200", "kim", {}, source="segment.calls")
    Journal(USAGE).append([event, Aside("segment.calls", "no event name", "{}")])
    said = run("pull")
    assert said.code == 0
    assert "segment.calls, pushed: 1 new, 1 set aside, listed in" in said.err
    assert not (USAGE / "journal.jsonl").exists()


def test_doctor_says_whether_a_source_that_pushes_has_a_key(
    folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    name("{from: segment.calls}")
    assert "lets nobody in without a key" in run("doctor").out
    monkeypatch.setenv("SEGMENT_SERVE_KEYS", "a-long-key")
    assert "takes segment.calls" in run("doctor").out


def test_without_a_key_nothing_is_served(folder: Path, run: Run) -> None:
    said = run("serve", "--port", "0")
    assert said.code == 1 and "no door is open" in said.err


def test_a_port_that_is_taken_is_said(folder: Path, run: Run) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as other:
        said = run("serve", "--port", str(other.getsockname()[1]))
    assert said.code == 1 and "cannot be listened on" in said.err and "--port 8101" in said.err


def test_another_account_in_facts_yaml_counts_without_a_restart_and_mistakes_change_nothing(folder: Path) -> None:
    place, segment = Place(), door(Calls)
    doors = Doors([segment])
    name("{from: segment.calls, account: company_id}")
    name_accounts(place, doors)
    assert segment.account == "company_id"
    FACTS.write_text(FACTS.read_text() + "nonsense: true\n")
    name_accounts(place, doors)
    assert segment.account == "company_id"
    FACTS.write_text(FACTS.read_text().replace("nonsense: true\n", "").replace("company_id", "org"))
    name_accounts(place, doors)
    assert segment.account == "org"
