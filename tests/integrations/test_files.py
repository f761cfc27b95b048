"""Files as a source: facts of accounts and people from CSV, JSON lines and Parquet, with a map file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

import integrations
from expansion.evaluate.engine import Vocabulary
from expansion.evaluate.evaluator import evaluator
from expansion.language.models import Facts, Policy
from expansion.usage.lines import ImportFailed
from expansion.usage.mapping import MapError
from expansion.usage.store import UsageStore
from integrations.files import import_file

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
    assert done.rejects == {"not valid JSON": 1, "no account": 1, "no readable date": 1}
    assert seats(store, "acme") == "50"


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
    connected = integrations.integration("files").connect()
    assert set(connected.sources) == {"files.accounts", "files.people", "files.events"} and connected.check() == []
