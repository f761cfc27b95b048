"""`expansion explain`: why an account fires, stays quiet, or cannot be told about."""

from __future__ import annotations

import shutil
from pathlib import Path

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
    ran = run("explain", "export-limit", "a-100", "--as-of", "2026-03-02T12:00:00Z")
    assert ran.err == "\nin the ledger: fired 2026-03-02, suppressed: A deal is open\n"
    said = run("explain", "export-limit", "a-100", "--as-of", AS_OF, "--json").json["in_ledger"]
    assert said["decision"] == "suppressed"


def test_a_trigger_about_people_is_explained_for_the_nearest_and_says_how_many_fire(people, run, snapshot):
    assert str(run("explain", "export-person", "a-100", "--as-of", AS_OF)) == snapshot


def test_somebody_else_is_explained_on_request(people, run, snapshot):
    assert str(run("explain", "export-person", "a-100", "--user", "ben", "--as-of", AS_OF)) == snapshot


def test_an_account_s_only_person(people, run):
    out = run("explain", "export-person", "a-200", "--as-of", AS_OF).out
    assert out.startswith(
        "export-person for dia of Fabrikam (a-200), as of 2026-03-02 09:00 GMT: yes\nnobody else is known"
    )


def test_people_who_cannot_be_told_about_are_counted(people, run):
    out = run("explain", "export-person", "a-300", "--as-of", AS_OF).out
    assert "\n0 of 2 people known in this account fire, 1 cannot be told about; this is the nearest, and" in out


def test_an_account_in_which_nobody_is_known(people, run):
    Path("more.csv").write_text("account_id,changed_on,name\na-500,2026-02-01,Litware\n", encoding="utf-8")
    run("import", "more.csv", "--map", "sample/accounts.map.yaml")
    ran = run("explain", "export-person", "a-500", "--as-of", AS_OF)
    assert (
        ran.out
        == "export-person for Litware (a-500), as of 2026-03-02 09:00 GMT: no\nnobody is known in this account\n"
    )
    ran = run("explain", "export-person", "a-500", "--user", "ana", "--as-of", AS_OF)
    assert ran.err.endswith("hint: nobody is known there: no event and no fact of this account names a person\n")


def test_a_person_nobody_knows(people, run, snapshot):
    assert str(run("explain", "export-person", "a-100", "--user", "bn", "--as-of", AS_OF)) == snapshot


def test_the_name_of_a_person_gives_the_id_first(people, run):
    err = run("explain", "export-person", "a-100", "--user", "ana moss", "--as-of", AS_OF).err
    assert "known there: `ana` (Ana Moss), `ben`, " in err


def test_of_many_people_ten_are_named(people, run):
    rows = [f"e-{n},Report Opened,2026-02-20T10:00:00Z,a-100,u{n}" for n in range(101, 116)]
    Path("more.csv").write_text("\n".join(["event_id,event,happened_at,account_id,user_id", *rows]), encoding="utf-8")
    run("import", "more.csv", "--map", "sample/events.map.yaml")
    err = run("explain", "export-person", "a-100", "--user", "zoe", "--as-of", AS_OF).err
    assert err.count("`") == 2 * (2 + 10)
    assert err.endswith(" and 8 more\n")


def test_a_trigger_about_accounts_has_no_person(people, run, snapshot):
    assert str(run("explain", "export-limit", "a-100", "--user", "ana", "--as-of", AS_OF)) == snapshot


def test_the_ledger_is_asked_about_the_person(people, run):
    from expansion.ledger.store import open_ledger

    ledger = open_ledger("sqlite:///.expansion/ledger.db")
    record(ledger, a_firing("a-100", "export-person", user_id="ben", decision="suppressed", reason="A deal is open"))
    ledger.close()
    assert run("explain", "export-person", "a-100", "--user", "ana", "--as-of", AS_OF).err == ""
    assert "A deal is open" in run("explain", "export-person", "a-100", "--user", "ben", "--as-of", AS_OF).err


def test_for_scripts_people_are_named_and_counted(people, run):
    said = run("explain", "export-person", "a-100", "--as-of", AS_OF, "--json").json
    assert (said["account_id"], said["user_id"], said["answer"]) == ("a-100", "ana", "yes")
    assert said["people_asked"] == {"known": 3, "fire": 1, "cannot_tell": 0}
    said = run("explain", "export-person", "a-100", "--user", "ben", "--as-of", AS_OF, "--json").json
    assert (said["user_id"], said["answer"], said["people_asked"]) == ("ben", "no", None)
    said = run("explain", "export-limit", "a-100", "--as-of", AS_OF, "--json").json
    assert (said["user_id"], said["people_asked"]) == (None, None)


def test_for_scripts(folder, run):
    said = run("explain", "export-limit", "a-100", "--as-of", AS_OF, "--json").json
    assert (said["trigger"], said["account_id"], said["answer"]) == ("export-limit", "a-100", "yes")
    assert said["lines"][0]["people"] == ["ana", "ben", "cem"]
    assert said["lines"][0]["events"][0]["event_id"] == "e-18"
    assert said["in_ledger"] is None


