"""What files say of facts is kept as it was said: no order of imports matters, and every question has one answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from expansion.usage.ahead import put_back
from expansion.usage.compaction import MANY, put_together
from expansion.usage.facts import facts_sql, user_accounts
from expansion.usage.forgetting import forget_in_store, known_as
from expansion.usage.identity.members import left_sql, members_sql
from expansion.usage.storage import manifest as manifests
from expansion.usage.storage.fact_relations import known_facts
from expansion.usage.storage.forgotten import forgotten_people
from expansion.usage.storage.marks import ended, mark
from expansion.usage.storage.store import UsageStore
from tests.usage.builders import at, files_of, utc
from tests.usage.saying import Says, says, tell, tell_named

ACCOUNTS, PEOPLE = "files.accounts", "files.people"
NOW = utc(2026, 4, 1)
DAY = timedelta(days=1)


def day(number: int) -> datetime:
    return utc(2026, 3, number)


def state(store: UsageStore, by: datetime, account: str = "acme", user: str = "") -> dict[str, Any]:
    """What is known at a moment, as it was known then."""
    facts = known_facts(store, store.manifest())
    query = f"SELECT field, value FROM {facts.state(facts.changes(), by)} WHERE account_id = $1 AND user_id = $2"
    return dict(store.connect().execute(query, [account, user]).fetchall())


def seats(store: UsageStore, number: int, account: str = "acme") -> Any:
    return state(store, day(number), account).get("seats", "nothing was told")


def test_a_later_import_corrects_the_same_day(store: UsageStore) -> None:
    assert tell(store, NOW, says("acme", day(1), seats="60")) == 1
    assert tell(store, NOW + DAY, says("acme", day(1), seats="6")) == 1
    assert seats(store, 15) == "6"
    assert tell(store, NOW + 2 * DAY, says("acme", day(1), seats="60")) == 1
    assert [seats(store, 15) for _ in range(12)] == ["60"] * 12


def test_in_the_middle_of_a_history_too(store: UsageStore) -> None:
    history = [says("acme", day(number), seats=value) for number, value in ((1, "50"), (5, "90"), (9, "70"))]
    tell(store, NOW, *history)
    tell(store, NOW + DAY, says("acme", day(5), seats="9"))
    assert [seats(store, number) for number in (4, 5, 8, 9)] == ["50", "9", "9", "70"]


def test_an_earlier_state_that_arrives_later_does_not_overwrite_a_later_one(store: UsageStore) -> None:
    for number, value in ((1, "5"), (11, "5"), (6, "9")):  # January, March, February
        tell(store, NOW, says("acme", day(number), seats=value))
    assert [seats(store, number) for number in (5, 10, 15)] == ["5", "9", "5"]


def test_twice_is_once(store: UsageStore) -> None:
    rows = [says("acme", day(1), seats="5", plan=None), says("bolt", day(2), seats="6", plan="team")]
    assert tell(store, NOW, *rows) == 4
    before = store.manifest().facts, files_of(store)
    assert tell(store, NOW + DAY, *rows) == 0
    assert (store.manifest().facts, files_of(store)) == before


def test_a_row_that_says_the_same_of_another_moment_is_kept(store: UsageStore) -> None:
    """Else what lies between two of the same, and comes later, would hold for ever."""
    assert tell(store, day(1), says("acme", day(1), seats="5")) == 1
    assert tell(store, day(9), says("acme", day(9), seats="5")) == 0
    assert tell(store, NOW, says("acme", day(5), seats="7")) == 1
    assert [seats(store, number) for number in (4, 5, 8, 9)] == ["5", "7", "7", "5"]


def test_rows_of_one_import_that_contradict_each_other_leave_a_mark(store: UsageStore) -> None:
    tell(store, NOW, says("acme", day(1), seats="9", plan="Enterprise"))
    tell(store, NOW, says("acme", day(1), seats="100", plan="Enterprise"))
    assert state(store, NOW) == {"seats": mark("twice"), "plan": "Enterprise"}
    assert tell(store, NOW, says("acme", day(1), seats="9", plan="Enterprise")) == 1
    assert state(store, NOW) == {"seats": mark("twice"), "plan": "Enterprise"}
    tell(store, NOW + DAY, says("acme", day(1), seats="9", plan="Pro"))
    assert state(store, NOW) == {"seats": "9", "plan": "Pro"}


def test_what_was_known_later_was_not_known_before(store: UsageStore) -> None:
    tell(store, NOW, Says("acme", day(1), {"seats": "5"}), Says("acme", day(1), {"seats": "8"}, known=day(9)))
    assert [seats(store, number) for number in (8, 9)] == ["5", "8"]


def test_a_value_ends(store: UsageStore) -> None:
    tell(store, NOW, Says("acme", day(1), {"seats": "5"}, until=day(9)))
    assert [seats(store, number) for number in (8, 9)] == ["5", ended(at(2026, 3, 9))]
    tell(store, NOW, Says("acme", day(12), {"seats": "7"}))
    assert [seats(store, number) for number in (11, 12)] == [ended(at(2026, 3, 9)), "7"]


def test_a_field_that_a_row_does_not_have_is_said_to_be_empty(store: UsageStore) -> None:
    tell(store, NOW, says("acme", day(1), seats="5", plan="team"))
    tell(store, NOW, says("acme", day(5), seats=None, plan="team"))
    assert state(store, day(6)) == {"seats": None, "plan": "team"}


def test_tables_with_other_fields_do_not_end_each_other(store: UsageStore) -> None:
    tell(store, NOW, says("acme", day(1), seats="5", plan="team"))
    tell(store, NOW, says("acme", day(5), arr="900", plan="max"))
    assert state(store, day(6)) == {"seats": "5", "plan": "max", "arr": "900"}
    assert state(store, day(4)) == {"seats": "5", "plan": "team"}


# --- snapshots of all there is ----------------------------------------------------------------------------------------


def whole(store: UsageStore, now: datetime, number: int, **seats: str) -> int:
    rows = [says(account, day(number), seats=value) for account, value in seats.items()]
    return tell(store, now, *rows, complete=True)


def test_a_snapshot_ends_what_it_no_longer_holds(store: UsageStore) -> None:
    whole(store, NOW, 1, acme="5", bolt="6")
    whole(store, NOW, 5, bolt="6")
    assert [seats(store, number) for number in (4, 5)] == ["5", mark("gone")]
    assert seats(store, 9, "bolt") == "6"
    whole(store, NOW, 8, acme="7", bolt="6")
    assert [seats(store, number) for number in (7, 8)] == [mark("gone"), "7"]
    assert seats(store, 9, "cmos") == "nothing was told"


def test_snapshots_may_come_in_any_order(store: UsageStore) -> None:
    whole(store, NOW, 8, acme="7", bolt="6")
    whole(store, NOW, 5, bolt="6")
    whole(store, NOW, 1, acme="5", bolt="6")
    assert [seats(store, number) for number in (1, 5, 8)] == ["5", mark("gone"), "7"]


def test_a_snapshot_that_is_corrected_takes_its_accounts_with_it(store: UsageStore) -> None:
    whole(store, NOW, 1, acme="5", bolt="6")
    whole(store, NOW + DAY, 1, bolt="6", cmos="1")
    assert (seats(store, 1), seats(store, 1, "bolt"), seats(store, 1, "cmos")) == (mark("gone"), "6", "1")
    assert whole(store, NOW + 2 * DAY, 1, bolt="6", cmos="2") == 1  # the same accounts: only what differs is kept
    assert store.manifest().facts[-1].rows == 1
    assert (seats(store, 1), seats(store, 1, "bolt"), seats(store, 1, "cmos")) == (mark("gone"), "6", "2")
    assert whole(store, NOW + 3 * DAY, 1, bolt="6", cmos="2") == 0
    assert len(store.manifest().facts) == 3


def test_a_snapshot_says_nothing_of_other_fields(store: UsageStore) -> None:
    tell(store, NOW, says("acme", day(1), arr="900"))
    whole(store, NOW, 5, bolt="6")
    assert state(store, day(6)) == {"arr": "900"}


# --- long tables ------------------------------------------------------------------------------------------------------


def test_a_long_table_is_facts_one_each(store: UsageStore) -> None:
    rows = [says("acme", day(1), seats="5"), says("acme", day(4), plan="team"), says("acme", day(9), seats="8")]
    assert tell_named(store, NOW, *rows) == 3
    assert tell_named(store, NOW + DAY, *rows) == 0
    assert len(store.manifest().facts) == 1
    assert state(store, day(5)) == {"seats": "5", "plan": "team"}
    assert state(store, day(9)) == {"seats": "8", "plan": "team"}


def test_long_and_wide_tables_tell_of_the_same_fields(store: UsageStore) -> None:
    tell(store, NOW, says("acme", day(1), seats="5", plan="team"))
    assert tell_named(store, NOW + DAY, says("acme", day(1), seats="6")) == 1
    assert tell_named(store, NOW + DAY, says("acme", day(3), plan="team")) == 0
    assert tell(store, NOW + 2 * DAY, says("acme", day(3), plan="max")) == 1
    assert state(store, day(5)) == {"seats": "6", "plan": "max"}


# --- people -----------------------------------------------------------------------------------------------------------


def people(store: UsageStore, by: datetime | None = None) -> set[str]:
    facts = known_facts(store, store.manifest())
    rows = store.connect().execute(f"SELECT user_id || '@' || account_id FROM {members_sql(facts, by)}").fetchall()
    left = store.connect().execute(f"SELECT user_id || '@' || account_id FROM {left_sql(facts, by)}").fetchall()
    return {one for (one,) in rows} | {f"not {one}" for (one,) in left}


def test_the_account_of_a_person_is_the_one_named_last(store: UsageStore) -> None:
    tell(
        store, NOW, says("acme", day(1), "ana", role="admin"), says("acme", day(1), "ben", role="admin"), source=PEOPLE
    )
    tell(store, NOW, says("globex", day(5), "ana", **{"@id": "ana"}), source=PEOPLE)
    assert people(store, day(4)) == {"ana@acme", "ben@acme"}
    assert people(store, day(5)) == {"not ana@acme", "ana@globex", "ben@acme"}
    assert user_accounts(store) == {"ana": "globex", "ben": "acme"}
    tell(store, NOW, says("acme", day(9), "ana", role=None), source=PEOPLE)
    assert people(store) == {"ana@acme", "not ana@globex", "ben@acme"}


def test_a_person_of_several_accounts_at_one_moment_belongs_to_all(store: UsageStore) -> None:
    both = [says("acme", day(1), "ana", role="admin"), says("globex", day(1), "ana", role="guest")]
    tell(store, NOW, *both, source=PEOPLE)
    assert people(store) == {"ana@acme", "ana@globex"}
    assert user_accounts(store) == {}


def test_a_snapshot_of_people_ends_those_it_does_not_hold(store: UsageStore) -> None:
    rows = [says("acme", day(1), "ana", role="admin"), says("acme", day(1), "ben", role="admin")]
    tell(store, NOW, *rows, source=PEOPLE, complete=True)
    tell(store, NOW, says("acme", day(5), "ben", role="admin"), source=PEOPLE, complete=True)
    assert people(store) == {"not ana@acme", "ben@acme"}


# --- the store --------------------------------------------------------------------------------------------------------


def test_a_store_of_the_version_before_is_read(store: UsageStore) -> None:
    tell(store, NOW, says("acme", day(1), seats="5"))
    path = store.root / "manifest.json"
    raw = manifests.json.loads(path.read_text())
    raw["version"], raw["facts"] = 3, [{"file": one["file"], "rows": one["rows"]} for one in raw["facts"]]
    path.write_text(manifests.json.dumps(raw))
    (file,) = store.manifest().facts
    assert (file.kind, file.fields) == ("changes", ())


def test_nothing_is_half_stored_where_the_manifest_is_not_written(
    store: UsageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(store, NOW, says("acme", day(1), seats="5"))
    before = store.manifest()

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(manifests, "save", killed)
    with pytest.raises(KeyboardInterrupt):
        tell(store, NOW + DAY, says("acme", day(1), seats="6"))
    monkeypatch.undo()
    assert (store.manifest(), seats(store, 15)) == (before, "5")
    assert tell(store, NOW + DAY, says("acme", day(1), seats="6")) == 1
    assert len([name for name in files_of(store) if name.startswith("facts/")]) == 2


def test_many_small_files_become_few_and_say_the_same(store: UsageStore) -> None:
    for number in range(MANY + 5):
        moment = utc(2026, 1, 1) + number * DAY
        value = str(number // 10)
        tell(store, moment, says("acme", moment, seats=value), says("bolt", moment - DAY, seats=value))
    moments = [utc(2026, 1, 1) + number * DAY / 2 for number in range(200)]
    before = [(state(store, moment), state(store, moment, "bolt")) for moment in moments]
    put_together(store)
    assert [(state(store, moment), state(store, moment, "bolt")) for moment in moments] == before
    (file,) = store.manifest().facts
    rows = store.connect().execute(f"SELECT account_id, count(*) FROM {facts_sql(store, store.manifest())} GROUP BY 1")
    # Of a run of the same that has no dates of its own the first and the last are kept.
    assert dict(rows.fetchall()) == {"acme": 14, "bolt": MANY + 5}
    assert file.rows == MANY + 5 + 14
    assert tell(store, NOW, says("acme", utc(2026, 3, 10), seats="6")) == 0


def test_what_was_said_ahead_of_now_was_said_now(store: UsageStore) -> None:
    ahead = NOW + 300 * DAY
    tell(store, ahead, says("acme", ahead, seats="5"), says("acme", day(1), seats="1"))
    tell(store, ahead + DAY, says("acme", ahead + DAY, seats="6"), says("acme", ahead + 90 * DAY, seats="9"))
    assert seats(store, 31) == "1"
    assert put_back(store, NOW) == 4
    assert state(store, NOW)["seats"] == "6"
    assert state(store, ahead + 91 * DAY)["seats"] == "9"  # a file may tell of a day to come
    assert put_back(store, NOW) == 0


def test_a_forgotten_person_goes_from_wide_and_long_tables(store: UsageStore) -> None:
    mail, note = "ana@acme.example", "ask ana@acme.example first"
    rows = [
        says("acme", day(1), "ana-1234", email=mail, role="admin"),
        says("acme", day(1), "ben", role="guest", email=None),
    ]
    tell(store, NOW, *rows, source=PEOPLE)
    tell(store, NOW, says("acme", day(1), note=note, seats="5"))
    tell_named(store, NOW, says("acme", day(2), note=note))
    person = known_as(store, mail)
    assert person is not None
    assert (person.ids, person.emails) == (("ana-1234",), (mail,))
    listed = forgotten_people(store.root)
    pseudonyms = listed.adding([*person.ids, *person.emails])
    with manifests.writing(store.root):
        listed = listed.save(pseudonyms)
    assert forget_in_store(store, person, pseudonyms, listed).files == 3
    kept = str(rows_of(store))
    assert "ana" not in kept
    assert state(store, NOW, "acme", pseudonyms["ana-1234"]) == {"email": None, "role": "admin"}
    assert state(store, NOW) == {"note": f"ask {pseudonyms[mail]} first", "seats": "5"}
    assert [file.layout for file in store.manifest().facts] == [
        ("wide", PEOPLE, ("email", "role"), True, False),
        ("wide", ACCOUNTS, ("note", "seats"), False, False),
        ("named", ACCOUNTS, (), False, False),
    ]


def test_who_was_forgotten_does_not_come_back(store: UsageStore) -> None:
    with manifests.writing(store.root):
        listed = forgotten_people(store.root)
        pseudonyms = listed.adding(["ana-1234", "Ana@acme.example"])
        listed.save(pseudonyms)
    rows = [says("acme", day(1), "ana-1234", role="admin"), says("acme", day(1), "ben", role="ana-1234")]
    assert tell(store, NOW, *rows, source=PEOPLE) == 1
    tell(store, NOW, says("acme", day(1), note="write to ana@acme.example, please", owner="ana-1234"))
    tell_named(store, NOW, says("acme", day(1), boss="ana-1234"))
    assert state(store, NOW, "acme", "ben") == {"role": pseudonyms["ana-1234"]}
    assert state(store, NOW) == {
        "note": f"write to {pseudonyms['Ana@acme.example']}, please",
        "owner": pseudonyms["ana-1234"],
        "boss": pseudonyms["ana-1234"],
    }
    assert people(store) == {"ben@acme"}


def test_a_relation_tells_of_accounts_or_of_people(store: UsageStore) -> None:
    with pytest.raises(ValueError, match="of accounts or of people"):
        tell(store, NOW, says("acme", day(1), seats="5"), says("acme", day(1), "ana", seats="5"))


def rows_of(store: UsageStore) -> Sequence[Any]:
    return store.connect().execute(f"SELECT * FROM {facts_sql(store, store.manifest())} ORDER BY ALL").fetchall()


def test_a_later_import_that_says_nothing_leaves_nothing(store: UsageStore) -> None:
    assert tell(store, NOW, fields=["seats"]) == 0
    assert (rows_of(store), store.manifest().facts) == ([], ())
