"""Files as a source: facts of accounts and people from CSV, JSON lines and Parquet, with a map file."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import integrations
from expansion.evaluate.engine import Vocabulary
from expansion.evaluate.results import Answer
from expansion.explain.evaluator import evaluator
from expansion.language.model.conditions import Condition
from expansion.language.model.models import Facts, Policy
from expansion.usage.facts import facts_sql, user_accounts
from expansion.usage.forms.failures import ImportFailed, MapError
from expansion.usage.storage.store import UsageStore
from tests.usage.builders import import_file, report

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
FACTS = Facts.model_validate(
    {
        "facts": {"seats": {"from": "files.accounts", "field": "seats", "kind": "number"}},
        "people": {"admins": {"field": "role", "is": "admin"}},
    }
)
POLICY = Policy.model_validate(
    {
        "time_zone": "UTC",
        "working_hours": {"days": ["mon"], "from": "09:00", "to": "17:00"},
        "owners": {"fallback": "ops@acme.example"},
        "tiers": {"add_on": {"title": "An add-on", "worth": {"flat": 1}, "likely": "10%"}},
    }
)


@pytest.fixture
def store(tmp_path: Path) -> UsageStore:
    return UsageStore(tmp_path / "usage")


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def fact_map(folder: Path, extra: str = "") -> Path:
    return write(folder / "map.yaml", f"facts:\n  account: id\n{extra}")


def seats(store: UsageStore, account: str, as_of: datetime = NOW) -> str:
    asked = evaluator(store, Vocabulary(FACTS, POLICY), as_of)
    return asked.fact("seats", [account])[account].text


def test_facts_from_a_csv_are_known_since_the_import(store: UsageStore, tmp_path: Path) -> None:
    file = write(tmp_path / "accounts.csv", "id,seats,plan\nacme,50,team\nbolt,,free\n")
    done = import_file(store, file, fact_map(tmp_path), NOW)
    assert (done.source, done.rejects) == ("accounts.csv", {})
    assert (seats(store, "acme"), seats(store, "bolt")) == ("50", "unknown")
    assert seats(store, "acme", datetime(2026, 3, 1, tzinfo=UTC)) == "unknown"


def test_dated_facts_are_history(store: UsageStore, tmp_path: Path) -> None:
    file = write(
        tmp_path / "history.jsonl",
        '{"id": "acme", "seats": 20, "on": "2026-01-01"}\n{"id": "acme", "seats": 50, "on": "2026-02-01T12:00:00Z"}\n',
    )
    import_file(store, file, fact_map(tmp_path, "  at: on\n"), NOW)
    assert seats(store, "acme") == "50"
    assert seats(store, "acme", datetime(2026, 2, 1, tzinfo=UTC)) == "20"
    assert seats(store, "acme", datetime(2025, 12, 31, tzinfo=UTC)) == "unknown"


def test_the_same_file_twice_changes_nothing(store: UsageStore, tmp_path: Path) -> None:
    file = write(tmp_path / "accounts.csv", "id,seats\nacme,50\n")
    assert import_file(store, file, fact_map(tmp_path), NOW).stored == 1
    assert import_file(store, file, fact_map(tmp_path), NOW).stored == 0


def test_facts_from_parquet(store: UsageStore, tmp_path: Path) -> None:
    file = tmp_path / "accounts.parquet"
    store.root.mkdir()
    store.connect().execute(f"COPY (SELECT 'acme' AS id, 50 AS seats) TO '{file}' (FORMAT parquet)")
    import_file(store, file, fact_map(tmp_path), NOW)
    assert seats(store, "acme") == "50"


def test_people_of_an_account(store: UsageStore, tmp_path: Path) -> None:
    file = write(tmp_path / "people.csv", "id,who,email,role\nacme,ana,ana@acme.example,admin\nacme,ben,,member\n")
    import_file(store, file, fact_map(tmp_path, "  source: files.people\n  user: who\n"), NOW)
    found = evaluator(store, Vocabulary(FACTS, POLICY), NOW).people("admins", "acme")
    assert found == [{"user_id": "ana", "email": "ana@acme.example", "name": None}]


def test_rows_that_cannot_be_read_are_counted_and_the_others_stored(store: UsageStore, tmp_path: Path) -> None:
    text = '{"id": "acme", "seats": 50, "on": "2026-02-01"}\nnot json\n{"seats": 1, "on": "2026-02-01"}\n'
    file = write(tmp_path / "accounts.jsonl", text + '{"id": "bolt", "seats": 9, "on": "soon"}\n')
    done = import_file(store, file, fact_map(tmp_path, "  at: on\n"), NOW)
    assert done.rejects == {
        "not a JSON object": 1,
        "no account": 1,
        "the date cannot be read; write ISO 8601, such as 2025-03-01T10:00:00Z, or seconds, milliseconds, microseconds "
        "or nanoseconds since 1970": 1,
    }
    assert [one["reason"].rpartition("; ")[2] for one in report(done)][2] == "it says `soon`"
    assert seats(store, "acme") == "50"


def test_a_file_of_people_that_says_nothing_but_their_account_moves_them(store: UsageStore, tmp_path: Path) -> None:
    mapping = fact_map(tmp_path, "  source: files.people\n  user: who\n")
    import_file(store, write(tmp_path / "1.csv", "id,who,email,role\nacme,ana,a@acme.example,admin\n"), mapping, NOW)
    moved = write(tmp_path / "2.csv", "id,who\nglobex,ana\nglobex,ben\n")
    assert import_file(store, moved, mapping, NOW + timedelta(days=1)).stored > 0
    assert user_accounts(store) == {"ana": "globex", "ben": "globex"}
    asked = evaluator(store, Vocabulary(FACTS, POLICY), NOW + timedelta(days=2))
    assert asked.people("admins", "acme") == []
    assert import_file(store, moved, mapping, NOW + timedelta(days=3)).stored == 0


def test_a_person_without_an_id_is_counted(store: UsageStore, tmp_path: Path) -> None:
    file = write(tmp_path / "people.csv", "id,who,role\nacme,,admin\n")
    done = import_file(store, file, fact_map(tmp_path, "  source: files.people\n  user: who\n"), NOW)
    assert done.rejects == {"no user": 1}


def test_events_take_the_account_of_their_user(store: UsageStore, tmp_path: Path) -> None:
    people = write(tmp_path / "people.csv", "id,who,role\nacme,ana,admin\n")
    import_file(store, people, fact_map(tmp_path, "  source: files.people\n  user: who\n"), NOW)
    events = write(tmp_path / "events.jsonl", '{"key": "1", "what": "export", "on": "2026-03-01", "who": "ana"}\n')
    mapping = write(tmp_path / "events.yaml", "events: {id: key, event: what, time: on, user: who}\n")
    assert import_file(store, events, mapping, NOW).stored == 1


@pytest.mark.parametrize("name", ["accounts.parquet", "accounts.xlsx"])
def test_a_file_that_is_not_what_it_says(store: UsageStore, tmp_path: Path, name: str) -> None:
    file = write(tmp_path / name, "id,seats\nacme,50\n")
    with pytest.raises(ImportFailed, match=name):
        import_file(store, file, fact_map(tmp_path), NOW)


def test_a_file_that_is_not_there(store: UsageStore, tmp_path: Path) -> None:
    with pytest.raises(ImportFailed, match="there is no such file"):
        import_file(store, tmp_path / "nowhere.csv", fact_map(tmp_path), NOW)


def test_a_map_that_says_neither(store: UsageStore, tmp_path: Path) -> None:
    with pytest.raises(MapError, match=r"map\.yaml"):
        import_file(store, tmp_path / "accounts.csv", write(tmp_path / "map.yaml", "{}\n"), NOW)


def test_files_are_in_the_catalog_and_connect_to_nothing() -> None:
    words = integrations.catalog().sources
    assert {name: set(words[name].gives) for name in words if name.startswith("files.")} == {
        "files.accounts": {"facts"},
        "files.people": {"people"},
        "files.events": {"events"},
    }
    connected = integrations.integration("files").connected()
    assert set(connected.sources) == {"files.accounts", "files.people", "files.events"} and connected.check() == []


# --- what is not there, and what is there twice -----------------------------------------------------------------------


def test_two_rows_of_one_account_are_never_mixed_and_both_named(store: UsageStore, tmp_path: Path) -> None:
    import_file(store, write(tmp_path / "before.csv", "id,seats\nacme,7\nbolt,9\n"), fact_map(tmp_path), NOW)
    file = write(tmp_path / "accounts.csv", "id,name,seats\nacme,Acme,9\nbolt,Bolt,9\nacme,Acme GmbH,95\n")
    done = import_file(store, file, fact_map(tmp_path), NOW + timedelta(days=1))
    assert done.rejects == {"rows say different things of one account; `several_rows` in the map says which counts": 2}
    assert [(one["line"], one["reason"]) for one in report(done)] == [
        (line, "2 rows say different things of one account (lines 2, 4)") for line in (2, 4)
    ]
    later = NOW + timedelta(days=1)
    assert (seats(store, "acme", later), seats(store, "bolt", later)) == ("unknown", "9")
    asked = evaluator(store, Vocabulary(FACTS, POLICY), later)
    cause = asked.fact("seats", ["acme"])["acme"].cause
    assert cause == "files.accounts has several records of this account, and nobody knows which is meant"


def test_the_same_row_twice_is_one(store: UsageStore, tmp_path: Path) -> None:
    done = import_file(store, write(tmp_path / "a.csv", "id,seats\nacme,9\nacme,9\n"), fact_map(tmp_path), NOW)
    assert (done.rejects, done.duplicates, seats(store, "acme")) == ({}, 1, "9")


def test_two_rows_of_one_person_are_left_out(store: UsageStore, tmp_path: Path) -> None:
    file = write(tmp_path / "people.csv", "id,who,role\nacme,ana,admin\nacme,ana,member\nacme,ben,admin\n")
    done = import_file(store, file, fact_map(tmp_path, "  source: files.people\n  user: who\n"), NOW)
    assert done.rejects == {
        "rows say different things of one person of an account; `several_rows` in the map says which counts": 2
    }
    people = evaluator(store, Vocabulary(FACTS, POLICY), NOW).people("admins", "acme")
    assert [person["user_id"] for person in people] == ["ben"]


@pytest.mark.parametrize("cell", ["\\N", "NULL", "nan", "NaN", "None", "#N/A", "", "  "])
def test_a_way_of_writing_nothing_is_no_value(store: UsageStore, tmp_path: Path, cell: str) -> None:
    done = import_file(store, write(tmp_path / "a.csv", f"id,seats,plan\nacme,9,{cell}\n"), fact_map(tmp_path), NOW)
    kept = store.connect().execute(f"SELECT value FROM {facts_sql(store, store.manifest())} WHERE field = 'plan'")
    assert kept.fetchall() == [(None,)]
    said = [f"cells that say nothing, taken as empty: `{cell}` (1); `empty:` in the map says which texts do"]
    assert done.notes == (said if cell.strip() else [])


def test_a_map_says_which_texts_say_nothing(store: UsageStore, tmp_path: Path) -> None:
    mapping = fact_map(tmp_path, '  empty: ["-"]\n')
    import_file(store, write(tmp_path / "a.csv", "id,seats,plan\nacme,-,NULL\n"), mapping, NOW)
    kept = store.connect().execute(f"SELECT field, value FROM {facts_sql(store, store.manifest())} ORDER BY field")
    assert kept.fetchall() == [("plan", "NULL"), ("seats", None)]


def test_ids_are_spelt_one_way(store: UsageStore, tmp_path: Path) -> None:
    file = tmp_path / "accounts.parquet"
    store.root.mkdir()
    rows = "SELECT * FROM (VALUES (1001.0::DOUBLE, 50), (NULL, 9)) t(id, seats)"
    store.connect().execute(f"COPY ({rows}) TO '{file}' (FORMAT parquet)")
    done = import_file(store, file, fact_map(tmp_path), NOW)
    assert (done.rejects, seats(store, "1001")) == ({"no account": 1}, "50")
    import_file(store, write(tmp_path / "b.csv", "id,seats\n 1002.0 ,60\n"), fact_map(tmp_path), NOW)
    assert seats(store, "1002") == "60"


def test_a_day_begins_in_the_zone_of_the_policy(store: UsageStore, tmp_path: Path) -> None:
    zone = ZoneInfo("America/New_York")
    for number, day in enumerate(("2026-02-01", "2026-02-01 00:00:00", "2026-02-01T00:00:00")):
        file = write(tmp_path / f"{number}.csv", f"id,seats,on\na{number},50,{day}\n")
        import_file(store, file, fact_map(tmp_path, "  at: on\n"), NOW, zone=str(zone))
        assert seats(store, f"a{number}", datetime(2026, 2, 1, 4, 59, tzinfo=UTC)) == "unknown"
        assert seats(store, f"a{number}", datetime(2026, 2, 1, 5, tzinfo=UTC)) == "50"


def test_a_column_that_the_file_has_and_the_map_leaves_out_is_said_as_such(store: UsageStore, tmp_path: Path) -> None:
    file = write(tmp_path / "accounts.csv", "id,seats,plan\nacme,50,team\n")
    done = import_file(store, file, fact_map(tmp_path, "  fields: [plan]\n"), NOW, facts=FACTS)
    assert done.notes == [
        "the fact `seats` is the field `seats` of files.accounts: the file has it, and the map leaves it out of "
        "`fields`"
    ]


def test_a_column_that_facts_yaml_asks_for_and_the_file_has_not_is_said(store: UsageStore, tmp_path: Path) -> None:
    file = write(tmp_path / "accounts.csv", "id,Seats,plan\nacme,50,team\n")
    done = import_file(store, file, fact_map(tmp_path), NOW, facts=FACTS)
    assert done.notes == [
        "the fact `seats` is the field `seats` of files.accounts, which this file does not give; did you mean `Seats`?"
    ]
    asked = evaluator(store, Vocabulary(FACTS, POLICY), NOW)
    never = asked.holds([Condition.model_validate({"fact": "seats", "exists": False})], ["acme"])
    assert never == {"acme": Answer.CANNOT_TELL}
    cause = asked.fact("seats", ["acme"])["acme"].cause
    assert cause == "files.accounts never told a field `seats`; did you mean `Seats`?"


def test_a_map_whose_fields_the_file_has_not_is_refused(store: UsageStore, tmp_path: Path) -> None:
    file = write(tmp_path / "accounts.csv", "id,seats\nacme,50\n")
    with pytest.raises(
        ImportFailed, match="none of the columns that the map gives as `fields`: `seat`; did you mean `seats`"
    ):
        import_file(store, file, fact_map(tmp_path, "  fields: [seat]\n"), NOW)
    with pytest.raises(ImportFailed, match="no column `ids`, which the map gives as `account`; did you mean `id`"):
        import_file(store, file, write(tmp_path / "map.yaml", "facts: {account: ids}\n"), NOW)


def test_columns_are_found_whatever_their_capitals(store: UsageStore, tmp_path: Path) -> None:
    file = write(tmp_path / "accounts.csv", "ID,SEATS\nacme,50\n")
    import_file(store, file, fact_map(tmp_path, "  fields: [seats]\n"), NOW)
    assert seats(store, "acme") == "50"


def test_a_column_that_the_map_names_and_the_next_file_has_not_is_not_known_any_more(
    store: UsageStore, tmp_path: Path
) -> None:
    mapping = fact_map(tmp_path, "  fields: [seats, plan]\n")
    import_file(store, write(tmp_path / "a.csv", "id,seats,plan\nacme,50,team\nbolt,9,team\n"), mapping, NOW)
    later = NOW + timedelta(days=1)
    done = import_file(store, write(tmp_path / "b.csv", "id,plan,Seat\nacme,team,60\n"), mapping, later)
    assert done.notes == ["there is no column `seats`, which the map gives under `fields`; did you mean `Seat`?"]
    assert (seats(store, "acme", later), seats(store, "bolt", later)) == ("unknown", "9")


def test_an_empty_list_answers_as_an_empty_cell(store: UsageStore, tmp_path: Path) -> None:
    file = write(tmp_path / "a.jsonl", '{"id": "acme", "regions": []}\n{"id": "bolt", "regions": null}\n')
    import_file(store, file, fact_map(tmp_path), NOW)
    kept = store.connect().execute(f"SELECT value FROM {facts_sql(store, store.manifest())} WHERE field = 'regions'")
    assert kept.fetchall() == [(None,), (None,)]


def test_a_file_that_says_nothing_of_anybody_is_no_answer(store: UsageStore, tmp_path: Path) -> None:
    """What rests on an answer, such as a rule that leaves accounts alone, stays open until there is one."""
    nobody = write(tmp_path / "nobody.csv", "id,plan\n,Team\n,Business\n")
    result = import_file(store, nobody, fact_map(tmp_path), NOW)
    assert (result.stored, result.rejects) == (0, {"no account": 2})
    with pytest.raises(ImportFailed, match="holds no row; is it the file that was meant"):
        import_file(store, write(tmp_path / "heading.csv", "id,plan\n"), fact_map(tmp_path), NOW)
    assert store.manifest().pulls == {}
