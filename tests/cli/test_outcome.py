"""`expansion outcome`: the list, what people write down, what they take back, and what sellers say of firings."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from expansion.contract import Outcome
from expansion.ledger.store import open_ledger
from tests.ledger.builders import NOON, a_firing, record

URL = "sqlite:///.expansion/ledger.db"


@pytest.fixture
def fired(folder) -> Path:
    """A ledger with a firing that was acted on, and one that was not."""
    ledger = open_ledger(URL)
    record(
        ledger,
        a_firing("a-100", "export-limit", steps=[{"step_id": "ask"}], account_name="Northwind"),
        a_firing("a-101", "export-limit", decision="held_out", reason="held out", playbook=None),
    )
    ledger.close()
    return folder


def answers() -> list[tuple[str, str | None, str]]:
    ledger = open_ledger(URL)
    found = [(one.kind, one.reason, one.who) for one in ledger.newest_dispositions()]
    ledger.close()
    return found


def test_without_rules_it_says_what_is_missing(folder, run, snapshot):
    assert str(run("outcome")) == snapshot
    assert not Path(".expansion/ledger.db").exists(), "looking makes nothing"


def test_what_is_written_down_is_listed_with_who_counts_where(folder, run, snapshot):
    wrote = run("outcome", "add", "a-100", "--expansion", "--tier", "plan_change", "--amount", "1,200.50",
                "--at", "2026-03-01", "--reason", "signed on the phone", "--by", "dana")  # fmt: skip
    assert wrote.code == 0, wrote.err
    assert run("outcome", "add", "a-200", "--contraction", "--at", "2026-02-01").code == 0
    ledger = open_ledger(URL)
    abroad = Outcome("files.outcomes", "a-100", "expansion", NOON, "d-9", amount=Decimal(5), currency="EUR")
    ledger.add_outcomes([abroad], NOON)
    ledger.close()
    listed = run("outcome")
    assert str(wrote) == snapshot(name="written down")
    assert str(listed) == snapshot(name="the list")


def test_the_same_is_written_down_once(folder, run):
    add = ("outcome", "add", "a-100", "--expansion", "--at", "2026-03-01")
    assert "written down" in run(*add).err
    assert "stands there already" in run(*add).err
    assert len(json.loads(run("outcome", "--json").out)["outcomes"]) == 1


def test_what_was_written_down_can_be_taken_back(folder, run):
    id_ = json.loads(run("outcome", "add", "a-100", "--expansion", "--at", "2026-03-01", "--json").out)["remote_id"]
    assert run("outcome", "remove", id_[:6], "--reason", "another account").err.endswith("taken back\n")
    assert json.loads(run("outcome", "--json").out) == {"outcomes": [], "count_nowhere": []}
    assert [line["outcome"] for line in json.loads(run("audit", "--what", "outcome", "--json").out)] == [
        "withdrawn",
        "expansion",
    ]


def test_a_seller_says_that_a_firing_was_of_no_use(fired, run):
    said = run("outcome", "export-limit", "Northwind", "--not-useful", "--reason", "bad timing", "--by", "dana")
    assert (said.code, said.err) == (0, "export-limit, Northwind: not useful, says dana\n")
    assert answers() == [("not_useful", "bad timing", "dana")]
    again = run("outcome", "export-limit", "a-100", "--not-useful", "--reason", "bad timing", "--by", "dana")
    assert "(as said before)" in again.err
    assert run("outcome", "export-limit", "a-100", "--useful", "--by", "dana").code == 0
    assert [kind for kind, *_ in answers()] == ["useful", "not_useful"], "the last word stands beside the first"


@pytest.mark.parametrize(
    "arguments",
    [
        ("add",),
        ("add", "a-100"),
        ("add", "a-100", "--expansion", "--tier", "plan_chnge"),
        ("add", "a-100", "--expansion", "--amount", "lots"),
        ("add", "a-100", "--expansion", "--at", "2126-03-01"),
        ("remove", "abc"),
        ("remove", "abc", "--useful"),
        ("export-limit", "a-100"),
        ("export-limt", "a-100", "--useful"),
        ("export-limit", "a-102", "--useful"),
        ("export-limit", "a-101", "--useful"),
        ("--expansion",),
        ("add", "a-100", "--expansion", "--by", " "),
    ],
    ids=" ".join,
)
def test_what_makes_no_sense_is_said(fired, run, snapshot, arguments):
    said = run("outcome", *arguments)
    assert said.code in (1, 2)
    assert said.err == snapshot
