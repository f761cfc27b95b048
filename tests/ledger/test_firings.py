import threading
import time
from decimal import Decimal

import pytest
from sqlalchemy import event

from expansion.evaluate.subjects import UserOf
from expansion.ledger.firings import EPISODE_ENDED
from expansion.ledger.store import open_ledger
from expansion.records.firing import Cleared, LastEpisode, OpenEpisode, Redecided
from expansion.records.ledger import FiringFilter, PastDecision, StepFilter
from tests.ledger.builders import LINE, NOON, a_firing, claim, key_of, minutes, record, state_of


def test_a_firing_comes_back_as_it_was_recorded(ledger):
    run_id = record(ledger, a_firing("acme"))
    firing = ledger.firing("seat-limit", "acme")
    assert firing.run_id == run_id
    assert (firing.account_name, firing.decision, firing.fired_at) == ("Acme", "acting", NOON)
    assert (firing.worth, firing.likely, firing.priority) == (Decimal(3600), Decimal("0.3"), Decimal(1080))
    assert firing.priority_parts == (("worth", "$3,600"), ("likely", "30%"))
    assert firing.evidence == {"lines": [LINE]}


def test_steps_are_due_at_once_or_wait_for_their_time(ledger):
    later = NOON + minutes(60)
    waits = {"state": "waiting", "input": None, "not_before": later}
    record(ledger, a_firing(steps=[{"can_fail": True}, waits, {"state": "skipped", "reason": "no admins"}]))
    first, second, third = ledger.steps()
    assert (first.state, first.not_before, first.input, first.can_fail) == ("due", NOON, {"text": "hi"}, True)
    assert (second.state, second.not_before, second.input) == ("waiting", later, None)
    assert (third.state, third.reason) == ("skipped", "no admins")
    assert (first.account_name, first.owner, first.fired_at) == ("Acme", "dana@acme.example", NOON)
    assert (first.integration, first.action, first.recipe) == ("crm", "crm.create_task", {"with": {"text": "hi"}})


def test_recording_the_same_firing_again_changes_nothing(ledger):
    record(ledger, a_firing(reason="first", steps=[{}]))
    run_id = ledger.start_run("expansion", as_of=NOON, now=NOON)
    again = ledger.record(run_id, [a_firing(reason="second", steps=[{}, {}]), a_firing("bolt")], [], NOON)
    assert again.already == (("seat-limit", "acme"),)
    assert len(again.firing_ids) == 1
    assert ledger.firing("seat-limit", "acme").reason == "first"
    assert len(ledger.steps()) == 1


def test_an_account_never_has_two_open_episodes_of_a_trigger(ledger):
    record(ledger, a_firing(episode=1))
    run_id = ledger.start_run("expansion", as_of=NOON, now=NOON)
    assert ledger.record(run_id, [a_firing(episode=2, steps=[{}])], [], NOON).firing_ids == ()
    assert ledger.steps() == []


def test_two_people_of_an_account_have_open_episodes_side_by_side(ledger):
    ana, bo = (a_firing(user_id=user, user_name=user.title(), steps=[{}]) for user in ("ana", "bo"))
    record(ledger, a_firing(), ana, bo)
    assert ledger.open_episodes("seat-limit").keys() == {"acme", UserOf("acme", "ana"), UserOf("acme", "bo")}
    found = {(step.user_id, step.user_name, step.called) for step in ledger.steps()}
    assert found == {("ana", "Ana", "Ana of Acme"), ("bo", "Bo", "Bo of Acme")}
    assert ledger.firing("seat-limit", "acme", "ana").user_name == "Ana"
    assert ledger.firing("seat-limit", "acme").user_id == ""
    assert ledger.firing("seat-limit", "acme", "cy") is None


def test_the_same_person_is_never_recorded_twice(ledger):
    record(ledger, a_firing(user_id="ana", steps=[{}]))
    run_id = ledger.start_run("expansion", as_of=NOON, now=NOON)
    again = [a_firing(user_id="ana", steps=[{}]), a_firing(user_id="ana", episode=2, steps=[{}])]
    found = ledger.record(run_id, [*again, a_firing("bolt", user_id="ana")], [], NOON)
    assert found.already == (("seat-limit", ("acme", "ana")),) * 2
    assert len(found.firing_ids) == 1
    assert [step.key for step in ledger.steps()] == [key_of(user="ana")]


