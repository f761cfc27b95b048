"""`expansion map`: what is printed can be imported as it is, and says what is in doubt."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from expansion.files.maps import read_map

TICKETS = [
    {
        "ticket_id": f"T-{at}",
        "account_id": f"A-{at % 4}",
        "org_id": f"O-{at % 4}",
        "submitted_at": f"2025-03-{at + 1:02}",
        "closed_at": f"2025-03-{at + 2:02} 03:00:00" if at % 3 else "",
        "priority": ("high", "low")[at % 2],
    }
    for at in range(20)
]


def write(name: str, rows: list[dict]) -> str:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    with Path(name).open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return name


def test_a_table_of_tickets(run, snapshot):
    assert str(run("map", write("support_tickets.csv", TICKETS))) == snapshot


def test_what_it_prints_is_a_map(run):
    ran = run("map", write("support_tickets.csv", TICKETS))
    found = read_map(ran.out, "stdout").events
    assert found is not None
    assert (found.id, found.account, found.time) == ("ticket_id", "account_id", "submitted_at")


def test_what_facts_yaml_says_is_a_second_document(run):
    rows = [{"customer_id": f"c-{at}", "plan": ("Team", "Pro")[at % 2], "mrr": f"{at}.50"} for at in range(9)]
    first, second = YAML(typ="safe").load_all(run("map", write("accounts.csv", rows), "--facts-yaml").out)
    assert first["facts"]["account"] == "customer_id"
    assert second["facts"]["mrr"] == {"from": "files.accounts", "field": "mrr", "kind": "money"}


def test_a_folder_of_tables_and_a_file_for_each(run):
    write("raw/support_tickets.csv", TICKETS)
    write("raw/accounts.csv", [{"account_id": f"A-{at}", "plan": "Pro"} for at in range(4)])
    ran = run("map", "raw")
    assert ran.out.count("--- # ") == 2
    assert "these are 2 maps, each for a file of its own: `--into FOLDER` writes them" in ran.err
    assert run("map", "raw", "--into", "maps").code == 0
    names = {path.name for path in Path("maps").iterdir()}
    assert names == {"support_tickets.map.yaml", "accounts.map.yaml"}
    Path("maps/accounts.map.yaml").write_text("facts: {account: account_id, fields: [plan]}\n", encoding="utf-8")
    again = run("map", "raw", "--into", "maps")
    assert "maps/accounts.map.yaml: is there already and is left as it is" in again.err
    assert Path("maps/accounts.map.yaml").read_text(encoding="utf-8").startswith("facts: {account")


def test_no_column_is_an_account(run, snapshot):
    rows = [{"ts": 1741000000 + at, "page": ("Home", "Plans")[at % 2], "city": f"c{at % 6}"} for at in range(30)]
    assert str(run("map", write("clicks.csv", rows))) == snapshot


def test_a_table_of_which_nothing_can_be_made_says_so_and_stops_no_other(run):
    write("raw/zones.csv", [{"label": "a", "offset": "1"}, {"label": "b", "offset": "2"}])
    write("raw/support_tickets.csv", TICKETS)
    ran = run("map", "raw")
    assert ran.code == 1
    assert "zones: no column looks like an account, and none like a time; it has: label, offset" in ran.err
    assert read_map(ran.out, "stdout").events is not None
    alone = run("map", "raw/zones.csv")
    assert (alone.code, alone.out) == (1, "")


def test_a_file_that_is_not_there(run):
    ran = run("map", "no.csv")
    assert (ran.code, ran.out) == (1, "")
    assert "no.csv" in ran.err


def test_the_ready_maps(run):
    listed = run("map", "--ready")
    assert "fivetran/hubspot-company-property-history" in listed.out
    shown = run("map", "--ready", "fivetran/hubspot-company-property-history")
    assert read_map(shown.out, "stdout").facts is not None
    ran = run("map", "--ready", "fivetran/hubspot-companies")
    assert ran.code == 1
    assert "did you mean `fivetran/hubspot-company`?" in ran.err


def test_for_scripts(run):
    (said,) = run("map", write("support_tickets.csv", TICKETS), "--json").json
    assert (said["table"], said["kind"], said["ready_name"]) == ("support_tickets", "events", None)
    assert read_map(said["map"], "json").events is not None
    assert any("org_id" in doubt for doubt in said["doubts"])


def test_a_file_in_another_encoding(run):
    rows = "account_id,city\n" + "".join(f"a{at},Zürich {at}\n" for at in range(30))
    Path("accounts.csv").write_bytes(rows.encode("cp1252"))
    refused = run("map", "accounts.csv")
    assert refused.code == 1
    assert "encoding" in refused.err
    ran = run("map", "accounts.csv", "--read", "encoding=cp1252")
    found = read_map(ran.out, "stdout").facts
    assert found is not None
    assert found.read.encoding == "cp1252"
    assert "Zürich 0" in ran.out
    wrong = run("map", "accounts.csv", "--read", "encodng=cp1252")
    assert wrong.code == 2
    assert "--read takes the words of `read:` in a map: sheet, encoding" in wrong.err


def test_nothing_in_a_file_steers_the_terminal(run):
    rows = [{"account_id": f"A-{at}", "plan": "\x1b[31mred\nfacts: {}", "seats": at} for at in range(5)]
    ran = run("map", write("accounts.csv", rows))
    assert "\x1b" not in ran.out
    assert read_map(ran.out, "stdout").facts is not None


@pytest.mark.parametrize("name", ["a,b", "a: b", "#a", "- a", "[a]", "ja?", "true", "a\"b'c", "ä ö", "1", "a.b"])
def test_columns_of_any_name(run, name):
    rows = [{"account_id": f"A-{at}", name: str(at)} for at in range(5)]
    found = read_map(run("map", write("accounts.csv", rows)).out, "stdout").facts
    assert found is not None
    assert json.dumps(found.model_dump(mode="json")["fields"]).count(json.dumps(name)[1:-1]) >= 1
