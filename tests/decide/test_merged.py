"""An account, or a person, that fired under a former id has fired: nobody is spoken to twice about one thing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from expansion.decide.decide import Decisions, decide
from expansion.evaluate.subjects import Subject, UserOf
from expansion.ledger.store import Ledger, open_ledger
from expansion.records.ledger import FiringFilter, Verdict
from expansion.usage.identity.former_ids import Former, FormerIds
from tests.decide.fakes import NOW, FakeEvaluator, answers, catalog, folder, playbook, policy, run, trigger

LATER = {"id": "remind", "do": "salesforce.create_task", "after": "3 days", "with": {"subject": "Still full"}}
BOOK = playbook(steps=[{"id": "ask", "do": "salesforce.create_task", "with": {"subject": "Seats"}}, LATER])
SINCE = datetime(2026, 3, 1)
NOBODY = FormerIds()
ONE = FormerIds({"old": Former("new", 1, SINCE)}, {"anon": Former("ana", 1, SINCE)})
TWO = FormerIds({"old": Former("new", 1, SINCE), "older": Former("new", 2, SINCE)})


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    yield opened
    opened.close()


def one_run(
    ledger: Ledger,
    on: int,
    yes: Sequence[Subject],
    cleared: Sequence[Subject] = (),
    *,
    ids: FormerIds = NOBODY,
    who: str = "accounts",
    left: Sequence[Subject] = (),
    flood: str = "30 accounts",
    **rules: object,
) -> Decisions:
    at = day(on)
    one = trigger(quiet_for="7 days", who=who)
    definitions = folder(one, policy=policy(flood={"at_most": flood}, **rules), playbooks=[BOOK])
    told = {"seat-limit": replace(answers(yes=yes, cleared=cleared, as_of=at), left=frozenset(left))}
    known = {name: {"arr": 1000} for name in ("old", "older", "new", "acme", "globex")}
    made = decide(told, definitions, FakeEvaluator(known, as_of=at), ledger, run(at), catalog(), ids=ids)
    run_id = ledger.start_run("expansion", as_of=at, now=at)
    ledger.record(
        run_id, made.firings, made.cleared, at, again=made.again, moved=made.moved, superseded=made.superseded
    )
    ledger.finish_run(run_id, "completed", at)
    return made


def day(number: int) -> datetime:
    return NOW + timedelta(days=number)


def test_what_fired_under_a_former_id_does_not_fire_again_and_goes_on_under_the_new_one(ledger: Ledger) -> None:
    one_run(ledger, 0, ["old"])
    keys = [step.key for step in ledger.steps()]
    assert one_run(ledger, 1, ["new"], ids=ONE).firings == ()
    assert ledger.open_episodes("seat-limit").keys() == {"new"}
    assert [(step.account_id, step.state, step.key) for step in ledger.steps()] == [
        ("new", "due", keys[0]), ("new", "waiting", keys[1]),
    ]  # fmt: skip


def test_its_episode_ends_when_the_new_one_is_over_and_cools_down_from_its_firing(ledger: Ledger) -> None:
    one_run(ledger, 0, ["old"])
    one_run(ledger, 1, [], cleared=["new"], ids=ONE)
    assert ledger.open_episodes("seat-limit") == {}
    assert [wait.account_id for wait in one_run(ledger, 6, ["new"], ids=ONE).cooling] == ["new"]
    assert [firing.account_id for firing in one_run(ledger, 7, ["new"], ids=ONE).firings] == ["new"]


def test_an_episode_that_was_over_before_the_merge_still_cools_down(ledger: Ledger) -> None:
    one_run(ledger, 0, ["old"])
    one_run(ledger, 1, [], cleared=["old"])
    assert [wait.account_id for wait in one_run(ledger, 2, ["new"], ids=ONE).cooling] == ["new"]


def test_of_two_open_episodes_the_one_of_the_id_of_now_goes_on_and_the_other_ends(ledger: Ledger) -> None:
    one_run(ledger, 0, ["old", "new"])
    one_run(ledger, 1, ["new"], ids=ONE)
    assert [(firing.account_id, firing.cleared_at is None) for firing in ledger.firings()] == [
        ("new", True), ("old", False),
    ]  # fmt: skip
    assert {(step.account_id, step.state) for step in ledger.steps()} == {
        ("new", "due"), ("new", "waiting"), ("old", "skipped"),
    }  # fmt: skip


def test_of_two_former_ones_the_older_episode_goes_on(ledger: Ledger) -> None:
    one_run(ledger, 0, ["older"])
    one_run(ledger, 1, ["older", "old"])
    one_run(ledger, 2, ["new"], ids=TWO)
    (left,) = ledger.firings(FiringFilter(open_only=True))
    assert (left.account_id, left.fired_at) == ("new", day(0))


def test_no_number_of_an_episode_is_given_twice(ledger: Ledger) -> None:
    one_run(ledger, 0, ["new"])
    one_run(ledger, 1, [], cleared=["new"])
    one_run(ledger, 2, ["old"])
    one_run(ledger, 9, ["new"], ids=ONE)
    one_run(ledger, 10, [], cleared=["new"], ids=ONE)
    one_run(ledger, 20, ["new"], ids=ONE)
    assert sorted((firing.account_id, firing.episode) for firing in ledger.firings()) == [
        ("new", 1), ("new", 2), ("new", 3),
    ]  # fmt: skip
    assert len({step.key for step in ledger.steps()}) == len(ledger.steps()) == 6


def test_a_person_who_fired_under_another_id_in_an_account_of_another_id_has_fired(ledger: Ledger) -> None:
    one_run(ledger, 0, [UserOf("old", "anon")], who="users")
    assert one_run(ledger, 1, [UserOf("new", "ana")], ids=ONE, who="users").firings == ()
    assert ledger.open_episodes("seat-limit").keys() == {UserOf("new", "ana")}


def test_what_was_held_under_a_former_id_is_decided_again_under_the_new_one(ledger: Ledger) -> None:
    rule = {"approval": [{"triggers": ["seat-limit"], "reason": "somebody looks first"}]}
    one_run(ledger, 0, ["old"], **rule)
    assert [firing.decision for firing in ledger.firings()] == ["approval"]
    at = day(1)
    definitions = folder(trigger(quiet_for="7 days"), policy=policy(**rule), playbooks=[BOOK])
    told = {"seat-limit": answers(yes=["new"], as_of=at)}
    evaluator = FakeEvaluator({"new": {"arr": 1000}}, as_of=at)
    made = decide(told, definitions, evaluator, ledger, run(at), catalog(), {("seat-limit", "old"): "dana"}, ids=ONE)
    run_id = ledger.start_run("approval", as_of=at, now=at)
    ledger.record(run_id, (), (), at, again=made.again, moved=made.moved, superseded=made.superseded)
    (firing,) = ledger.firings()
    assert (firing.account_id, firing.decision, firing.approved_by) == ("new", "acting", "dana")
    assert {(step.account_id, step.episode) for step in ledger.steps()} == {("new", firing.episode)}


def test_attention_counts_what_began_under_a_former_id(ledger: Ledger) -> None:
    rules = {"attention": {"per_account": "1 in 14 days"}}
    one_run(ledger, 0, ["old"], **rules)
    one_run(ledger, 1, [], cleared=["old"], **rules)
    made = one_run(ledger, 8, ["new"], ids=ONE, **rules)
    assert [firing.decision for firing in made.firings] == ["carried"]


def test_without_former_ids_nothing_is_moved(ledger: Ledger) -> None:
    one_run(ledger, 0, ["old"])
    made = one_run(ledger, 1, ["old", "new"])
    assert (made.moved, [firing.account_id for firing in made.firings]) == ((), ["new"])


# --- both had open episodes -------------------------------------------------------------------------------------------


def sent(ledger: Ledger, account: str, on: int) -> None:
    """The account's due step is done, that of nobody else."""
    due = ledger.claim("salesforce.create_task", 10, "here", day(on), timedelta(minutes=5))
    ledger.start_sending([step.key for step in due], "here", day(on), timedelta(minutes=5))
    verdicts = [
        Verdict(step.key, "done", remote_id=f"t-{account}")
        if step.account_id == account
        else Verdict(step.key, "due", not_before=day(on), counts=False)
        for step in due
    ]
    assert len(ledger.resolve(verdicts, "here", day(on))) == 2


