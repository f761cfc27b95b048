"""Maps of merges: who has another id since, from a table of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from expansion.contract import EventRow, FactRecord, Merge
from expansion.evaluate.relations import StoreRelations
from expansion.files.import_files import import_files
from expansion.files.results import FileResult, ImportResult
from expansion.usage.facts import add_facts, user_accounts
from expansion.usage.forgetting import forget_in_store, known_as
from expansion.usage.forms.failures import MapError
from expansion.usage.identity.merges import add_merges, ids_known, merges_said
from expansion.usage.pushed.journal import Journal
from expansion.usage.storage import manifest as manifests
from expansion.usage.storage.forgotten import forgotten_people
from expansion.usage.storage.store import UsageStore

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
    assert result.stored == 1, "who always stood for itself has no other id"
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
        (
            "from: {table: t, cursor: c}\nmerges: {former: a, id: b, at: c, complete: true}",
            "`complete` of merges is for files",
        ),
        ("merges: {former: a, id: b, at: c, user: d}", "`user` is for `of: account`"),
        ("merges: {former: a, id: b, at: c}\nevents: {id: a, event: b, time: c}", "one of `events:`, `facts:` and"),
    ],
)
def test_a_map_that_cannot_be_used_says_why(tmp_path: Path, map_: str, said: str) -> None:
    with pytest.raises(MapError) as error:
        imported(tmp_path, "", map_)
    assert said in str(error.value)


# --- taken back -------------------------------------------------------------------------------------------------------

ACCOUNTS = MAP.replace("at: time", "at: time, of: account")
WHOLE = ACCOUNTS.replace("of: account", "of: account, complete: true")
DAY = timedelta(days=1)
TAKEN_BACK = (
    "account acme-old was merged into zeta, says files.merges; files.merges takes it back: history is apart again"
)


def ids(store: UsageStore, at: datetime) -> dict[str, str]:
    return {was: one.id for was, one in ids_known(store, store.manifest(), at).accounts.items()}


def counts(store: UsageStore, at: datetime) -> dict[str, int]:
    """How many events each account has."""
    seen = StoreRelations.of(store, at)
    return dict(seen.con.execute(f"SELECT account_id, count(*) FROM {seen.events()} GROUP BY ALL").fetchall())


def test_a_row_that_names_one_id_twice_takes_back_what_was_said_before_its_day(tmp_path: Path) -> None:
    imported(tmp_path, "acme-old,zeta,2026-03-01 10:00\n", ACCOUNTS)
    store, result = imported(tmp_path, "acme-old,acme-old,2026-03-05 10:00\n", ACCOUNTS, NOW + DAY)
    assert (result.stored, result.notes) == (0, [TAKEN_BACK])
    assert [ids(store, NOW - n * DAY) for n in (0, 3)] == [{}, {"acme-old": "zeta"}]


def test_the_file_of_before_does_not_bring_back_what_was_taken_back(tmp_path: Path) -> None:
    for day, to in enumerate(("zeta,2026-03-01", "acme-old,2026-03-05", "zeta,2026-03-01")):
        store, _ = imported(tmp_path, f"acme-old,{to} 10:00\n", ACCOUNTS, NOW + day * DAY)
    assert ids(store, NOW + 2 * DAY) == {}


def test_a_row_takes_back_what_a_crm_had_said(tmp_path: Path) -> None:
    said = Merge("crm.merged", "account", "acme-old", "zeta", NOW - 3 * DAY)
    store = UsageStore(tmp_path / "usage")
    add_merges(store, [said], NOW - 2 * DAY)
    imported(tmp_path, "acme-old,acme-old,2026-03-06 10:00\n", ACCOUNTS)
    add_merges(store, [said], NOW)
    assert ids(store, NOW) == {}, "the CRM says nothing new"


def test_a_newer_complete_file_takes_back_what_it_does_not_hold(tmp_path: Path) -> None:
    imported(tmp_path, "acme-old,zeta,2026-03-01 10:00\nb-old,b,2026-03-01 10:00\n", ACCOUNTS)
    store, result = imported(tmp_path, "b-old,b,2026-03-01 10:00\n", WHOLE, NOW + DAY)
    assert (result.stored, result.notes) == (0, [TAKEN_BACK])
    assert ids(store, NOW + DAY) == {"b-old": "b"}
    assert ids(store, NOW) == {"acme-old": "zeta", "b-old": "b"}, "it was known so until then"
    again = imported(tmp_path, "b-old,b,2026-03-01 10:00\n", WHOLE, NOW + 2 * DAY)[1]
    assert (again.stored, again.notes) == (0, [])


def test_what_stands_in_a_complete_file_again_counts_again(tmp_path: Path) -> None:
    both = "acme-old,zeta,2026-03-01 10:00\nb-old,b,2026-03-01 10:00\n"
    for day, text in enumerate((both, "b-old,b,2026-03-01 10:00\n", both)):
        store, result = imported(tmp_path, text, WHOLE, NOW + day * DAY)
    assert ids(store, NOW + 2 * DAY) == {"acme-old": "zeta", "b-old": "b"}
    assert result.stored == 1


def test_a_complete_file_of_accounts_leaves_people_and_what_a_crm_said_alone(tmp_path: Path) -> None:
    store, _ = imported(tmp_path, "anon-7,ana,2026-03-01 10:00\n")
    add_merges(store, [Merge("crm.merged", "account", "old", "new", NOW - DAY)], NOW)
    imported(tmp_path, "b-old,b,2026-03-01 10:00\n", WHOLE, NOW + DAY)
    known = ids_known(store, store.manifest(), NOW + DAY)
    assert (known.user("anon-7"), known.account("old")) == ("ana", "new")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not one row says who has another id, so no earlier merge is taken back"),
        ("b-old,b,2026-03-01 10:00\nc,d,yesterday\n", "not every row could be read, so no earlier merge is taken back"),
    ],
)
def test_of_half_a_complete_file_nothing_is_taken_back(tmp_path: Path, text: str, why: str) -> None:
    imported(tmp_path, "acme-old,zeta,2026-03-01 10:00\n", ACCOUNTS)
    store, result = imported(tmp_path, text, WHOLE, NOW + DAY)
    assert ids(store, NOW + DAY)["acme-old"] == "zeta"
    assert why in result.notes


def test_what_a_merge_that_is_taken_back_had_put_together_is_apart_and_counts_once(tmp_path: Path) -> None:
    store, _ = imported(tmp_path, "acme-old,zeta,2026-03-01 10:00\n", ACCOUNTS)
    at = NOW - 5 * DAY
    Journal(store.root).append(
        [EventRow(f"e-{account}", "Export", at, account, "ana", {}, at, source="s") for account in ("acme-old", "zeta")]
    )
    Journal(store.root).fold(store)
    assert counts(store, NOW) == {"zeta": 2}
    imported(tmp_path, "acme-old,acme-old,2026-03-07 09:00\n", ACCOUNTS, NOW + DAY)
    assert counts(store, NOW + DAY) == {"acme-old": 1, "zeta": 1}


# --- an account that is split -----------------------------------------------------------------------------------------

SPLIT = "merges: {of: account, user: person, former: was, id: now, at: since}\n"
PEOPLE = "facts: {source: files.people, user: person, account: now, fields: []}\n"


def split(folder: Path, text: str, map_: str = SPLIT, now: datetime = NOW, zone: str = "UTC") -> ImportResult:
    (folder / "split.csv").write_text(f"person,was,now,since\n{text}")
    (folder / "split.yaml").write_text(map_)
    return import_files(
        UsageStore(folder / "usage"), [str(folder / "split.csv")], folder / "split.yaml", now, zone=zone
    )


def did(store: UsageStore, user: str, *days: int) -> None:
    """Events of a person in `acme`, at noon of days of March."""
    at = [datetime(2026, 3, day, 12, tzinfo=UTC) for day in days]
    Journal(store.root).append(
        [EventRow(f"{user}{one}", "Export", one, "acme", user, {}, one, source="s") for one in at]
    )
    Journal(store.root).fold(store)


def test_what_a_person_did_before_the_split_stays_and_what_comes_after_counts_for_the_new_account(
    tmp_path: Path,
) -> None:
    store = UsageStore(tmp_path / "usage")
    did(store, "ana", 1, 2, 3)
    did(store, "ben", 1, 2, 3)
    assert split(tmp_path, "ana,acme,acme-uk,2026-03-02\n").stored == 1
    assert counts(store, NOW) == {"acme": 4, "acme-uk": 2}
    did(store, "ana", 4)
    assert counts(store, NOW) == {"acme": 4, "acme-uk": 3}
    assert split(tmp_path, "ana,acme,acme-uk,2026-03-02\n").stored == 0


def test_the_day_is_that_of_the_policy(tmp_path: Path) -> None:
    split(tmp_path, "ana,acme,acme-uk,2026-03-02T15:00:00Z\n", zone="America/New_York")
    store = UsageStore(tmp_path / "usage")
    assert [one.at for one in merges_said(store, store.manifest())] == [datetime(2026, 3, 2, 5)]


def test_a_complete_file_takes_a_split_back_and_nothing_counts_twice(tmp_path: Path) -> None:
    store = UsageStore(tmp_path / "usage")
    did(store, "ana", 1, 3)
    did(store, "ben", 1, 3)
    split(tmp_path, "ana,acme,acme-uk,2026-03-02\nben,acme,acme-uk,2026-03-02\n")
    split(tmp_path, "ben,acme,acme-uk,2026-03-02\n", SPLIT.replace("since}", "since, complete: true}"), NOW + DAY)
    assert [counts(store, at) for at in (NOW, NOW + DAY)] == [{"acme": 2, "acme-uk": 2}, {"acme": 3, "acme-uk": 1}]


def test_a_row_without_a_person_is_listed(tmp_path: Path) -> None:
    assert only(split(tmp_path, ",acme,acme-uk,2026-03-02\nana,acme,acme-uk,2026-03-02\n")).rejects == {"no user": 1}


def test_the_same_table_as_people_says_to_whom_they_belong(tmp_path: Path) -> None:
    store = UsageStore(tmp_path / "usage")
    named = [FactRecord("crm.people", "acme", {"role": "admin"}, user_id=user) for user in ("ana", "ben")]
    add_facts(store, "crm.people", named, NOW - 9 * DAY, asked=["role"], full="people")
    split(tmp_path, "ana,acme,acme-uk,2026-03-02\n", PEOPLE)
    assert user_accounts(store) == {"ana": "acme-uk", "ben": "acme"}


def test_who_is_forgotten_is_named_by_no_split(tmp_path: Path) -> None:
    store = UsageStore(tmp_path / "usage")
    did(store, "ana", 3)
    split(tmp_path, "ana,acme,acme-uk,2026-03-02\n")
    person = known_as(store, "ana")
    assert person is not None
    pseudonyms = forgotten_people(store.root).adding(person.ids)
    with manifests.writing(store.root):
        listed = forgotten_people(store.root).save(pseudonyms)
    forget_in_store(store, person, pseudonyms, listed)
    split(tmp_path, "ana,acme,acme-uk,2026-03-02\n", now=NOW + DAY)
    assert {one.user_id for one in merges_said(store, store.manifest())} == {pseudonyms["ana"]}
    assert counts(store, NOW + DAY) == {"acme-uk": 1}