def test_the_episode_of_a_person_ends_alone(ledger):
    record(ledger, a_firing(steps=[{}]), *(a_firing(user_id=user, steps=[{}]) for user in ("ana", "bo")))
    later = NOON + minutes(60)
    record(ledger, cleared=[Cleared("seat-limit", "acme", "ana")], at=later)
    assert ledger.open_episodes("seat-limit").keys() == {"acme", UserOf("acme", "bo")}
    assert {step.user_id: step.state for step in ledger.steps()} == {"": "due", "ana": "skipped", "bo": "due"}
    record(ledger, a_firing(user_id="ana", episode=2), cleared=[Cleared("seat-limit", "acme")], at=later)
    assert ledger.last_episode("seat-limit") == {
        "acme": LastEpisode(1, NOON, later, "acting"),
        UserOf("acme", "ana"): LastEpisode(2, NOON, None, "acting"),
        UserOf("acme", "bo"): LastEpisode(1, NOON, None, "acting"),
    }


def test_an_episode_may_end_and_the_next_begin_in_one_run(ledger):
    record(ledger, a_firing(episode=1, decision="suppressed"))
    record(ledger, a_firing(episode=2, steps=[{}]), cleared=[Cleared("seat-limit", "acme")])
    assert ledger.open_episodes("seat-limit")["acme"].episode == 2


def test_open_and_last_episodes_are_told_by_trigger(ledger):
    record(ledger, a_firing("acme"), a_firing("bolt", decision="held out"), a_firing("acme", trigger="paywall"))
    later = NOON + minutes(60)
    record(ledger, cleared=[Cleared("seat-limit", "acme")], at=later)
    episodes = ledger.open_episodes("seat-limit")
    assert episodes.keys() == {"bolt"}
    assert episodes["bolt"] == OpenEpisode(episodes["bolt"].firing_id, 1, NOON, "held out", "nearly out of seats", NOON)
    assert ledger.last_episode("seat-limit") == {
        "acme": LastEpisode(1, NOON, later, "acting"),
        "bolt": LastEpisode(1, NOON, None, "held out"),
    }


def test_the_last_episode_is_the_one_with_the_highest_number(ledger):
    record(ledger, a_firing(episode=9))
    record(ledger, a_firing(episode=10), cleared=[Cleared("seat-limit", "acme")])
    assert ledger.last_episode("seat-limit")["acme"].episode == 10
    assert ledger.firing("seat-limit", "acme").episode == 10


def test_steps_of_an_ended_episode_that_were_not_sent_are_skipped(ledger):
    waits = {"action": "chat.post", "state": "waiting", "input": None, "not_before": NOON}
    record(ledger, a_firing(steps=[{}, waits, {"action": "chat.post"}]), a_firing("bolt", steps=[{}]))
    claim(ledger, limit=1)
    record(ledger, cleared=[Cleared("seat-limit", "acme")], at=NOON + minutes(60))
    found = {step.key: (step.state, step.reason) for step in ledger.steps(StepFilter(account_id="acme"))}
    assert found == {
        key_of(): ("claimed", None),
        key_of(step_id="step-1"): ("skipped", EPISODE_ENDED),
        key_of(step_id="step-2"): ("skipped", EPISODE_ENDED),
    }
    assert state_of(ledger, key_of("bolt")) == "due"


def test_a_run_over_an_earlier_day_does_not_end_a_later_episode(ledger):
    record(ledger, a_firing(fired_at=NOON))
    yesterday = ledger.start_run("expansion", as_of=NOON - minutes(60 * 24), now=NOON)
    assert ledger.record(yesterday, [], [Cleared("seat-limit", "acme")], NOON).cleared == 0
    assert "acme" in ledger.open_episodes("seat-limit")


@pytest.mark.parametrize("decision", ["watching", "suppressed", "held out", "flood", "no playbook"])
def test_what_is_not_acted_on_cannot_have_steps(ledger, decision):
    run_id = ledger.start_run("expansion", as_of=NOON, now=NOON)
    with pytest.raises(ValueError, match="cannot have steps"):
        ledger.record(run_id, [a_firing("bolt", steps=[{}]), a_firing(decision=decision, steps=[{}])], [], NOON)
    assert ledger.firings() == []


def test_past_counts_are_those_that_reached_the_brake_in_each_run_that_decided(ledger):
    record(ledger, a_firing("other", trigger="paywall"))  # before this trigger existed
    record(ledger, a_firing("a"), a_firing("b", decision="flood"), a_firing("c", decision="suppressed"))
    record(ledger)  # it was not due, or nobody fired
    failed = ledger.start_run("expansion", as_of=NOON, now=NOON)  # it decided, and then a vendor was down
    ledger.record(failed, [a_firing("d"), a_firing("f"), a_firing("g")], [], NOON)
    ledger.finish_run(failed, "failed", NOON)
    ledger.finish_run(ledger.start_run("follow_up", as_of=NOON, now=NOON), "completed", NOON)
    record(ledger, a_firing("e", decision="watching"))
    assert ledger.past_counts("seat-limit", limit=10) == [1, 3, 2]
    assert ledger.past_counts("seat-limit", limit=2) == [1, 3]
    assert ledger.past_counts("never-fired", limit=10) == []