def test_what_was_done_for_one_of_two_is_not_done_for_the_other(ledger: Ledger) -> None:
    one_run(ledger, 0, ["old", "new"])
    sent(ledger, "old", 0)
    one_run(ledger, 1, ["new"], ids=ONE)
    assert {(step.account_id, step.step_id, step.state) for step in ledger.steps()} == {
        ("new", "ask", "done"), ("new", "ask", "skipped"), ("new", "remind", "waiting"), ("old", "remind", "skipped"),
    }  # fmt: skip
    (not_needed,) = [step for step in ledger.steps() if step.step_id == "ask" and step.state == "skipped"]
    assert not_needed.reason == "it was done already under another id of this account"


def test_what_was_done_goes_on_with_the_episode_and_ends_with_it(ledger: Ledger) -> None:
    one_run(ledger, 0, ["old", "new"])
    sent(ledger, "old", 0)
    one_run(ledger, 1, ["new"], ids=ONE)
    one_run(ledger, 2, [], cleared=["new"], ids=ONE)
    assert {(step.remote_id, step.cleared_at) for step in ledger.steps() if step.state == "done"} == {("t-old", day(2))}


def test_an_episode_that_was_acted_on_goes_on_rather_than_one_that_waits_for_a_person(ledger: Ledger) -> None:
    one_run(ledger, 0, ["old"])
    rule = {"approval": [{"triggers": ["seat-limit"], "reason": "somebody looks first"}]}
    one_run(ledger, 1, ["old", "new"], **rule)
    assert {(firing.account_id, firing.decision) for firing in ledger.firings()} == {
        ("old", "acting"), ("new", "approval"),
    }  # fmt: skip
    one_run(ledger, 2, ["new"], ids=ONE, **rule)
    (left,) = ledger.firings(FiringFilter(open_only=True))
    assert (left.account_id, left.decision, left.fired_at) == ("new", "acting", day(0))
    assert not ledger.firings(FiringFilter(decisions=("approval",), open_only=True)), "nobody can let it go once more"


