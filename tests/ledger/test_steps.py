import pytest

from expansion.contract import Done
from expansion.ledger import verdicts
from expansion.records.ledger import StepFilter
from tests.ledger.builders import LEASE, NOON, a_firing, claim, key_of, minutes, record, state_of

LATER = NOON + minutes(60)
WAITS = {"state": "waiting", "input": None, "not_before": LATER}


def test_a_waiting_step_is_rendered_when_its_time_comes(ledger):
    record(ledger, a_firing(steps=[WAITS]))
    assert ledger.waiting_due(NOON) == []
    assert claim(ledger, at=LATER) == []
    assert [step.key for step in ledger.waiting_due(LATER)] == [key_of()]
    assert ledger.set_input(key_of(), {"text": "hello"}, LATER)
    assert not ledger.set_input(key_of(), {"text": "again"}, LATER)
    (step,) = claim(ledger, at=LATER)
    assert step.input == {"text": "hello"}


def test_a_waiting_step_can_be_asked_again_later(ledger):
    record(ledger, a_firing(steps=[WAITS]))
    assert ledger.postpone(key_of(), LATER + minutes(60), "cannot tell", LATER)
    assert ledger.waiting_due(LATER) == []
    assert len(ledger.waiting_due(LATER + minutes(60))) == 1


def test_a_step_is_skipped_with_a_reason_unless_somebody_has_it(ledger):
    record(ledger, a_firing("acme", steps=[{}]), a_firing("bolt", steps=[WAITS]))
    claim(ledger)
    assert not ledger.skip(key_of("acme"), "not now", NOON)
    assert ledger.skip(key_of("bolt"), "not now", NOON)
    assert {step.account_id: (step.state, step.reason) for step in ledger.steps()} == {
        "acme": ("claimed", None),
        "bolt": ("skipped", "not now"),
    }


def test_a_confirmed_step_keeps_what_the_system_said(ledger):
    record(ledger, a_firing(steps=[{}]))
    claim(ledger)
    assert ledger.resolve(
        [verdicts.done(key_of(), Done("T1", "https://crm/T1", "eligible", already=True))], "me", LATER
    )
    (step,) = ledger.steps()
    assert (step.state, step.remote_id, step.link, step.note) == ("done", "T1", "https://crm/T1", "eligible")
    assert (step.claimed_by, step.lease_until, step.updated_at) == (None, None, LATER)
    (line,) = ledger.attempts(key_of())
    assert (line.at, line.holder, line.outcome, line.maybe_done) == (LATER, "me", "done", False)
    assert line.detail == "it was already there T1 eligible"


def test_what_the_system_said_is_kept_letter_by_letter_or_not_at_all(ledger):
    record(ledger, a_firing("acme", steps=[{}]), a_firing("bolt", steps=[{}]))
    claim(ledger)
    odd = 'é 😀 "q" \\ \n\u2028 $[0] %s :x ?'
    assert ledger.resolve([verdicts.done(key_of("acme"), Done(odd, odd))], "me", LATER)
    with pytest.raises(UnicodeEncodeError):  # half a character: it could be written, and never be read again
        ledger.resolve([verdicts.done(key_of("bolt"), Done("\ud800"))], "me", LATER)
    acme, bolt = sorted(ledger.steps(), key=lambda step: step.account_id)
    assert (acme.remote_id, acme.link, bolt.state) == (odd, odd, "claimed")
    assert [line.detail for line in ledger.attempts(acme.key)] == [odd]
    assert [line.remote_id for line in ledger.audit()] == [odd]
    assert ledger.audit_breaks() == []


def test_a_run_has_to_do_with_the_steps_of_its_firings_and_with_earlier_ones_that_it_tried(ledger):
    first = ledger.start_run("expansion", as_of=NOON, now=NOON, holder="me")
    ledger.record(first, [a_firing("acme", steps=[{}]), a_firing("bolt", steps=[{}])], [], NOON)
    second = ledger.start_run("follow_up", as_of=NOON, now=NOON, holder="you")
    claim(ledger, holder="you", limit=1)
    ledger.resolve([verdicts.done(key_of("acme"), Done("T1"))], "you", NOON)
    assert {step.account_id for step in ledger.steps_of_run(first)} == {"acme", "bolt"}
    assert [step.account_id for step in ledger.steps_of_run(second)] == ["acme"]


def test_only_the_holder_can_say_what_became_of_a_step(ledger):
    record(ledger, a_firing(steps=[{}]))
    claim(ledger, holder="me")
    assert not ledger.resolve([verdicts.done(key_of(), Done("T1"))], "you", NOON)
    assert not ledger.resolve([verdicts.refused(key_of(), "no")], "you", NOON)
    assert not ledger.resolve([verdicts.released(key_of(), NOON, "later")], "you", NOON)
    assert not ledger.resolve([verdicts.unsure(key_of(), "cut")], "you", NOON)
    assert state_of(ledger, key_of()) == "claimed"
    assert [line.outcome for line in ledger.attempts(key_of())] == ["late"] * 4
    assert ledger.attempts(key_of())[1].detail == "refused, but the claim was no longer this holder's: no"