def test_past_counts_count_an_account_once_however_many_of_its_people_fired(ledger):
    record(ledger, *(a_firing(user_id=user) for user in ("ana", "bo", "cy")), a_firing("bolt", user_id="ana"))
    assert ledger.past_counts("seat-limit", limit=10) == [2]


def test_whom_a_trigger_fired_for_in_some_time_whatever_run_it_was_but_not_its_old_news(ledger):
    record(ledger, a_firing("old", decision="quiet"), a_firing("a"), a_firing("b", decision="suppressed"))
    reacting = ledger.start_run("react", as_of=NOON, now=NOON)
    later = NOON + minutes(5)
    ledger.record(reacting, [a_firing("c", fired_at=later)], [], later, as_of=later)
    assert sorted(ledger.fired("seat-limit", NOON - minutes(1), later)) == [("a", NOON), ("c", later)]
    assert ledger.fired("seat-limit", NOON, NOON + minutes(4)) == []


def test_an_episode_ends_at_the_moment_of_the_decision_where_a_run_decides_again_and_again(ledger):
    record(ledger, a_firing(fired_at=NOON + minutes(1)))
    reacting = ledger.start_run("react", as_of=NOON, now=NOON)
    assert ledger.record(reacting, [], [Cleared("seat-limit", "acme")], NOON + minutes(2)).cleared == 0
    at = NOON + minutes(3)
    assert ledger.record(reacting, [], [Cleared("seat-limit", "acme")], at, as_of=at).cleared == 1


def test_firings_are_listed_by_what_they_are_worth(ledger):
    amounts = {"acme": "9", "bolt": "10.5", "cara": "1000", "dune": None}
    record(ledger, *(a_firing(name, priority=amount and Decimal(amount)) for name, amount in amounts.items()))
    assert [firing.account_id for firing in ledger.firings()] == ["cara", "bolt", "acme", "dune"]


def test_firings_can_be_narrowed(ledger):
    first = record(ledger, a_firing("acme"), a_firing("bolt", decision="suppressed"))
    record(ledger, a_firing("acme", trigger="paywall"), cleared=[Cleared("seat-limit", "acme")])

    def ids(**wanted):
        return {(firing.trigger, firing.account_id) for firing in ledger.firings(FiringFilter(**wanted))}

    assert ids(run_id=first) == {("seat-limit", "acme"), ("seat-limit", "bolt")}
    assert ids(trigger="paywall") == {("paywall", "acme")}
    assert ids(account_id="acme", open_only=True) == {("paywall", "acme")}
    assert ids(decisions=("suppressed",)) == {("seat-limit", "bolt")}
    assert len(ids(limit=1)) == 1
    record(ledger, a_firing("cara", user_id="ana"))
    assert ids(user_id="ana") == {("seat-limit", "cara")}
    assert ("seat-limit", "cara") not in ids(user_id="")
    assert ledger.firing("paywall", "nobody") is None


