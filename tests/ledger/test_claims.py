import multiprocessing
import threading
from collections import Counter
from decimal import Decimal

import pytest

from expansion.contract import Done
from expansion.ledger import verdicts
from expansion.ledger.store import open_ledger
from expansion.records.ledger import DueAction
from tests.ledger.builders import LEASE, NOON, a_firing, claim, key_of, minutes, record, state_of


def test_a_claimed_step_belongs_to_its_holder_alone(ledger):
    record(ledger, a_firing(steps=[{}]))
    (step,) = claim(ledger, holder="me")
    assert (step.key, step.state, step.claimed_by, step.tries) == (key_of(), "claimed", "me", 1)
    assert (step.lease_until, step.sending_since, step.input) == (NOON + LEASE, None, {"text": "hi"})
    assert claim(ledger, holder="you") == []


def test_the_most_valuable_steps_come_first(ledger):
    amounts = {"acme": "9", "bolt": "10.5", "cara": "1000", "dune": None}
    record(ledger, *(a_firing(name, priority=n and Decimal(n), steps=[{}]) for name, n in amounts.items()))
    assert [step.account_id for step in claim(ledger, limit=3)] == ["cara", "bolt", "acme"]
    assert [step.account_id for step in claim(ledger, limit=3)] == ["dune"]


def test_only_the_action_and_playbook_asked_for_are_claimed(ledger):
    record(ledger, a_firing("acme", steps=[{}, {"action": "chat.post"}]))
    record(ledger, a_firing("bolt", playbook="paywall", steps=[{}]))
    assert ledger.claim("chat.other", 9, "me", NOON, LEASE) == []
    (step,) = ledger.claim("crm.create_task", 9, "me", NOON, LEASE, playbook="paywall")
    assert step.account_id == "bolt"


def test_a_step_is_not_claimed_before_its_time(ledger):
    record(ledger, a_firing(steps=[{}]))
    claim(ledger)
    ledger.resolve([verdicts.released(key_of(), NOON + minutes(5), "busy")], "me", NOON)
    assert claim(ledger, at=NOON + minutes(4)) == []
    assert len(claim(ledger, at=NOON + minutes(5))) == 1


@pytest.mark.parametrize(
    ("first", "can_fail", "second"),
    [
        ("due", False, "blocked"),
        ("claimed", False, "blocked"),
        ("unsure", False, "blocked"),
        ("refused", False, "skipped"),
        ("done", False, "free"),
        ("skipped", False, "free"),
        ("due", True, "free"),
        ("unsure", True, "free"),
        ("refused", True, "free"),
    ],
)
def test_a_step_waits_for_those_before_it_unless_they_may_fail(ledger, first, can_fail, second):
    record(ledger, a_firing(steps=[{"can_fail": can_fail}, {"action": "chat.post"}]))
    bring_to(ledger, key_of(), first)
    assert [step.step_id for step in claim(ledger, "chat.post")] == (["step-1"] if second == "free" else [])
    expected = {"blocked": "due", "skipped": "skipped", "free": "claimed"}[second]
    assert state_of(ledger, key_of(step_id="step-1")) == expected


def bring_to(ledger, key, state):
    if state == "skipped":
        ledger.skip(key, "not now", NOON)
    elif state != "due":
        claim(ledger)
    match state:
        case "done":
            ledger.resolve([verdicts.done(key, Done("T1"))], "me", NOON)
        case "refused":
            ledger.resolve([verdicts.refused(key, "no such owner")], "me", NOON)
        case "unsure":
            ledger.resolve([verdicts.unsure(key, "cut off")], "me", NOON)
    assert state_of(ledger, key) == state


def test_steps_of_other_firings_do_not_stand_in_the_way(ledger):
    record(ledger, a_firing("acme", steps=[{}]), a_firing("bolt", steps=[{"can_fail": True}, {"action": "chat.post"}]))
    assert [step.account_id for step in claim(ledger, "chat.post")] == ["bolt"]


