"""`expansion pull`, `triggers` and `accounts`; names that the shell completes; words one reaches for."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cli.main import COMMANDS, MEANT
from expansion.ledger.store import open_ledger
from tests.cli.conftest import AS_OF
from tests.ledger.builders import NOON, a_firing, record

ROOT = Path(__file__).resolve().parents[2]
URL = "sqlite:///.expansion/ledger.db"


def _firings(*firings) -> None:
    ledger = open_ledger(URL)
    record(ledger, *firings)
    ledger.close()


# --- an empty store ---------------------------------------------------------------------------------------------------


def test_a_dry_run_over_an_empty_store_says_so_and_what_brings_accounts_in(run, monkeypatch, snapshot):
    run("init", "new")
    monkeypatch.chdir("new")
    ran = run("run", "--dry-run")
    assert ran.code == 0
    assert str(ran) == snapshot


def test_where_sources_are_named_it_names_the_pull(run, monkeypatch):
    run("init", "new")
    monkeypatch.chdir("new")
    facts = Path("playbooks/shared/facts.yaml")
    text = facts.read_text(encoding="utf-8")
    facts.write_text(
        text.replace("cohorts:", "  seats: {from: salesforce.account, field: Seats__c, kind: number}\n\ncohorts:")
    )
    said = run("run", "--dry-run").err
    assert "nothing is stored yet" in said
    assert "`expansion pull` brings in salesforce.account, and sends nothing" in said


def test_before_everything_arrived_is_said_to_be_before(folder, run):
    said = run("run", "--dry-run", "--as-of", "2020-01-01").err
    assert "nothing of any account had arrived by 2020-01-01 00:00 UTC" in said


# --- pull -------------------------------------------------------------------------------------------------------------


def test_where_all_comes_from_files_there_is_nothing_to_pull(folder, run):
    ran = run("pull")
    assert ran.code == 0
    assert "nothing to pull" in ran.err


def test_a_source_that_no_fact_names_is_answered_with_those_there_are(folder, run, change):
    change(
        "shared/facts.yaml", "cohorts:", "  seats: {from: salesforce.account, field: S__c, kind: number}\n\ncohorts:"
    )
    ran = run("pull", "salesforce.acount")
    assert ran.code == 1
    assert ran.err.endswith("hint: did you mean `salesforce.account`?\n")


def test_a_source_that_is_not_connected_is_a_problem_and_stands_in_the_ledger(folder, run, change):
    change(
        "shared/facts.yaml", "cohorts:", "  seats: {from: salesforce.account, field: S__c, kind: number}\n\ncohorts:"
    )
    ran = run("pull", "salesforce")
    assert ran.code == 1
    assert "problem: salesforce (settings): " in ran.err
    (one,) = run("ledger", "--runs", "--json").json
    assert (one["kind"], one["status"]) == ("pull", "failed")
    assert one["summary"]["problems"][0]["system"] == "salesforce"


def test_a_pull_imports_no_prefect():
    code = "import sys, cli.pull, jobs.pull_all; sys.exit('prefect' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


# --- triggers ---------------------------------------------------------------------------------------------------------


def test_every_trigger_with_how_it_stands(people, run, snapshot):
    (people / "playbooks/triggers/export-person.yaml").rename(people / "playbooks/triggers/draft-one.yaml")
    path = people / "playbooks/triggers/draft-one.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("export-person", "draft-one").replace("status: live", "status: draft"), encoding="utf-8"
    )
    _firings(
        a_firing("a-100", "export-limit"),
        a_firing("a-200", "export-limit", decision="flood", playbook=None),
        a_firing("a-300", "export-limit", decision="approval", playbook=None),
    )
    assert str(run("triggers", "--as-of", AS_OF)) == snapshot


def test_when_a_trigger_ran_last_is_the_run_s_own_time(folder, run):
    ledger = open_ledger(URL)
    run_id = ledger.start_run("expansion", as_of=NOON, now=NOON)
    ledger.record(run_id, (), (), NOON + timedelta(hours=1), ran_as={"export-limit": "live"})
    ledger.close()
    (one,) = run("triggers", "--as-of", AS_OF, "--json").json
    assert datetime.fromisoformat(one["last_run_at"]) == NOON + timedelta(hours=1)
    assert (one["true_now"], one["cannot_tell"], one["firing"], one["held"]) == (1, 1, 0, 0)


def test_a_misspelt_trigger_is_hinted_at(folder, run):
    assert run("triggers", "export-limt").err.endswith("hint: did you mean `export-limit`?\n")


# --- accounts ---------------------------------------------------------------------------------------------------------


def test_the_accounts_that_are_known(folder, run, snapshot):
    _firings(a_firing("a-100", "export-limit"))
    assert str(run("accounts")) == snapshot


@pytest.mark.parametrize("text", ["northWIND", "a-100"])
def test_accounts_with_a_text_in_them(folder, run, text):
    assert [one["account_id"] for one in run("accounts", text, "--json").json] == ["a-100"]


def test_none_with_that_text(folder, run):
    assert run("accounts", "zzz").err == "none of 4 accounts has `zzz` in its name, its id or its owner's address\n"


def test_more_than_are_shown_are_counted(folder, run):
    assert run("accounts", "--limit", "1").err == "\n3 more: write a part of the name, or --limit 4\n"


# --- names everywhere -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("account", ["a-100", "Northwind Traders", "northwind  traders"])
@pytest.mark.parametrize("view", [(), ("--steps",), ("--history",)])
def test_the_ledger_takes_a_name_for_an_account(folder, run, account, view):
    _firings(a_firing("a-100", "export-limit", account_name="Northwind Traders", steps=[{}]), a_firing("b-1"))
    found = run("ledger", *view, "--account", account, "--json").json
    assert [one["account_id"] for one in found] == ["a-100"]


def test_an_account_that_is_known_and_never_fired_is_no_error(folder, run):
    ran = run("ledger", "--account", "Fabrikam")
    assert (ran.code, ran.err) == (0, "the ledger has nothing of account `a-200` (Fabrikam)\n")


@pytest.mark.parametrize("command", [("ledger",), ("approve",), ("ledger", "--steps")])
@pytest.mark.parametrize(
    ("option", "said"),
    [
        (("--trigger", "export-limt"), "did you mean `export-limit`?"),
        (("--account", "northwnd traders"), "did you mean Northwind Traders (`a-100`)?"),
        (("--account", "zzz-nothing"), "`expansion accounts` lists them"),
        (("--trigger", "a-100"), "write `--account a-100`"),
    ],
)
def test_a_name_that_nothing_has_is_an_error_with_what_may_be_meant(folder, run, command, option, said):
    _firings(a_firing("a-100", "export-limit", account_name="Northwind Traders"))
    ran = run(*command, *option)
    assert ran.code == 1
    assert said in ran.err


def test_a_trigger_that_is_no_more_is_still_in_the_ledger(folder, run):
    _firings(a_firing("a-100", "long-gone"))
    assert len(run("ledger", "--trigger", "long-gone", "--json").json) == 1


def test_a_ledger_is_read_though_the_definitions_are_wrong(folder, run, change):
    _firings(a_firing("a-100", "export-limit", account_name="Northwind Traders"))
    change("triggers/export-limit.yaml", "at_least: 3 ", "at_lest: 3 ")
    assert len(run("ledger", "--account", "northwind traders", "--json").json) == 1
    assert run("ledger", "--account", "nobody").code == 1


# --- the wrong folder -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["ledger", "approve", "unsure", "audit", "triggers", "accounts"])
def test_the_wrong_folder_is_noticed_and_left_as_it_is(run, command):
    ran = run(command)
    assert ran.code == 1
    assert "EXPANSION_PLAYBOOKS and EXPANSION_HOME" in ran.err
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("command", ["ledger", "approve", "unsure", "audit"])
def test_looking_makes_no_ledger(folder, run, command):
    before = sorted(Path(".expansion").iterdir())
    assert run(command).code == 0
    assert sorted(Path(".expansion").iterdir()) == before


def test_nobody_is_asked_whether_to_forget_somebody_who_is_not_there(folder, run):
    ran = run("forget", "nobody@x.example")
    assert ran.code == 1
    assert "cannot be undone" not in ran.err


# --- the audit's clock ------------------------------------------------------------------------------------------------


def test_the_audit_of_an_approval_has_the_clock_s_time_whatever_it_was_decided_as_of(folder, run, change):
    from jobs.clock import moment, utc_now
    from jobs.decide import decide_and_record, evaluate, triggers_to_check
    from jobs.place import Place

    change(
        "triggers/export-limit.yaml", "status: watching", "status: live\nfirst_run: act\nhold_if_more_than: 0 accounts"
    )
    at, place = moment(datetime.fromisoformat(AS_OF)), Place()
    run_id = place.ledger.start_run("expansion", as_of=at, now=utc_now())
    decide_and_record(
        place, run_id, evaluate(place, place.definitions, triggers_to_check(place.definitions), at), at, utc_now
    )
    place.close()
    before = datetime.now(UTC)
    assert run("approve", "--account", "Northwind Traders", "--as-of", AS_OF).code == 0
    (line,) = run("audit", "--what", "approval", "--json").json
    assert before <= datetime.fromisoformat(line["at"]) <= datetime.now(UTC)


# --- words ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["list", "status", "validate", "test", "help", "version", "preview", "lint", "LS"])
def test_a_word_one_reaches_for_leads_to_the_command(run, word):
    ran = run(word)
    assert ran.code == 2
    assert f"that is `{MEANT[word.lower()]}` here" in ran.err


def test_every_hint_is_a_command_that_there_is(run):
    for meant in set(MEANT.values()):
        words = [word for word in meant.split()[1:] if not word.isupper()]
        assert words[0] in COMMANDS or words[0] in ("--help", "--version"), meant
        assert run(*words, *([] if words[0].startswith("--") else ["--help"])).code == 0
    assert not set(MEANT) & set(COMMANDS)


# --- completion -------------------------------------------------------------------------------------------------------


def complete(*words: str) -> list[str]:
    """What bash is handed for these words, the last of which is begun."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("EXPANSION_")},
        "_EXPANSION_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(["expansion", *(word.replace(" ", "\\ ") for word in words)]),
        "COMP_CWORD": str(len(words)),
        "PYTHONPATH": str(ROOT),
    }
    code = "from cli.main import cli; cli(prog_name='expansion')"
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return [line.partition(",")[2] for line in done.stdout.splitlines() if line]


def test_the_shell_completes_names(folder):
    _firings(a_firing("a-100", "export-limit", account_name="Northwind Traders"))
    assert complete("expl") == ["explain"]
    assert complete("explain", "") == ["export-limit"]
    assert complete("explain", "export-limit", "a-1") == ["a-100"]
    assert complete("explain", "export-limit", "Northw") == ["Northwind Traders"]
    assert complete("ledger", "--trigger", "exp") == ["export-limit"]
    assert "slack.post_message" in complete("actions", "slack")
    assert complete("pause", "playbook", "") == ["export-conversation"]
    assert complete("pause", "integration", "sla") == ["slack"]
    assert complete("pull", "") == []
    assert "Export Blocked" in complete("events", "")


def test_completing_says_nothing_where_everything_is_wrong(folder):
    (folder / "playbooks/shared/facts.yaml").write_text(": :", encoding="utf-8")
    (folder / ".expansion/ledger.db").write_text("no database", encoding="utf-8")
    assert complete("explain", "export-limit", "a") == []
    assert complete("pull", "") == []