def test_who_was_held_out_under_the_former_id_is_not_acted_on_in_that_episode(ledger: Ledger) -> None:
    rule = {"holdout": {"share": "100%", "salt": "x"}}
    one_run(ledger, 0, ["old"], **rule)
    assert [firing.decision for firing in ledger.firings()] == ["held_out"]
    assert one_run(ledger, 1, ["new"], ids=ONE).again == ()
    assert [(firing.account_id, firing.decision) for firing in ledger.firings()] == [("new", "held_out")]


def test_an_open_episode_goes_on_where_the_account_of_now_is_held_out_and_no_other_begins(ledger: Ledger) -> None:
    one_run(ledger, 0, ["old"])
    made = one_run(ledger, 1, ["new"], ids=ONE, holdout={"share": "100%", "salt": "x"})
    assert (made.firings, made.again) == ((), ())
    assert [(step.account_id, step.state) for step in ledger.steps()] == [("new", "due"), ("new", "waiting")]


# --- people who leave -------------------------------------------------------------------------------------------------


def test_the_episode_of_who_left_the_account_ends_and_nothing_more_is_sent_in_it(ledger: Ledger) -> None:
    one_run(ledger, 0, [UserOf("acme", "ana"), UserOf("acme", "ben")], who="users")
    one_run(ledger, 1, [UserOf("acme", "ben"), UserOf("globex", "ana")], who="users", left=[UserOf("acme", "ana")])
    assert ledger.open_episodes("seat-limit").keys() == {UserOf("acme", "ben"), UserOf("globex", "ana")}
    assert {step.state for step in ledger.steps() if (step.account_id, step.user_id) == ("acme", "ana")} == {"skipped"}


# --- a merge that is taken back ---------------------------------------------------------------------------------------


def test_an_open_episode_goes_back_to_whom_it_began_for(ledger: Ledger) -> None:
    one_run(ledger, 0, ["old"])
    keys = [step.key for step in ledger.steps()]
    one_run(ledger, 1, ["new"], ids=ONE)
    assert one_run(ledger, 2, ["old"]).firings == (), "it has fired already"
    assert ledger.open_episodes("seat-limit").keys() == {"old"}
    assert [(step.account_id, step.state, step.key) for step in ledger.steps()] == [
        ("old", "due", keys[0]), ("old", "waiting", keys[1]),
    ]  # fmt: skip


def test_what_began_under_the_id_of_now_stays_there(ledger: Ledger) -> None:
    one_run(ledger, 0, ["new"])
    one_run(ledger, 1, ["new"], ids=ONE)
    one_run(ledger, 2, ["new"])
    assert ledger.open_episodes("seat-limit").keys() == {"new"}


def test_what_ended_while_it_was_merged_still_cools_down_and_no_key_is_made_twice(ledger: Ledger) -> None:
    one_run(ledger, 0, ["old"])
    one_run(ledger, 1, [], cleared=["new"], ids=ONE)
    one_run(ledger, 2, [], cleared=["new"], ids=ONE)
    assert [wait.account_id for wait in one_run(ledger, 3, ["old"]).cooling] == ["old"]
    assert [firing.account_id for firing in one_run(ledger, 8, ["old"]).firings] == ["old"]
    assert len({step.key for step in ledger.steps()}) == len(ledger.steps()) == 4


def test_an_episode_that_was_merged_twice_goes_back_to_where_it_began(ledger: Ledger) -> None:
    further = FormerIds({"old": Former("new", 2, SINCE), "other": Former("new", 1, SINCE)})
    one_run(ledger, 0, ["old"])
    one_run(ledger, 1, ["other"], ids=FormerIds({"old": Former("other", 1, SINCE)}))
    one_run(ledger, 2, ["new"], ids=further)
    one_run(ledger, 3, ["old"])
    assert ledger.open_episodes("seat-limit").keys() == {"old"}


def test_one_goes_back_and_another_comes_in_its_place(ledger: Ledger) -> None:
    one_run(ledger, 0, ["old", "older"])
    one_run(ledger, 1, ["new", "older"], ids=ONE)
    one_run(ledger, 2, ["old", "new"], ids=FormerIds({"older": Former("new", 1, SINCE)}))
    assert ledger.open_episodes("seat-limit").keys() == {"old", "new"}


def test_a_person_goes_back_too(ledger: Ledger) -> None:
    one_run(ledger, 0, [UserOf("old", "anon")], who="users")
    one_run(ledger, 1, [UserOf("new", "ana")], ids=ONE, who="users")
    assert one_run(ledger, 2, [UserOf("old", "anon")], who="users").firings == ()
    assert ledger.open_episodes("seat-limit").keys() == {UserOf("old", "anon")}


def test_of_a_few_accounts_also_what_moved_away_is_found(ledger: Ledger) -> None:
    one_run(ledger, 0, ["old"])
    one_run(ledger, 1, ["new"], ids=ONE)
    assert ledger.open_episodes("seat-limit", ["old"]).keys() == {"new"}
