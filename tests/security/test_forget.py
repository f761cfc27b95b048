"""Forgetting a person: gone from everything, every count and answer as before, and not back with the next pull."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

import integrations
from expansion import forgetting
from expansion.contract import Done, EventRow, FactRecord
from expansion.evaluate.engine import Vocabulary
from expansion.evaluate.subjects import UserOf
from expansion.explain.evaluator import build_rollups, evaluator
from expansion.files.maps import EventMap
from expansion.forgetting import NobodyKnown, forget
from expansion.language.workspace import load
from expansion.language.yaml.files import Folder
from expansion.ledger.forgetting import FORGOTTEN, Known
from expansion.ledger.store import Ledger
from expansion.ledger.verdicts import done
from expansion.usage.facts import add_facts
from expansion.usage.import_events import import_rows
from expansion.usage.pushed.journal import Journal
from expansion.usage.storage.store import UsageStore
from tests import world
from tests.ledger.builders import LEASE, NOON, a_firing, record
from tests.usage.builders import import_events

ANA, MAIL, NAME = "u-ana-41", "Ana.Moss@acme.example", "Ana Moss"
USERS = [ANA, "u-bo", "u-cem", "dora@acme.example"]
SOURCE = "mixpanel.export"
TRIGGERS = {
    "several": "when: [{event: Paywall Viewed, at_least: 2, over: 14 days, by_at_least: 2 people}]",
    "invited": "when: [{event: any event, distinct: invitee, at_least: 2, over: 30 days}]",
    "person": "who: users\nwhen: [{event: Paywall Viewed, at_least: 2, over: 14 days}]",
    "again": "when: [{event: any event, at_least: 1, in_at_least: 2 of the last 2 weeks}]",
}


@pytest.fixture
def playbooks(tmp_path: Path) -> Path:
    folder = world.write_playbooks(tmp_path / "playbooks")
    for name, when in TRIGGERS.items():
        head = f"trigger: {name}\ntitle: T\nowner: o@seller.example\nstatus: live\ncheck: daily\n"
        (folder / f"triggers/{name}.yaml").write_text(
            f"{head}{when}\nleads_to: plan_change\nthen: {{playbook: call}}\n"
        )
    return folder


def rows(seed: int, count: int = 60) -> list[EventRow]:
    pick = random.Random(seed)
    return [
        EventRow(
            f"{seed}-{n}" if n % 3 else f"{user}|{seed}-{n}",
            pick.choice(["Paywall Viewed", "Session Started"]),
            world.AS_OF - timedelta(days=pick.randrange(20), minutes=n),
            pick.choice(["ac-01", "ac-02"]),
            user,
            {
                "invitee": pick.choice([MAIL, "bo@acme.example", ANA, "x"]),
                "text": f"sent to <{MAIL}>, ok",
            },
        )
        for n in range(count)
        for user in [pick.choice(USERS)]
    ]


def filled(root: Path, seed: int) -> UsageStore:
    store = UsageStore(root)
    for part in (seed, seed + 1000):
        import_rows(store, SOURCE, rows(part), None)
    people = [FactRecord("mixpanel.profile", "ac-01", {"email": MAIL, "name": NAME, "role": "admin"}, ANA, ANA)]
    people += [
        FactRecord(
            "mixpanel.profile", "ac-01", {"email": "bo@acme.example", "name": "Bo", "role": "admin"}, "b", "u-bo"
        )
    ]
    add_facts(store, "mixpanel.profile", people, world.AS_OF - timedelta(days=2))
    add_facts(
        store,
        "salesforce.account",
        [FactRecord("salesforce.account", "ac-01", {"Champion": MAIL, "Plan__c": "Team"})],
        world.AS_OF,
    )
    return store


def answers(store: UsageStore, folder: Path) -> dict[str, Any]:
    """Who fires, by trigger; people as they are called in the store."""
    workspace = load(Folder(folder), integrations.catalog())
    vocabulary = Vocabulary(workspace.facts, workspace.policy, workspace.triggers)
    triggers = [workspace.triggers[name] for name in TRIGGERS]
    build_rollups(store, vocabulary, triggers)
    found = {}
    for days in (0, 3, 9):
        asking = evaluator(store, vocabulary, world.AS_OF - timedelta(days=days))
        for name, answer in asking.answers(triggers).items():
            found[f"{name} {days}"] = (set(answer.yes), dict(answer.unknown), answer.asked)
    return found


def renamed(found: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    def one(subject: Any) -> Any:
        return UserOf(subject.account_id, new) if isinstance(subject, UserOf) and subject.user_id == old else subject

    return {
        n: ({one(s) for s in yes}, {one(s): c for s, c in unknown.items()}, asked)
        for n, (yes, unknown, asked) in found.items()
    }


def everything(store: UsageStore, home: Path) -> str:
    """All that the store and the folder hold, as text."""
    said = [str(path.read_bytes()) for path in home.rglob("*") if path.is_file()]
    said += [str(duckdb.sql(f"SELECT * FROM read_parquet('{path}')").fetchall()) for path in home.rglob("*.parquet")]
    return "\n".join(said)


def counts(store: UsageStore) -> Any:
    con, manifest = store.connect(), store.manifest()
    events = store.events_of(manifest.segments, ["invitee"])
    asked = (
        "count(*), count(DISTINCT event_id), count(DISTINCT user_id), count(DISTINCT lower(p_invitee)), sum(epoch(ts))"
    )
    return con.execute(f"SELECT account_id, event, {asked} FROM {events} GROUP BY ALL ORDER BY ALL").fetchall()


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("who", [ANA, MAIL.upper()])
def test_counts_and_answers_are_as_before_and_nobody_is_named(
    seed: int, who: str, tmp_path: Path, playbooks: Path, ledger: Ledger
) -> None:
    home = tmp_path / "home"
    store = filled(home / "usage", seed)
    Journal(store.root).append(rows(seed + 2000, 3))
    (store.root / "rejects").mkdir()
    (store.root / "rejects/old.csv.jsonl").write_text(f'{{"line": 1, "reason": "no time", "row": "{MAIL}"}}\n')
    Journal(store.root).fold(store)
    before, were = counts(store), answers(store, playbooks)
    told = forget(store, ledger, home, who, "dana", world.AS_OF)
    assert counts(store) == before
    assert answers(store, playbooks) == renamed(were, ANA, told.pseudonyms[0])
    assert (told.left, told.still_read, told.rejects) == ((), False, 1)
    said = everything(store, home).casefold()
    for text in (ANA, MAIL, NAME):
        assert text.casefold() not in said
    assert "bo@acme.example" in said, "others stay"
    assert "admin" in said
    with pytest.raises(NobodyKnown):
        forget(store, ledger, home, who, "dana", world.AS_OF)


def test_a_later_pull_or_import_does_not_bring_them_back(tmp_path: Path, ledger: Ledger) -> None:
    home = tmp_path / "home"
    store = filled(home / "usage", 1)
    before = counts(store)
    told = forget(store, ledger, home, ANA, "dana", world.AS_OF)
    again = import_rows(store, SOURCE, rows(1), None)
    assert (again.stored, again.duplicates) == (0, 60), "the same events are known, those made of the id too"
    assert filled(store.root, 1)
    assert counts(store) == before
    new = EventRow("new-1", "Paywall Viewed", world.AS_OF, "ac-01", ANA, {"invitee": MAIL.upper()})
    Journal(store.root).append([new])
    Journal(store.root).fold(store)
    file = tmp_path / "more.csv"
    file.write_text(
        f"id,event,at,account,user,invitee\n{ANA}-9,Paywall Viewed,2026-03-01T10:00:00Z,ac-01,{ANA},<{MAIL}>\n"
        f",bad,,,{ANA},\n"
    )
    import_events(store, file, EventMap(id="id", event="event", time="at", account="account", user="user"))
    events = store.events_of(store.manifest().segments)
    mine = store.connect().execute(
        f"SELECT count(*) FROM {events} WHERE user_id = '{told.pseudonyms[0]}' AND event_id LIKE 'new%'"
    )
    assert mine.fetchall() == [(1,)]
    file.unlink()
    said = everything(store, home).casefold()
    for text in (ANA, MAIL, NAME):
        assert text.casefold() not in said


class Killed(BaseException):
    pass


@pytest.mark.parametrize("at", ["forget_in_store", "forget_in_rejects", "unread", "ledger"])
def test_killed_half_way_it_is_finished_by_the_next(
    at: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ledger: Ledger
) -> None:
    home = tmp_path / "home"
    store = filled(home / "usage", 2)
    record(ledger, a_firing("ac-01", user_id=ANA, user_name=NAME, evidence={"reasons": [f"{NAME} did it"]}))
    before = counts(store)

    def killed(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        target = {"unread": forgetting.manifests, "ledger": ledger}.get(at, forgetting)
        patch.setattr(target, "forget" if at == "ledger" else at, killed)
        with pytest.raises(Killed):
            forget(store, ledger, home, ANA, "dana", world.AS_OF)
    forget(store, ledger, home, ANA, "dana", world.AS_OF)
    assert counts(store) == before
    assert NAME not in str(ledger.firings())
    assert not (store.root / "forgetting.json").exists()
    assert ANA not in everything(store, home)


def test_a_reader_sees_the_store_as_it_was_and_then_the_old_files_go(tmp_path: Path, ledger: Ledger) -> None:
    from expansion.evaluate.relations import StoreRelations

    home = tmp_path / "home"
    store = filled(home / "usage", 3)
    reader = StoreRelations.of(store)
    told = forget(store, ledger, home, ANA, "dana", world.AS_OF)
    assert told.still_read
    old = f"SELECT count(*) FROM {reader.events()} WHERE user_id = '{ANA}'"
    assert reader.con.execute(old).fetchall()[0][0] > 0
    del reader
    assert not forget(store, ledger, home, ANA, "dana", world.AS_OF).still_read
    assert ANA not in everything(store, home)


def test_the_ledger_keeps_what_was_done_and_not_for_whom(tmp_path: Path, ledger: Ledger) -> None:
    home = tmp_path / "home"
    store = filled(home / "usage", 4)
    people = [
        {"user_id": ANA, "email": MAIL, "name": NAME},
        {"user_id": "u-bo", "email": "bo@acme.example", "name": "Bo"},
    ]
    recipe = {"people": [ANA, "u-bo"], "context": {"people": [NAME, "Bo"]}, "owner": "dana@seller.example"}
    step = {"recipe": recipe, "input": {"people": people, "text": f"{NAME} and Bo"}}
    firing = a_firing(
        "ac-01", "person", [step, step], user_id=ANA, user_name=NAME, evidence={"lines": [{"people": [ANA]}]}
    )
    record(ledger, firing, a_firing("ac-01", steps=[step]))
    first = ledger.claim("crm.create_task", 1, "me", NOON, LEASE)[0]
    ledger.resolve([done(first.key, Done("T-1", "https://crm.example/T-1", f"for {MAIL}"))], "me", NOON)
    keys = [one.key for one in ledger.steps()]
    told = forget(store, ledger, home, ANA, "dana", NOON)
    said = str([ledger.firings(), ledger.steps(), ledger.attempts(first.key), ledger.audit()])
    for text in (ANA, MAIL, NAME):
        assert text not in said
    assert "Bo" in said
    assert [one.key for one in ledger.steps()] == keys
    assert {(one.state, one.reason) for one in ledger.steps() if one.user_id} == {
        ("done", None),
        ("skipped", FORGOTTEN),
    }
    assert told.ledger.outside == [
        {"account": "ac-01", "action": "crm.create_task", "where": "https://crm.example/T-1"}
    ]
    assert told.pseudonyms[0] in str(ledger.audit(what="forget")[0].note)
    assert ledger.audit_breaks() == []
    assert ledger.open_episodes("person").keys() == {UserOf("ac-01", told.pseudonyms[0])}


def test_a_step_that_is_being_sent_keeps_its_text_until_it_is_over(tmp_path: Path, ledger: Ledger) -> None:
    home = tmp_path / "home"
    store = filled(home / "usage", 5)
    record(ledger, a_firing("ac-01", steps=[{"input": {"to": MAIL}}]))
    (step,) = ledger.claim("crm.create_task", 1, "me", NOON, LEASE)
    assert forget(store, ledger, home, ANA, "dana", NOON).ledger.in_flight == 1
    ledger.resolve([done(step.key, Done("T-1"))], "me", NOON)
    assert forget(store, ledger, home, ANA, "dana", NOON).ledger.in_flight == 0
    assert MAIL not in str(ledger.steps())


def test_a_name_is_taken_out_of_texts_and_no_part_of_another_word() -> None:
    known = Known({"u1": "p-1", "ann@x.example": "p-2"}, ("Ann",))
    assert known.cleaned("Ann, Anna and ANN@x.example; u1 u12") == "somebody, Anna and p-2; u1 u12"
    assert known.cleaned({"who": "u1", "n": 3}) == {"who": "p-1", "n": 3}
