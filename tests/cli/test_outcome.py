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


FILE = """\
id,account_id,kind,at,amount,tier,called
s-1,a-100,expansion,2026-02-10,1200.50,plan_change,Upsell
s-2,a-200,Contraction,2026-02-20,,,
s-3,a-300,upsell,2026-02-20,,,
s-4,a-300,expansion,soon,,,
s-5,a-300,expansion,2026-02-20,-5,,
s-6,,expansion,2026-02-20,,,
"""


def test_a_file_is_written_down_and_what_makes_no_sense_is_said_with_its_line(folder, run, snapshot):
    Path("sales.csv").write_text(FILE, encoding="utf-8")
    first = run("outcome", "import", "sales.csv")
    assert str(first) == snapshot
    Path("sales.csv").write_text(FILE.replace("1200.50", "900").partition("s-2")[0], encoding="utf-8")
    again = run("outcome", "import", "sales.csv")
    assert (again.code, again.err) == (0, "sales.csv: 0 new, 1 changed\n")
    found = json.loads(run("outcome", "--json").out, parse_float=Decimal)["outcomes"]
    assert {one["remote_id"]: one["amount"] for one in found} == {"s-1": Decimal(900), "s-2": None}
    assert {one["remote_id"]: one["happened_at"] for one in found}["s-1"] == "2026-02-10T00:00:00+00:00"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("id,account,kind\n", "no column account_id and no column at"),
        ("", "no column id"),
        ("id,account_id,kind,at\n".encode("utf-16"), "not UTF-8"),
    ],
)
def test_a_file_that_is_no_table_of_outcomes_is_refused(folder, run, content, said):
    Path("sales.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    ran = run("outcome", "import", "sales.csv")
    assert ran.code == 1
    assert said in ran.err
    assert run("outcome", "import", "nosuch.csv").code == 1


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