@pytest.mark.parametrize("state", ["due", "unsure"])
def test_a_late_done_is_heard_while_nobody_else_has_the_step(ledger, state):
    """Or it would be sent a second time."""
    record(ledger, a_firing(steps=[{}]))
    claim(ledger, holder="slow")
    taken = ledger.take_over(ledger.abandoned(NOON + LEASE, lambda name: True), "me", NOON + LEASE, LEASE)
    back = verdicts.released(key_of(), NOON, "later") if state == "due" else verdicts.unsure(key_of(), "cut")
    assert taken
    assert ledger.resolve([back], "me", NOON + LEASE)
    assert ledger.resolve([verdicts.done(key_of(), Done("T1"))], "slow", NOON + LEASE)
    assert state_of(ledger, key_of()) == "done"


def test_a_refusal_skips_what_follows_with_its_reason(ledger):
    record(ledger, a_firing(steps=[{}, {"action": "chat.post"}, WAITS]), a_firing("bolt", steps=[{}, {}]))
    claim(ledger)
    assert ledger.resolve([verdicts.refused(key_of(), "no such owner")], "me", NOON)
    states = [(step.state, step.reason) for step in ledger.steps(StepFilter(account_id="acme"))]
    reason = "step-0, the step before it, was refused"
    assert states == [("refused", "no such owner"), ("skipped", reason), ("skipped", reason)]
    assert state_of(ledger, key_of("bolt", "step-1")) == "due"


def test_an_attempt_that_does_not_count_is_given_back(ledger):
    record(ledger, a_firing(steps=[{}]))
    for _ in range(3):
        (step,) = claim(ledger)
        assert step.tries == 1
        ledger.resolve([verdicts.released(key_of(), NOON, "key expired", counts=False)], "me", NOON)
    claim(ledger)
    ledger.resolve([verdicts.released(key_of(), NOON, "busy")], "me", NOON)
    (step,) = claim(ledger)
    assert step.tries == 2


def test_a_batch_is_resolved_together_and_lost_claims_change_nothing(ledger):
    record(ledger, *(a_firing(name, steps=[{}]) for name in ("acme", "bolt", "cara")))
    claim(ledger, limit=2, holder="me")
    claim(ledger, holder="you")
    all_done = [verdicts.done(key_of(name), Done(name)) for name in ("acme", "bolt", "cara")]
    assert ledger.resolve(all_done, "me", NOON) == {key_of("acme"), key_of("bolt")}
    assert {step.account_id: step.remote_id for step in ledger.steps()} == {
        "acme": "acme",
        "bolt": "bolt",
        "cara": None,
    }
    assert ledger.resolve([], "me", NOON) == frozenset()


@pytest.mark.parametrize(("settlement", "state"), [("done", "done"), ("retry", "due"), ("skip", "skipped")])
def test_a_person_settles_an_unsure_step(ledger, settlement, state):
    record(ledger, a_firing(steps=[{}, {"action": "chat.post"}]))
    claim(ledger)
    ledger.resolve([verdicts.unsure(key_of(), "cut off")], "me", NOON)
    assert [step.reason for step in ledger.unsure_steps()] == ["cut off"]
    assert ledger.settle(key_of(), settlement, "dana", "seen in the CRM", LATER)
    assert not ledger.settle(key_of(), settlement, "dana", "again", LATER)
    assert ledger.unsure_steps() == []
    assert state_of(ledger, key_of()) == state
    line = ledger.attempts(key_of())[-1]
    assert (line.holder, line.outcome, line.detail) == ("dana", f"settled: {settlement}", "seen in the CRM")
    assert bool(claim(ledger, at=LATER)) == (settlement == "retry")
    assert bool(claim(ledger, "chat.post", at=LATER)) == (settlement != "retry")


def test_steps_can_be_narrowed(ledger):
    first = record(ledger, a_firing("acme", steps=[{}, {"action": "chat.post"}]))
    record(ledger, a_firing("acme", trigger="paywall", playbook="paywall", steps=[{}]))

    def count(**wanted):
        return len(ledger.steps(StepFilter(**wanted)))

    assert count(run_id=first) == 2
    assert count(trigger="paywall") == 1
    assert count(account_id="acme") == 3
    assert count(playbook="seats", action="chat.post") == 1
    assert count(states=("done",)) == 0
    assert count(limit=2) == 2
    record(ledger, a_firing("cara", user_id="ana", steps=[{}]))
    assert (count(user_id="ana"), count(user_id="")) == (1, 3)