def test_two_runs_that_record_the_same_firings_at_once_record_them_once(url):
    everybody = [(f"account-{number}", user) for number in range(20) for user in ("", "ana")]
    together = threading.Barrier(4)
    new, errors = [], []

    def run(order):
        ledger = open_ledger(url)
        try:
            run_id = ledger.start_run("expansion", as_of=NOON, now=NOON)
            together.wait(30)
            firings = [a_firing(account, user_id=user, steps=[{}, {}]) for account, user in order]
            new.append(len(ledger.record(run_id, firings, [], NOON).firing_ids))
        except Exception as error:
            errors.append(error)
        finally:
            ledger.close()

    orders = (everybody, everybody[::-1], everybody[20:] + everybody[:20], everybody)
    threads = [threading.Thread(target=run, args=(order,)) for order in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    assert sum(new) == len(everybody)
    ledger = open_ledger(url)
    assert len(ledger.firings()) == len(everybody)
    assert len(ledger.steps()) == 2 * len(everybody)
    ledger.close()


# --- decided again ----------------------------------------------------------------------------------------------------


def test_what_was_decided_before_is_kept_and_the_steps_are_written_once(ledger):
    first = record(ledger, a_firing(decision="suppressed", playbook=None))
    was = ledger.open_episodes("seat-limit")["acme"]
    later = NOON + minutes(60)
    again = [Redecided(was, a_firing(steps=[{}], reason="starts playbook seats", evidence={"n": 2}), later)]
    second = ledger.start_run("expansion", as_of=later, now=later)
    assert ledger.record(second, [], [], later, again=again).again == (was.firing_id,)
    lost = ledger.record(second, [], [], later, again=again)
    assert (lost.again, lost.already) == ((), (("seat-limit", "acme"),))
    firing = ledger.firing("seat-limit", "acme")
    assert (firing.id, firing.run_id, firing.fired_at) == (was.firing_id, first, NOON)
    assert (firing.decision, firing.decided_at, firing.decided_in) == ("acting", later, second)
    assert firing.evidence == {"n": 2}
    assert ledger.past_decisions(firing.id) == [PastDecision("suppressed", "nearly out of seats", NOON, first)]
    assert [step.key for step in ledger.steps()] == [key_of()]
    assert [each.id for each in ledger.firings(FiringFilter(run_id=second))] == [firing.id]
    assert [due.count for due in ledger.due_actions(later)] == [1]


def test_an_episode_that_ended_meanwhile_is_not_decided_again(ledger):
    record(ledger, a_firing(decision="suppressed", playbook=None))
    was = ledger.open_episodes("seat-limit")["acme"]
    record(ledger, cleared=[Cleared("seat-limit", "acme")])
    run_id = ledger.start_run("expansion", as_of=NOON, now=NOON)
    recorded = ledger.record(run_id, [], [], NOON, again=[Redecided(was, a_firing(steps=[{}]), NOON)])
    assert (recorded.again, ledger.steps()) == ((), [])


def test_how_a_trigger_ran_is_remembered_with_what_it_found(ledger):
    assert not ledger.was_live("seat-limit")
    run_id = ledger.start_run("expansion", as_of=NOON, now=NOON)
    for status, live in (("watching", False), ("live", True), ("watching", False)):
        ledger.record(run_id, [], [], NOON, ran_as={"seat-limit": status})
        assert ledger.was_live("seat-limit") is live


@pytest.mark.parametrize(("decision", "live"), [("watching", False), ("paused", False), ("held_out", True)])
def test_before_that_was_remembered_firings_tell(ledger, decision, live):
    record(ledger, a_firing(decision=decision, playbook=None))
    assert ledger.was_live("seat-limit") is live


def test_what_waits_is_declined_once_and_holds_its_place_until_then(ledger):
    reached = {"evidence": {"reaches": ["ana", "ben"]}}
    record(ledger, a_firing(decision="approval", **reached), a_firing("bolt", decision="flood"), a_firing("cara"))
    run_id = ledger.start_run("approval", as_of=NOON, now=NOON)
    waiting = ledger.firings(FiringFilter(decisions=("approval", "flood")))
    ids = [one.id for one in waiting]
    before, after = NOON - minutes(1), NOON + minutes(1)
    held, begun = ledger.conversations(before, after)
    assert (held.account_id, held.people, held.at) == ("acme", ("ana", "ben"), NOON)
    assert (begun.account_id, begun.people) == ("cara", ())

    assert sorted(ledger.decline(ids, "dana: not now", run_id, after)) == sorted(ids)
    assert ledger.decline(ids, "ed", run_id, after) == []
    assert [one.account_id for one in ledger.conversations(before, after + minutes(1))] == ["cara"]
    declined = ledger.firing("seat-limit", "acme")
    assert (declined.decision, declined.reason) == ("declined", "declined by dana: not now")
    assert [past.decision for past in ledger.past_decisions(declined.id)] == ["approval"]
    assert sorted(line.outcome for line in ledger.audit()) == ["declined", "declined"]


def seconds_to_record(ledger, count, trigger):
    firings = [a_firing(f"account-{n}", trigger=trigger, steps=[{}]) for n in range(count)]
    began = time.perf_counter()
    assert len(ledger.firings(FiringFilter(run_id=record(ledger, *firings), limit=1))) == 1
    assert record(ledger, cleared=[Cleared(trigger, f"account-{n}") for n in range(count)])
    return time.perf_counter() - began


def test_four_times_the_firings_take_about_four_times_as_long_to_record_and_to_end(ledger):
    seconds_to_record(ledger, 50, "to-warm-up")
    few, many = seconds_to_record(ledger, 2_500, "few"), seconds_to_record(ledger, 10_000, "many")
    if many >= 8 * few:  # the machine was busy meanwhile, or it is so: a second time tells
        many = min(many, seconds_to_record(ledger, 10_000, "many-again"))
    assert many < 8 * few  # it was sixteen times as long where every firing was compared with every other
    assert len(ledger.open_episodes("many")) == 0
    assert {step.state for step in ledger.steps()} == {"skipped"}


def test_ending_ten_thousand_episodes_is_a_handful_of_statements(ledger):
    record(ledger, *(a_firing(f"account-{n}") for n in range(500)))
    statements = []
    event.listen(ledger.engine, "before_cursor_execute", lambda *said: statements.append(said[2]))
    record(ledger, cleared=[Cleared("seat-limit", f"account-{n}") for n in range(500)])
    assert len(statements) < 20
