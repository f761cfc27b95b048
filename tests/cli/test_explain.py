"""`expansion explain`: why an account fires, stays quiet, or cannot be told about."""

from __future__ import annotations

import shutil

import pytest

from tests.cli.conftest import AS_OF
from tests.ledger.builders import a_firing, record


def test_an_account_that_fires(folder, run, snapshot):
    assert str(run("explain", "export-limit", "a-100", "--as-of", AS_OF)) == snapshot


def test_an_account_that_stays_quiet(folder, run, snapshot):
    assert str(run("explain", "export-limit", "a-200", "--as-of", AS_OF)) == snapshot


def test_an_account_that_cannot_be_told(folder, run, snapshot):
    assert str(run("explain", "export-limit", "a-300", "--as-of", AS_OF)) == snapshot


def test_a_trigger_of_some_accounts_says_whether_this_is_one(folder, run, change, snapshot):
    change("triggers/export-limit.yaml", "check: daily", "check: daily\naccounts: paying-accounts")
    assert str(run("explain", "export-limit", "a-100", "--as-of", AS_OF)) == snapshot


def test_events_that_had_not_arrived_do_not_count(folder, run):
    assert run("explain", "export-limit", "a-100", "--as-of", "2026-02-25T09:00:00Z", "--json").json["answer"] != "yes"


def test_what_the_ledger_knows_is_said_beside(folder, run):
    from expansion.ledger.store import open_ledger

    ledger = open_ledger("sqlite:///.expansion/ledger.db")
    record(ledger, a_firing("a-100", "export-limit", decision="suppressed", reason="A deal is open"))
    ledger.close()
    ran = run("explain", "export-limit", "a-100", "--as-of", AS_OF)
    assert ran.err == "\nin the ledger: fired 2026-03-02, suppressed: A deal is open\n"
    said = run("explain", "export-limit", "a-100", "--as-of", AS_OF, "--json").json["in_ledger"]
    assert said["decision"] == "suppressed"


def test_for_scripts(folder, run):
    said = run("explain", "export-limit", "a-100", "--as-of", AS_OF, "--json").json
    assert (said["trigger"], said["account"], said["answer"]) == ("export-limit", "a-100", "yes")
    assert said["lines"][0]["people"] == ["ana", "ben", "cem"]
    assert said["lines"][0]["events"][0]["event_id"] == "e-18"
    assert said["in_ledger"] is None


@pytest.mark.parametrize("text", ["Fabrikam", "fabrikam", "FABRIKAM"])
def test_the_name_of_an_account_gives_its_id(folder, run, text):
    ran = run("explain", "export-limit", text, "--as-of", AS_OF)
    assert ran.code == 1
    assert ran.err.endswith(f"hint: `{text}` is the name of `a-200`; give the id\n")


def test_two_accounts_of_one_name_are_both_named(folder, run):
    from pathlib import Path

    Path("more.csv").write_text("account_id,changed_on,name\na-500,2026-02-01,Fabrikam\n", encoding="utf-8")
    run("import", "more.csv", "--map", "sample/accounts.map.yaml")
    assert "the name of `a-200` and `a-500`" in run("explain", "export-limit", "Fabrikam", "--as-of", AS_OF).err


def test_a_mistyped_id_is_corrected(folder, run, snapshot):
    assert str(run("explain", "export-limit", "a-20", "--as-of", AS_OF)) == snapshot


def test_an_id_like_no_other_shows_what_ids_look_like(folder, run):
    assert "such as `a-100`" in run("explain", "export-limit", "zzzzzz", "--as-of", AS_OF).err


def test_names_are_not_looked_up_where_the_policy_names_no_fact(folder, run, change):
    change("shared/policy.yaml", "  name: account_name\n", "")
    assert "is the name of" not in run("explain", "export-limit", "Fabrikam", "--as-of", AS_OF).err
    assert run("explain", "export-limit", "a-200", "--as-of", AS_OF).out.startswith("export-limit for a-200, as of")


def test_nothing_is_stored_yet(folder, run, snapshot):
    shutil.rmtree(".expansion")
    assert str(run("explain", "export-limit", "a-100", "--as-of", AS_OF)) == snapshot


def test_a_trigger_that_is_not_there(folder, run, snapshot):
    assert str(run("explain", "nope", "a-100", "--as-of", AS_OF)) == snapshot


def test_times_are_those_of_the_policy(folder, run, change):
    change("shared/policy.yaml", "Europe/London", "America/New_York")
    out = run("explain", "export-limit", "a-100", "--as-of", AS_OF).out
    assert "as of 2026-03-02 04:00 EST" in out
    assert "2026-03-01 11:21:00 Export Blocked by cem" in out