def test_due_actions_count_what_can_be_claimed_now(ledger):
    waits = {"state": "waiting", "input": None, "not_before": NOON}
    record(ledger, a_firing("acme", steps=[{"can_fail": True}, {"action": "chat.post"}, waits]))
    record(ledger, a_firing("bolt", playbook="paywall", steps=[{}, {"action": "chat.post"}]))
    assert ledger.due_actions(NOON) == [
        DueAction("paywall", "crm.create_task", 1),
        DueAction("seats", "chat.post", 1),
        DueAction("seats", "crm.create_task", 1),
    ]
    assert ledger.due_actions(NOON, playbook="paywall") == [DueAction("paywall", "crm.create_task", 1)]
    assert ledger.due_actions(NOON - minutes(1)) == []


def test_sending_starts_only_for_claims_that_are_still_held(ledger):
    record(ledger, a_firing("acme", steps=[{}]), a_firing("bolt", steps=[{}]))
    steps = claim(ledger, limit=1, holder="me") + claim(ledger, limit=1, holder="you")
    later = NOON + minutes(10)
    kept = ledger.start_sending([step.key for step in steps], "me", later, LEASE)
    assert kept == {steps[0].key}
    (mine, yours) = sorted(ledger.steps(), key=lambda step: step.claimed_by)
    assert (mine.sending_since, mine.lease_until) == (later, later + LEASE)
    assert (yours.sending_since, yours.lease_until) == (None, NOON + LEASE)


def test_abandoned_are_those_of_dead_holders_and_those_whose_lease_is_over(ledger):
    record(ledger, *(a_firing(name, steps=[{}]) for name in ("acme", "bolt", "cara")))
    for holder, at in (("dead", NOON), ("slow", NOON), ("well", NOON + minutes(10))):
        claim(ledger, limit=1, holder=holder, at=at)

    def holders(at):
        return {step.claimed_by for step in ledger.abandoned(at, alive=lambda name: name != "dead")}

    assert holders(NOON + minutes(1)) == {"dead"}
    assert holders(NOON + LEASE) == {"dead", "slow"}


def test_an_abandoned_claim_is_taken_over_once(ledger):
    record(ledger, a_firing(steps=[{}]))
    claim(ledger, holder="dead")
    left = ledger.abandoned(NOON, alive=lambda name: False)
    (taken,) = ledger.take_over(left, "me", NOON, LEASE)
    assert taken.claimed_by == "me"
    assert ledger.take_over(left, "you", NOON, LEASE) == []
    assert not ledger.resolve([verdicts.done(key_of(), Done("T1"))], "dead", NOON)
    (line, late) = ledger.attempts(key_of())
    assert (line.holder, line.outcome, line.maybe_done) == ("dead", "abandoned", False)
    assert (late.holder, late.outcome) == ("dead", "late")


def test_a_holder_that_renewed_its_lease_in_time_is_not_taken_over(ledger):
    record(ledger, a_firing(steps=[{}]))
    claim(ledger, holder="slow")
    late = NOON + LEASE
    left = ledger.abandoned(late, alive=lambda name: True)
    ledger.start_sending([key_of()], "slow", late, LEASE)
    assert ledger.take_over(left, "me", late, LEASE) == []


def claim_all(url, together, holder, found):
    """Claim in small bites until nothing is left."""
    ledger = open_ledger(url)
    together.wait(60)
    keys = []
    while steps := claim(ledger, holder=holder, limit=5):
        keys += [step.key for step in steps]
        ledger.start_sending([step.key for step in steps], holder, NOON, LEASE)
        for step in steps:
            assert ledger.resolve([verdicts.done(step.key, Done(step.account_id))], holder, NOON)
    ledger.close()
    found.put(keys)


ACCOUNTS = [f"account-{number:03}" for number in range(120)]


@pytest.mark.parametrize("kind", ["threads", "processes"])
@pytest.mark.starts
def test_workers_that_claim_at_once_never_get_the_same_step(url, kind):
    ledger = open_ledger(url)
    record(ledger, *(a_firing(name, steps=[{}]) for name in ACCOUNTS))
    ledger.close()
    # Of a fork server, which has imported everything: a forked child would share the parent's connections.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    module = threading if kind == "threads" else context
    worker_of = threading.Thread if kind == "threads" else context.Process
    together, found = module.Barrier(4), context.Queue()
    workers = [worker_of(target=claim_all, args=(url, together, f"worker-{n}", found)) for n in range(4)]
    for worker in workers:
        worker.start()
    each = [found.get(timeout=120) for _ in workers]
    for worker in workers:
        worker.join(60)
    assert Counter(key for keys in each for key in keys) == Counter(key_of(name) for name in ACCOUNTS)
