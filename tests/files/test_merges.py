"""Maps of merges: who has another id since, from a table of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from expansion.files.import_files import import_files
from expansion.files.results import FileResult, ImportResult
from expansion.usage.failures import MapError
from expansion.usage.forgotten import forgotten_people
from expansion.usage.merges import ids_known, merges_said
from expansion.usage.store import UsageStore

NOW = datetime(2026, 3, 7, 9, tzinfo=UTC)
MAP = "merges: {former: from_user_id, id: to_user_id, at: time}\n"


def imported(folder: Path, text: str, map_: str = MAP, now: datetime = NOW) -> tuple[UsageStore, ImportResult]:
    store = UsageStore(folder / "usage")
    (folder / "moves.csv").write_text(f"from_user_id,to_user_id,time\n{text}")
    (folder / "map.yaml").write_text(map_)
    return store, import_files(store, [str(folder / "moves.csv")], folder / "map.yaml", now)


def only(result: ImportResult) -> FileResult:
    (file,) = result.files
    return file


def test_a_former_id_stands_for_the_one_it_has_since(tmp_path: Path) -> None:
    store, result = imported(tmp_path, "a,b,2026-03-01 10:00\nb,c,2026-03-02 10:00\n")
    assert (result.stored, result.notes) == (2, [])
    known = ids_known(store, store.manifest(), NOW.replace(tzinfo=None))
    assert [(one.former_id, one.id) for one in merges_said(store, store.manifest())] == [("a", "b"), ("b", "c")]
    assert known, "and it is read by them"


def test_the_same_file_again_brings_nothing_new(tmp_path: Path) -> None:
    imported(tmp_path, "a,b,2026-03-01 10:00\n")
    _, result = imported(tmp_path, "a,b,2026-03-01 10:00\nd,b,2026-03-02 10:00\n")
    assert result.stored == 1


def test_a_later_import_corrects_an_earlier_one_and_says_so(tmp_path: Path) -> None:
    of_accounts = MAP.replace("at: time", "at: time, of: account")
    imported(tmp_path, "acme-old,zeta,2026-03-01 10:00\n", of_accounts)
    store, result = imported(tmp_path, "acme-old,acme,2026-03-01 10:00\n", of_accounts, NOW + timedelta(days=1))
    assert ids_known(store, store.manifest(), NOW).account("acme-old") == "acme"
    assert (result.what, result.notes) == (
        "merges",
        [
            "account acme-old was merged into zeta, says files.merges; files.merges says that acme-old was merged into "
            "acme: what was known last counts"
        ],
    )


def test_a_circle_is_told_and_cut(tmp_path: Path) -> None:
    store, result = imported(tmp_path, "a,b,2026-03-01 10:00\nb,a,2026-03-02 10:00\n")
    assert ids_known(store, store.manifest(), NOW).user("b") == "a"
    assert result.notes == [
        "one person has another id by files.merges than by files.merges; what was known last counts"
    ]


def test_a_person_who_was_forgotten_stays_so(tmp_path: Path) -> None:
    store = UsageStore(tmp_path / "usage")
    store.root.mkdir()
    forgotten_people(store.root).save({"anon-7": "forgotten-1"})
    imported(tmp_path, "anon-7,ana,2026-03-01 10:00\n")
    assert [one.former_id for one in merges_said(store, store.manifest())] == ["forgotten-1"]


def test_a_row_that_says_nothing_is_listed_and_the_others_are_stored(tmp_path: Path) -> None:
    store, result = imported(tmp_path, "a,b,2026-03-01 10:00\n,b,2026-03-01 10:00\nc,d,yesterday\ne,e,2026-03-01\n")
    assert [one.former_id for one in merges_said(store, store.manifest())] == ["a"]
    assert only(result).left_out == 1, "who stands for itself has no other id"
    assert sum(only(result).rejects.values()) == 2
    assert "no former id" in only(result).rejects
    assert any("yesterday" in said for said in only(result).examples.values())


def test_ids_are_of_accounts_where_the_map_says_so(tmp_path: Path) -> None:
    store, _ = imported(tmp_path, "a,b,2026-03-01 10:00\n", MAP.replace("at: time", "at: time, of: account"))
    assert [one.of for one in merges_said(store, store.manifest())] == ["account"]


@pytest.mark.parametrize(
    ("map_", "said"),
    [
        ("merges: {former: a, id: b}", "merges.at: is missing"),
        ("merges: {former: a, id: b, at: c, to: d}", "`to` is no word of a map"),
        ("merges: {former: a, id: {from: b, as: number}, at: c}", "`id` has no `as`: that is for values"),
        ("merges: {former: a, id: b, at: c}\nevents: {id: a, event: b, time: c}", "one of `events:`, `facts:` and"),
    ],
)
def test_a_map_that_cannot_be_used_says_why(tmp_path: Path, map_: str, said: str) -> None:
    with pytest.raises(MapError) as error:
        imported(tmp_path, "", map_)
    assert said in str(error.value)
