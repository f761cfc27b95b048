"""What the words of a map do, each by a small table. The page on imports has the commonest (test_page.py)."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from expansion.files.import_files import import_by
from expansion.files.maps import read_map
from expansion.usage.storage.store import UsageStore
from tests.files.words import NOW, events, imported, known

SIMPLE = "events: {id: id, event: {always: E}, time: at, account: a, properties: []}"
FACTS = "facts: {account: a, at: at, fields: [plan, seats]"


@pytest.fixture
def store(tmp_path: Path) -> UsageStore:
    return UsageStore(tmp_path / "usage")


# --- events -----------------------------------------------------------------------------------------------------------


def test_the_first_of_several_columns_that_says_something_counts(store: UsageStore, tmp_path: Path) -> None:
    text = (
        "id,at,ws,org,user_id,anonymous_id\n1,2026-03-01,,o1,,x\n2,2026-03-01,w1,o1,u,x\n3,2026-03-01,NULL,o2,NULL,\n"
    )
    several = "account: [ws, org], user: [user_id, anonymous_id]"
    mapping = f"events: {{id: id, event: {{always: E}}, time: at, {several}, properties: []}}"
    imported(store, tmp_path, text, mapping)
    assert events(store) == ["03-01 00:00 E o1 x", "03-01 00:00 E w1 u", "03-01 00:00 E o2"]


def test_a_list_of_one_is_its_item_and_of_a_list_of_several_the_map_has_to_say_which(
    store: UsageStore, tmp_path: Path
) -> None:
    rows = [
        {"id": str(n), "at": "2026-03-01", "groups": {"company": ids}} for n, ids in enumerate((["a"], ["a", "b"], []))
    ]
    text = "\n".join(map(json.dumps, rows))
    mapping = "events: {id: id, event: {always: E}, time: at, account: groups.company, properties: []}"
    (file,) = imported(store, tmp_path, text, mapping, name="t.jsonl").files
    assert events(store) == ["03-01 00:00 E a"]
    assert [reason.partition(",")[0] for reason in file.rejects] == [
        "its account is a list of several; say which one",
        "no account",
    ]
    other = UsageStore(tmp_path / "other")
    imported(other, tmp_path, text, mapping.replace("groups.company", "groups.company.0"), name="t.jsonl")
    assert events(other) == ["03-01 00:00 E a", "03-01 00:00 E a"]


def test_json_in_a_cell_keys_with_dots_and_lists_of_keys_and_values(store: UsageStore, tmp_path: Path) -> None:
    inside = json.dumps(
        {"plan.name": "Pro", "org": [{"key": "id", "value": {"string_value": "acme", "int_value": None}}]}
    )
    text = 'id,at,props\n1,2026-03-01,"' + inside.replace('"', '""') + '"\n2,2026-03-01,not json\n'
    mapping = (
        "events: {id: id, event: {always: E}, time: at, account: {from: props.org, key: id}, "
        "properties: {plan: {path: [props, plan.name]}}}"
    )
    (file,) = imported(store, tmp_path, text, mapping).files
    assert events(store) == ["03-01 00:00 E acme plan=Pro"]
    assert file.not_readable == 1


def test_columns_are_found_whatever_their_capitals(store: UsageStore, tmp_path: Path) -> None:
    imported(store, tmp_path, "ID,AT,A\n1,2026-03-01,acme\n", SIMPLE)
    imported(store, tmp_path, "A,AT,PLAN,SEATS\nacme,2026-03-01,Pro,9\n", FACTS + "}", name="facts.csv")
    assert events(store) == ["03-01 00:00 E acme"]
    assert known(store) == {"acme plan": "Pro", "acme seats": "9"}


def test_a_missing_column_is_named_with_what_may_be_meant(store: UsageStore, tmp_path: Path) -> None:
    (file,) = imported(
        store, tmp_path, "id,at,acount\n1,2026-03-01,acme\n", SIMPLE.replace("account: a", "account: account")
    ).files
    assert (
        file.failure
        and "has no column `account`, which the map gives as `account`; did you mean `acount`?" in file.failure
    )
    named = "events: {id: id, event: Ticket Opened, time: at, account: acount}"
    (file,) = imported(store, tmp_path, "id,at,acount\n1,2026-03-01,acme\n", named).files
    assert file.failure and "if each row is one, write `event: {always: Ticket Opened}`" in file.failure


def test_rows_are_left_out_by_what_they_say(store: UsageStore, tmp_path: Path) -> None:
    text = (
        "id,at,a,kind,deleted,mail\n1,2026-03-01,x,track,f,p@x.io\n2,2026-03-01,x,page,0,p@us.io\n"
        "3,2026-03-01,x,track,T,\n4,2026-03-01,x,track,,\n5,2026-03-01,x,other,no,\n"
    )
    words = "only: {kind: [track, page]}, leave_out: {deleted: true, mail: {ends_with: '@US.io'}}"
    (file,) = imported(store, tmp_path, text, SIMPLE.replace("properties: []", f"properties: [], {words}")).files
    assert (file.stored, file.left_out, file.not_readable) == (2, 3, 0)


def test_what_an_update_replaced_and_what_is_told_apart_is_counted(store: UsageStore, tmp_path: Path) -> None:
    first, second = (
        "id,at,a\n1,2026-03-01,x\n2,2026-03-01,x\n",
        "id,at,a\n1,2026-03-02,x\n2,2026-03-01,x\n3,2026-03-01,x\n",
    )
    imported(store, tmp_path, first, SIMPLE)
    (apart,) = imported(store, tmp_path, second, SIMPLE).files
    assert (apart.stored, apart.updated, apart.repeats, apart.not_readable) == (1, 0, 1, 1)
    (update,) = imported(
        store, tmp_path, second, SIMPLE.replace("properties: []", "properties: [], update: true")
    ).files
    assert (update.stored, update.updated, update.repeats, update.not_readable) == (0, 1, 2, 0)
    assert events(store) == ["03-01 00:00 E x", "03-01 00:00 E x", "03-02 00:00 E x"]


def test_rows_that_differ_are_all_counted_also_where_not_all_are_listed(
    store: UsageStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("expansion.usage.storage.repeats.MOST_TOLD", 2)
    rows = "".join(f"{n},2026-03-0{{}},x\n" for n in range(5))
    imported(store, tmp_path, "id,at,a\n" + rows.replace("{}", "1"), SIMPLE)
    (file,) = imported(store, tmp_path, "id,at,a\n" + rows.replace("{}", "2"), SIMPLE).files
    assert (file.stored, file.not_readable) == (0, 5)


def test_rows_without_an_id_are_told_apart_and_the_same_export_again_brings_nothing(
    store: UsageStore, tmp_path: Path
) -> None:
    mapping = SIMPLE.replace("id: id", "id: {made_from: row}")
    twins = "at,a\n2026-03-01,x\n2026-03-01,x\n2026-03-02,x\n"
    assert imported(store, tmp_path, twins, mapping).stored == 3
    (again,) = imported(store, tmp_path, twins + "2026-03-03,x\n", mapping).files
    assert (again.stored, again.repeats) == (1, 3)
    some = SIMPLE.replace("id: id", "id: {made_from: [a]}")
    assert imported(UsageStore(tmp_path / "some"), tmp_path, twins, some).stored == 3


def test_an_id_of_columns_may_have_an_empty_part_and_needs_one(store: UsageStore, tmp_path: Path) -> None:
    text = "id,sub,at,a\n1,,2026-03-01,x\n1,2,2026-03-01,x\n,,2026-03-01,x\n"
    (file,) = imported(store, tmp_path, text, SIMPLE.replace("id: id", "id: [id, sub]")).files
    assert (file.stored, file.rejects) == (2, {"no event id": 1})


def test_the_name_of_the_file_can_be_a_column(store: UsageStore, tmp_path: Path) -> None:
    words = "time: {from: _file, after: 'export-'}"
    mapping = SIMPLE.replace("time: at", words).replace("id: id", "id: {made_from: row}")
    folder = tmp_path / "export-of-march"
    folder.mkdir()
    imported(store, folder, "a\nx\n", mapping, name="export-20260304")
    imported(store, folder, "a\ny\n", mapping, name="export-2026-03-05.csv")
    assert events(store) == ["03-04 00:00 E x", "03-05 00:00 E y"]


def test_what_columns_a_loader_adds_are_no_properties(store: UsageStore, tmp_path: Path) -> None:
    text = "id,at,a,_fivetran_synced,_airbyte_meta\n1,2026-03-01,x,2026-03-09,{}\n"
    imported(store, tmp_path, text, SIMPLE.replace(", properties: []", ""))
    assert events(store) == ["03-01 00:00 E x a=x at=2026-03-01 id=1"]


def test_a_counter_goes_on_from_file_to_file_and_no_row_before_is_taken(store: UsageStore, tmp_path: Path) -> None:
    mapping = (
        "events: {id: [a, at], event: {always: E}, time: at, account: a, properties: {n: {from: total, counter: true}}}"
    )

    def file(*rows: str) -> tuple[int | None, int, int]:
        (done,) = imported(store, tmp_path, "a,at,total\n" + "\n".join(rows) + "\n", mapping).files
        return done.stored, done.repeats, done.not_readable

    assert file("x,2026-03-01,100", "x,2026-03-02,130") == (2, 0, 0)
    assert file("x,2026-03-02,130", "x,2026-03-05,200", "y,2026-03-05,7") == (2, 1, 0)
    assert file("x,2026-03-03,150", "x,2026-03-06,20") == (1, 0, 1), "the one between is late; a lower one began anew"
    grown = [line.rpartition(" n=")[2].split()[0] for line in events(store) if " n=" in line]
    assert grown == ["30", "70", "20"]


def test_a_table_says_for_which_days_it_is_whole(store: UsageStore, tmp_path: Path) -> None:
    covers = SIMPLE.replace("properties: []", "properties: [], covers: {from: 2026-01-01, until: import}")
    imported(store, tmp_path, "id,at,a\n1,2026-02-01,x\n", covers, zone="America/New_York", name="invoices.csv")
    ((first, last),) = store.manifest().spans("files:invoices")
    assert (first.isoformat(), last) == ("2026-01-01T05:00:00+00:00", NOW)


def test_a_day_begins_in_the_zone_of_the_policy_and_a_time_is_of_the_zone_of_the_map(
    store: UsageStore, tmp_path: Path
) -> None:
    text = "id,at,a\n1,2026-03-01,x\n2,2026-03-01 10:00:00,x\n3,2026-03-01T10:00:00Z,x\n"
    imported(store, tmp_path, text, SIMPLE, zone="America/New_York")
    assert events(store) == ["03-01 05:00 E x", "03-01 10:00 E x", "03-01 10:00 E x"]
    other = UsageStore(tmp_path / "other")
    imported(
        other,
        tmp_path,
        text,
        SIMPLE.replace("properties: []", "properties: [], zone: Europe/Berlin"),
        zone="America/New_York",
    )
    assert events(other) == ["03-01 05:00 E x", "03-01 09:00 E x", "03-01 10:00 E x"]


# --- facts ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "plan", "seats"),
    [
        ("{newest: signed}", "Team", "40"),
        ("{largest: seats}", "Team", "40"),
        ("{smallest: seats}", "Pro", "10"),
        ("sum", "?", "50"),
    ],
)
def test_of_several_rows_the_rule_takes_one_whole_row_or_adds(
    store: UsageStore, tmp_path: Path, rule: str, plan: str, seats: str
) -> None:
    text = "a,plan,seats,signed\nx,Pro,10,2025-01-01\nx,Team,40,2026-01-01\n"
    mapping = f"facts: {{account: a, fields: [plan, seats], several_rows: {rule}}}"
    (file,) = imported(store, tmp_path, text, mapping).files
    assert file.not_readable == 0
    assert known(store) == {"x plan": plan, "x seats": seats}


def test_rows_that_say_the_same_are_added_as_often_as_they_stand(store: UsageStore, tmp_path: Path) -> None:
    text = "a,plan,seats\nx,Team,10\nx,Team,10\ny,Team,10\ny,Team,10\ny,Team,5\nz,Pro,7\n"
    mapping = "facts: {account: a, fields: [plan, seats], several_rows: sum}"
    (file,) = imported(store, tmp_path, text, mapping).files
    assert (file.repeats, file.not_readable) == (0, 0)
    said = known(store)
    assert [said[f"{one} seats"] for one in "xyz"] == ["20", "25", "7"]
    assert [said[f"{one} plan"] for one in "xyz"] == ["Team", "Team", "Pro"]


def test_words_for_nothing_are_told_also_of_a_field_that_is_read_as_something(
    store: UsageStore, tmp_path: Path
) -> None:
    mapping = "facts: {account: a, fields: {plan: plan, seats: {from: seats, as: number}}}"
    notes = imported(store, tmp_path, "a,plan,seats\nx,NULL,N/A\ny,Team,5\n", mapping).notes
    assert [note for note in notes if "`NULL` (1), `N/A` (1)" in note] == list(notes)


@pytest.mark.parametrize(("words", "whose"), [("", "x"), ("source: files.people, user: user, ", "u")])
def test_an_account_of_facts_in_a_list_of_one_is_its_item(
    store: UsageStore, tmp_path: Path, words: str, whose: str
) -> None:
    text = "".join(f'{{"a": {ids}, "user": "u", "plan": "Pro"}}\n' for ids in ('["x"]', '["y", "z"]', "[]"))
    mapping = f"facts: {{{words}account: a, fields: [plan]}}"
    (file,) = imported(store, tmp_path, text, mapping, name="t.jsonl").files
    assert known(store) == {f"{whose} plan": "Pro"}
    assert [reason.partition(",")[0] for reason in file.rejects] == [
        "its account is a list of several; say which one",
        "no account",
    ]


def test_rows_that_tie_by_the_rule_are_neither(store: UsageStore, tmp_path: Path) -> None:
    text = "a,plan,seats,signed\nx,Pro,10,2026-01-01\nx,Team,40,2026-01-01\ny,Pro,1,2026-01-01\n"
    mapping = "facts: {account: a, fields: [plan, seats], several_rows: {newest: signed}}"
    (file,) = imported(store, tmp_path, text, mapping).files
    assert known(store) == {"x plan": "?", "x seats": "?", "y plan": "Pro", "y seats": "1"}
    assert list(file.rejects.values()) == [2]


def test_files_of_one_import_that_contradict_each_other_leave_nothing_known(store: UsageStore, tmp_path: Path) -> None:
    for name, plan in (("a.csv", "Pro"), ("b.csv", "Team")):
        (tmp_path / name).write_text(f"a,at,plan,seats\nx,2026-03-01,{plan},9\n")
    mapping = read_map(FACTS + "}", "map").table
    result = import_by(store, [str(tmp_path / "b.csv"), str(tmp_path / "a.csv")], mapping, NOW)
    assert [file.not_readable for file in result.files] == [1, 1]
    assert known(store) == {"x plan": "?", "x seats": "?"}


def test_a_value_ends_and_a_day_that_never_comes_is_no_end(store: UsageStore, tmp_path: Path) -> None:
    text = (
        "a,at,until,plan,seats\nx,2026-01-01,2026-02-01,Pro,9\n"
        "y,2026-01-01,9999-12-31 23:59:59,Pro,9\nz,2026-01-01,,Pro,9\n"
    )
    imported(store, tmp_path, text, FACTS + ", until: until}")
    assert [known(store)[f"{one} plan"] for one in "xyz"] == ["?", "Pro", "Pro"]
    assert known(store, NOW - timedelta(days=50))["x plan"] == "Pro"


def test_what_became_known_later_is_not_seen_before(store: UsageStore, tmp_path: Path) -> None:
    text = "a,at,known,plan,seats\nx,2026-01-01,2026-01-01,Pro,9\nx,2026-01-01,2026-03-01,Team,9\n"
    imported(store, tmp_path, text, FACTS + ", known_at: known}")
    assert known(store, NOW - timedelta(days=30))["x plan"] == "Pro"
    assert known(store)["x plan"] == "Team"


def test_a_deleted_row_ends_what_was_known(store: UsageStore, tmp_path: Path) -> None:
    words = FACTS + ", deleted_when: {gone: true}}"
    imported(store, tmp_path, "a,at,plan,seats,gone\nx,2026-01-01,Pro,9,false\ny,2026-01-01,Pro,9,f\n", words)
    imported(store, tmp_path, "a,at,plan,seats,gone\nx,2026-02-01,Pro,9,true\n", words, now=NOW + timedelta(days=1))
    assert known(store) == {"x plan": "?", "x seats": "?", "y plan": "Pro", "y seats": "9"}


def test_values_are_read_by_what_the_map_says_and_kept_as_written_where_they_cannot(
    store: UsageStore, tmp_path: Path
) -> None:
    text = 'a,arr,share,flag,cents,day\nx,"€1.234,50","12,5%",ja,1999,03.04.2026\ny,viel,halb,vielleicht,-,31.02.2026\n'
    mapping = (
        "facts: {account: a, decimal: comma, dates: day first, yes: [ja], no: [nein], fields: "
        "{arr: {from: arr, as: money}, share: {from: share, as: percent}, flag: {from: flag, as: yes_no}, "
        "price: {from: cents, divide_by: 100}, "
        "day: {from: day, as: date}}}"
    )
    imported(store, tmp_path, text, mapping)
    assert {key: value for key, value in known(store).items() if key.startswith("x")} == {
        "x arr": "1234.50",
        "x share": "12.5%",
        "x flag": "true",
        "x price": "19.99",
        "x day": "2026-04-03T00:00:00Z",
    }
    assert known(store)["y arr"] == "viel"


@pytest.mark.parametrize(
    ("by", "hours"),
    [("100", "72"), ("3600", "2"), ("7", "1028.571428571"), ("0.00001", "720000000"), ("1000000", "0.0072")],
)
def test_a_value_is_divided_by_any_unit(store: UsageStore, tmp_path: Path, by: str, hours: str) -> None:
    mapping = f"facts: {{account: a, fields: {{hours: {{from: n, divide_by: {by}}}}}}}"
    imported(store, tmp_path, "a,n\nx,7200\n", mapping)
    assert known(store) == {"x hours": hours}


# --- all together -----------------------------------------------------------------------------------------------------


def test_a_file_that_cannot_be_used_stops_no_other(store: UsageStore, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,at,a\n1,2026-03-01,x\n")
    (tmp_path / "b.csv").write_text("nothing,of,this\n1,2,3\n")
    (tmp_path / "c.csv").write_bytes(b"\x00\x01\x02")
    (tmp_path / "d.csv").write_text("id,at,a\n2,2026-03-01,x\n")
    arguments = [str(tmp_path / name) for name in ("a.csv", "b.csv", "c.csv", "d.csv", "none.csv")]
    result = import_by(store, arguments, read_map(SIMPLE, "map").table, NOW)
    assert {Path(file.source).name for file in result.files if file.failure} == {"b.csv", "c.csv", "none.csv"}
    assert len(events(store)) == 2


def test_a_bad_row_is_reported_once_with_its_line_and_what_was_read(store: UsageStore, tmp_path: Path) -> None:
    text = "id,at,a\n1,3/4/2026,x\n2,2026-03-01,x\n3,2026-03-01\n"
    (file,) = imported(store, tmp_path, text, SIMPLE).files
    assert file.report is not None
    rows = [json.loads(line) for line in file.report.read_text().splitlines()]
    assert [(row["line"], "3/4/2026" in row["reason"]) for row in rows] == [(2, True), (4, False)]
    assert "dates: month first" in rows[0]["reason"]
    assert (file.rows, file.stored, file.not_readable) == (3, 1, 2)