@pytest.mark.parametrize("text", ["Fabrikam", "fabrikam", " FABRIKAM ", "A-200"])
def test_an_account_may_be_given_by_its_name(folder, run, text):
    ran = run("explain", "export-limit", text, "--as-of", AS_OF)
    assert ran.out == run("explain", "export-limit", "a-200", "--as-of", AS_OF).out
    assert ran.out.startswith("export-limit for Fabrikam (a-200)")


def test_a_part_of_a_name_is_answered_with_the_account_that_may_be_meant(folder, run):
    assert run("explain", "export-limit", "northw", "--as-of", AS_OF).err.endswith(
        "hint: did you mean Northwind Traders (`a-100`)?\n"
    )


@pytest.mark.parametrize("account", ["a-100", "Northwind Traders"])
def test_swapped_arguments_are_said_to_be_swapped(folder, run, account):
    said = f'"{account}"' if " " in account else account
    ran = run("explain", account, "export-limit", "--as-of", AS_OF)
    assert ran.code == 1
    assert ran.err.endswith(f"hint: `expansion explain export-limit {said}`\n")


def test_a_firing_after_the_moment_asked_for_is_said_to_be_later(folder, run):
    from expansion.ledger.store import open_ledger

    ledger = open_ledger("sqlite:///.expansion/ledger.db")
    record(ledger, a_firing("a-100", "export-limit"))
    ledger.close()
    said = run("explain", "export-limit", "a-100", "--as-of", "2026-03-01").err
    assert "in the ledger: after this moment, on 2026-03-02 12:00, it fired, acting: " in said


def test_two_accounts_of_one_name_are_both_named(folder, run):
    Path("more.csv").write_text("account_id,changed_on,name\na-500,2026-02-01,Fabrikam\n", encoding="utf-8")
    run("import", "more.csv", "--map", "sample/accounts.map.yaml")
    assert (
        "2 accounts are called `Fabrikam`\n\nhint: give the id, `a-200` and `a-500`"
        in run("explain", "export-limit", "Fabrikam", "--as-of", AS_OF).err
    )


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


def test_it_says_until_when_an_account_and_a_person_had_another_id(people, run):
    for of, former, now in (("account", "a-old", "a-100"), ("user", "anon-7", "ben")):
        Path("moved.csv").write_text(f"former,now,since\n{former},{now},2026-01-15\n")
        Path("map.yaml").write_text(f"merges: {{of: {of}, former: former, id: now, at: since}}\n")
        run("import", "moved.csv", "--map", "map.yaml")
    said = run("explain", "export-person", "a-old", "--user", "anon-7", "--as-of", AS_OF)
    assert said.out.startswith("export-person for ben of Northwind Traders (a-100)")
    assert "was a-old until 15 January 2026\nwas anon-7 until 15 January 2026\n" in said.out
    told = run("explain", "export-person", "a-old", "--user", "anon-7", "--as-of", AS_OF, "--json").json
    assert (told["account_id"], told["user_id"], told["former_ids"]) == ("a-100", "ben", ["a-old"])


def test_a_name_that_an_account_had_before_is_a_hint(folder, run):
    Path("named.csv").write_text("account_id,name\na-old,Harbour Works\n")
    Path("named.yaml").write_text("facts: {account: account_id, fields: [name]}\n")
    run("import", "named.csv", "--map", "named.yaml")
    Path("moved.csv").write_text("former,now,since\na-old,a-100,2026-01-15\n")
    Path("moved.yaml").write_text("merges: {of: account, former: former, id: now, at: since}\n")
    run("import", "moved.csv", "--map", "moved.yaml")
    before = "hint: this was a name of Northwind Traders (`a-100`) before"
    assert before in run("explain", "export-limit", "harbour works").err
    assert before in run("accounts", "Harbour Works").err
    (row,) = run("accounts", "a-old", "--json").json
    assert (row["account_id"], row["former_ids"]) == ("a-100", ["a-old"])
    assert "a-old" in run("accounts").out


def test_it_says_what_became_of_an_account_that_was_split(folder, run):
    Path("split.csv").write_text("person,was,now,since\nana,a-100,a-uk,2026-02-01\nben,a-100,a-uk,2026-02-01\n")
    Path("split.yaml").write_text("merges: {of: account, user: person, former: was, id: now, at: since}\n")
    run("import", "split.csv", "--map", "split.yaml")
    said = run("explain", "export-limit", "a-100", "--as-of", AS_OF).out
    assert "what 2 people do here counts for a-uk since 1 February 2026\n" in said
    said = run("explain", "export-limit", "a-uk", "--as-of", AS_OF).out
    assert "what 2 people do in a-100 counts here since 1 February 2026\n" in said
