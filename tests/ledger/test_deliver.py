from datetime import timedelta

import pytest

from expansion.contract import NoAccess, Refused, TryLater
from expansion.deliver.deliver import deliver
from expansion.deliver.judging import Patience
from expansion.deliver.office import LEASE, Office
from expansion.deliver.recover import recover
from expansion.deliver.sending import refuse_unless_ours
from expansion.ledger.store import Ledger
from expansion.records.firing import Cleared
from tests.ledger.builders import NOON, a_firing, claim, key_of, minutes, record, state_of
from tests.ledger.vendor import Clock, Killed, Vendor, to_piece

CRM = "crm.create_task"


def send(ledger: Ledger, vendor: Vendor, clock: Clock, holder: str = "me", **rest):
    patience = {"patience": rest.pop("patience")} if "patience" in rest else {}
    office = Office(ledger, {vendor.name: vendor}, rest.pop("to_piece", to_piece), clock, holder, **patience)
    return deliver(office, vendor.name, **rest)


def pick_up(ledger: Ledger, vendor: Vendor, clock: Clock, holder: str = "next", dead: str = "me"):
    return recover(Office(ledger, {vendor.name: vendor}, to_piece, clock, holder), alive=lambda name: name != dead)


def accounts(ledger: Ledger, count: int, **step) -> list[str]:
    names = [f"account-{number:02}" for number in range(count)]
    record(ledger, *(a_firing(name, steps=[step]) for name in names))
    return [key_of(name) for name in names]


@pytest.fixture
def clock():
    return Clock(NOON)


# --- replies ----------------------------------------------------------------------------------------------------------


def test_steps_are_sent_in_the_actions_batches_and_confirmed(ledger, clock):
    keys = accounts(ledger, 5)
    vendor = Vendor(CRM, batch=2)
    report = send(ledger, vendor, clock)
    assert [len(call) for call in vendor.calls] == [2, 2, 1]
    assert (report.claimed, report.count("done"), report.problem, report.errors) == (5, 5, None, ())
    assert vendor.applied == dict.fromkeys(keys, 1)
    assert all(step.link == f"https://{CRM}/{step.key[:6]}" for step in ledger.steps())
    assert send(ledger, vendor, clock).claimed == 0


def test_a_round_takes_no_more_than_its_limit(ledger, clock):
    accounts(ledger, 5)
    assert send(ledger, Vendor(CRM), clock, limit=3).claimed == 3


def test_once_it_is_to_stop_the_batches_that_are_left_go_back_untouched(ledger, clock):
    accounts(ledger, 5)
    vendor = Vendor(CRM, batch=2)
    report = send(ledger, vendor, clock, stopping=lambda: len(vendor.calls) == 1)
    assert (report.count("done"), report.count("due"), report.problem) == (2, 3, None)
    assert [(step.state, step.tries) for step in ledger.steps() if step.state != "done"] == [("due", 0)] * 3
    assert send(ledger, vendor, clock).count("done") == 3


def test_a_busy_system_is_tried_again_later_and_later(ledger, clock):
    (key,) = accounts(ledger, 1)
    vendor = Vendor(CRM)
    vendor.faults = ["later"] * 3
    waits = []
    for _ in range(3):
        assert send(ledger, vendor, clock).count("due") == 1
        again = ledger.steps()[0].not_before
        waits.append(again - clock.now)
        clock.now = again - minutes(0.5)
        assert send(ledger, vendor, clock).claimed == 0
        clock.now = again
    assert waits == [minutes(1), minutes(2), minutes(4)]
    assert send(ledger, vendor, clock).count("done") == 1
    assert vendor.applied == {key: 1}


def test_the_servers_own_wait_is_kept(ledger, clock):
    accounts(ledger, 1)
    vendor = Vendor(CRM)
    vendor.faults = ["wait"]
    send(ledger, vendor, clock)
    assert ledger.steps()[0].not_before == NOON + timedelta(hours=2)


def test_a_step_is_given_up_after_so_many_tries(ledger, clock):
    (key,) = accounts(ledger, 1)
    vendor = Vendor(CRM)
    vendor.faults = ["later"] * 3
    for _ in range(3):
        send(ledger, vendor, clock, patience=Patience(tries=3))
        clock.now += timedelta(hours=7)
    (step,) = ledger.steps()
    assert (step.state, step.reason) == ("refused", f"given up after 3 tries: {CRM} is busy")
    assert vendor.applied[key] == 0


def test_the_shipped_patience_lasts_most_of_a_day_and_never_longer_than_six_hours_a_time():
    patience = Patience()
    waits = [patience.wait(tries) for tries in range(1, patience.tries)]
    assert timedelta(hours=12) < sum(waits, timedelta()) < timedelta(hours=24)
    assert max(waits) == patience.wait(1000) == timedelta(hours=6)


def test_a_refused_step_stops_no_other(ledger, clock):
    accounts(ledger, 3)
    vendor = Vendor(CRM)
    vendor.faults = ["refused"]
    report = send(ledger, vendor, clock)
    assert (report.count("refused"), report.count("done")) == (1, 2)
    assert {step.reason for step in ledger.steps()} == {f"{CRM} knows no such owner", None}


def test_without_access_the_action_rests_and_no_try_is_lost(ledger, clock):
    accounts(ledger, 6)
    vendor = Vendor(CRM, batch=2)
    vendor.faults = ["ok!", "no_access"]
    report = send(ledger, vendor, clock)
    assert len(vendor.calls) == 1
    assert (report.problem.whose, report.problem.sentence) == ("settings", f"{CRM}: the key has expired")
    assert (report.count("done"), report.count("due")) == (1, 5)
    assert {step.tries for step in ledger.steps() if step.state == "due"} == {0}
    assert send(ledger, vendor, clock).count("done") == 5


def test_an_action_that_is_not_connected_leaves_its_steps_due(ledger, clock):
    accounts(ledger, 1)
    report = deliver(Office(ledger, {}, to_piece, clock, "me"), CRM)
    assert (report.claimed, report.problem.whose) == (0, "settings")
    assert report.problem.sentence.startswith("crm is not connected")
    assert ledger.steps()[0].state == "due"


def test_a_system_that_is_down_is_left_alone_after_a_few_calls(ledger, clock):
    accounts(ledger, 12)
    vendor = Vendor(CRM, batch=2)
    vendor.faults = ["later"] * 12
    report = send(ledger, vendor, clock)
    assert len(vendor.calls) == 3
    assert (report.problem.whose, report.problem.sentence) == ("their system", f"{CRM} is busy")
    assert sorted(step.tries for step in ledger.steps()) == [0] * 6 + [1] * 6
    assert send(ledger, vendor, clock).claimed == 0


def test_single_busy_records_do_not_stop_the_rest(ledger, clock):
    accounts(ledger, 8)
    vendor = Vendor(CRM, batch=1)
    vendor.faults = ["later", "later", "ok!"] * 3
    report = send(ledger, vendor, clock)
    assert (len(vendor.calls), report.problem) == (8, None)


# --- nobody knows whether it happened ---------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["maybe_later", "maybe_refused", "broken"])
@pytest.mark.parametrize("applied", [True, False])
def test_what_may_have_happened_is_looked_up(ledger, clock, word, applied):
    (key,) = accounts(ledger, 1)
    vendor = Vendor(CRM)
    vendor.faults = [f"{word}!" if applied else word]
    send(ledger, vendor, clock)
    assert state_of(ledger, key) == ("done" if applied else "due")
    clock.now += minutes(5)
    send(ledger, vendor, clock)
    assert state_of(ledger, key) == "done"
    assert vendor.applied[key] == 1


def test_what_is_carried_out_after_it_was_looked_up_is_not_sent_again(ledger, clock):
    """The system was slow: our call broke off, nothing was there yet, and then it was done all the same."""
    (key,) = accounts(ledger, 1)
    vendor = Vendor(CRM)
    vendor.faults = ["maybe_later"]
    send(ledger, vendor, clock)
    assert "looked up once more before it is sent again" in ledger.steps()[0].reason
    vendor.applied[key] += 1
    clock.now += Patience().settle - minutes(0.1)
    assert send(ledger, vendor, clock).claimed == 0
    clock.now += minutes(0.1)
    assert send(ledger, vendor, clock).count("done") == 1
    assert vendor.applied == {key: 1}
    assert len(vendor.calls) == 1


def test_a_kill_and_then_a_slow_system_do_it_once_too(ledger, clock):
    (key,) = accounts(ledger, 1)
    vendor = Vendor(CRM)
    vendor.faults = ["killed"]
    with pytest.raises(Killed):
        send(ledger, vendor, clock)
    assert pick_up(ledger, vendor, clock).count("due") == 1
    vendor.applied[key] += 1
    clock.now += Patience().settle
    assert send(ledger, vendor, clock).count("done") == 1
    assert vendor.applied == {key: 1}


def test_what_a_kill_cut_short_waits_for_the_system_to_settle_and_no_longer_however_often_it_is_killed(ledger, clock):
    """Nobody was busy: there is nothing to wait ever longer for."""
    (key,) = accounts(ledger, 1)
    vendor = Vendor(CRM)
    for _ in range(4):
        vendor.faults = ["killed"]
        with pytest.raises(Killed):
            send(ledger, vendor, clock)
        pick_up(ledger, vendor, clock)
        assert ledger.steps()[0].not_before == clock.now + Patience().settle
        clock.now += Patience().settle
    assert send(ledger, vendor, clock).count("done") == 1
    assert vendor.applied == {key: 1}


def test_a_step_in_doubt_that_cannot_be_looked_up_now_is_not_sent(ledger, clock):
    (key,) = accounts(ledger, 1)
    vendor = Vendor(CRM)
    vendor.faults = ["maybe_later"]
    send(ledger, vendor, clock)
    clock.now += minutes(5)
    vendor.look_ups = [TryLater("cannot be reached")]
    assert send(ledger, vendor, clock).count("unsure") == 1
    clock.now += minutes(5)
    assert pick_up(ledger, vendor, clock).count("due") == 1
    assert send(ledger, vendor, clock).count("done") == 1
    assert vendor.applied == {key: 1}


def test_what_was_looked_up_and_is_then_refused_is_refused_and_not_unsure(ledger, clock):
    accounts(ledger, 1)
    vendor = Vendor(CRM)
    vendor.faults = ["maybe_later", "refused"]
    send(ledger, vendor, clock)
    clock.now += minutes(5)
    assert send(ledger, vendor, clock).count("refused") == 1


@pytest.mark.parametrize("word", ["maybe_later!", "maybe_refused!", "maybe_no_access!", "broken!", "maybe_later"])
def test_what_cannot_be_looked_up_is_unsure_and_never_sent_again(ledger, clock, word):
    accounts(ledger, 1)
    vendor = Vendor(CRM, findable=False)
    vendor.faults = [word]
    assert send(ledger, vendor, clock).count("unsure") == 1
    assert "cannot be looked up" in ledger.unsure_steps()[0].reason
    clock.now += timedelta(days=2)
    pick_up(ledger, vendor, clock)
    assert send(ledger, vendor, clock).claimed == 0
    assert len(vendor.calls) == 1


@pytest.mark.parametrize("word", ["maybe_later!", "broken!", "maybe_no_access!"])
def test_a_repeatable_action_is_repeated(ledger, clock, word):
    (key,) = accounts(ledger, 1)
    vendor = Vendor(CRM, repeatable=True, findable=False)
    vendor.faults = [word]
    assert send(ledger, vendor, clock).count("due") == 1
    assert ledger.attempts(key)[-1].maybe_done
    clock.now += minutes(5)
    assert send(ledger, vendor, clock).count("done") == 1
    assert len(vendor.calls) == 2


def test_a_repeatable_step_that_is_given_up_and_may_have_happened_is_unsure(ledger, clock):
    (key,) = accounts(ledger, 1)
    vendor = Vendor(CRM, repeatable=True)
    vendor.faults = ["maybe_later!"]
    send(ledger, vendor, clock, patience=Patience(tries=1))
    assert state_of(ledger, key) == "unsure"


@pytest.mark.parametrize("word", ["refused", "later"])
def test_a_repeatable_step_that_is_refused_after_a_doubtful_attempt_is_unsure(ledger, clock, word):
    (key,) = accounts(ledger, 1)
    vendor = Vendor(CRM, repeatable=True)
    vendor.faults = ["maybe_later!", word]
    for _ in range(2):
        send(ledger, vendor, clock, patience=Patience(tries=2))
        clock.now += minutes(5)
    assert state_of(ledger, key) == "unsure"
    assert "an attempt before that may have been applied" in ledger.unsure_steps()[0].reason


def test_a_repeatable_step_that_may_have_been_sent_is_finished_after_its_episode(ledger, clock):
    (key,) = accounts(ledger, 1)
    vendor = Vendor(CRM, repeatable=True)
    vendor.faults = ["maybe_later!"]
    send(ledger, vendor, clock)
    assert not ledger.skip(key, "not now", NOON)
    record(ledger, cleared=[Cleared("seat-limit", "account-00")])
    clock.now += minutes(5)
    assert send(ledger, vendor, clock).count("done") == 1


@pytest.mark.parametrize("failure", [TryLater("cannot be reached"), OSError("no route"), NoAccess("no key")])
def test_an_unsure_step_is_looked_up_again_when_the_system_could_not_be_asked(ledger, clock, failure):
    (key,) = accounts(ledger, 1)
    vendor = Vendor(CRM)
    vendor.faults = ["maybe_later!"]
    vendor.look_ups = [failure]
    send(ledger, vendor, clock)
    assert state_of(ledger, key) == "unsure"
    assert pick_up(ledger, vendor, clock).verdicts == ()  # too soon
    clock.now += minutes(5)
    assert pick_up(ledger, vendor, clock).count("done") == 1
    assert vendor.applied == {key: 1}


def test_an_unsure_step_that_turns_out_absent_is_sent(ledger, clock):
    (key,) = accounts(ledger, 1)
    vendor = Vendor(CRM)
    vendor.faults = ["maybe_later"]
    vendor.look_ups = [TryLater("cannot be reached"), TryLater("still not")]
    send(ledger, vendor, clock)
    for _ in range(2):
        clock.now += minutes(5)
        pick_up(ledger, vendor, clock)
    assert send(ledger, vendor, clock).count("done") == 1
    assert vendor.applied == {key: 1}


# --- faults of our own ------------------------------------------------------------------------------------------------


def test_an_action_that_breaks_off_is_reported_and_its_text_kept_out_of_the_ledger(ledger, clock):
    (key,) = accounts(ledger, 1)
    vendor = Vendor(CRM, findable=False)
    vendor.faults = ["broken"]
    report = send(ledger, vendor, clock)
    (error,) = report.errors
    assert isinstance(error, KeyError)
    assert "broke off with KeyError" in ledger.steps()[0].reason
    assert "dana" not in str(ledger.attempts(key))


def test_an_action_that_answers_for_too_few_is_reported_and_every_step_looked_up(ledger, clock):
    keys = accounts(ledger, 3)
    vendor = Vendor(CRM)
    whole = vendor.deliver
    vendor.deliver = lambda pieces: whole(pieces)[:-1]
    report = send(ledger, vendor, clock)
    assert "2 answers for 3 pieces" in str(report.errors[0])
    assert report.count("done") == 3
    assert vendor.applied == dict.fromkeys(keys, 1)


@pytest.mark.parametrize(
    ("error", "state", "reason"),
    [
        (None, "refused", f"the input of {CRM} is not valid any more: text"),
        (Refused("no such person"), "refused", "no such person"),
        (NoAccess("no key"), "due", "no key"),
        (ZeroDivisionError(), "due", f"{CRM} broke off with ZeroDivisionError; the run's log has the details"),
    ],
)
def test_a_step_that_cannot_be_made_into_a_piece_stops_no_other(ledger, clock, error, state, reason):
    record(ledger, a_firing("acme", steps=[{"input": {"text": ["wrong"]}}]), a_firing("bolt", steps=[{}]))

    def picky(step):
        if error and step.account_id == "acme":
            raise error
        return to_piece(step)

    vendor = Vendor(CRM)
    report = send(ledger, vendor, clock, to_piece=picky)
    assert vendor.calls == [["bolt"]]
    assert report.count("done") == 1
    assert {s.account_id: (s.state, s.reason) for s in ledger.steps()} == {
        "acme": (state, reason),
        "bolt": ("done", None),
    }
    assert list(report.errors) == ([error] if isinstance(error, ZeroDivisionError) else [])


def test_a_claim_lost_before_sending_is_not_sent(ledger, clock):
    accounts(ledger, 2)
    vendor = Vendor(CRM, batch=1)
    whole = vendor.deliver

    def slow(pieces):
        clock.now += LEASE
        pick_up(ledger, Vendor(CRM), clock, dead="nobody")
        return whole(pieces)

    vendor.deliver = slow
    report = send(ledger, vendor, clock)
    assert len(vendor.calls) == 1
    assert len(report.lost) == 1
    assert sum(vendor.applied.values()) == 1


def test_no_call_of_a_batch_goes_out_once_its_lease_runs_out(ledger, clock):
    """Two hundred posts with pauses can outlast a lease; and a machine may sleep in the middle of them."""
    accounts(ledger, 4)
    vendor = Vendor(CRM)

    def one_by_one(pieces):
        return [slow(piece) for piece in pieces]

    def slow(piece):
        try:
            refuse_unless_ours()  # as every call does that takes from a Budget
        except TryLater as failure:
            return failure
        clock.now += LEASE / 3
        return vendor._one(piece)

    vendor.deliver = one_by_one
    report = send(ledger, vendor, clock)
    assert (report.count("done"), report.count("due")) == (2, 2)
    assert sum(vendor.applied.values()) == 2
    assert sum("the claim ran out before this was sent" in (step.reason or "") for step in ledger.steps()) == 2
    clock.now += minutes(5)
    assert send(ledger, vendor, clock).count("done") == 2
    refuse_unless_ours()  # nothing is left of it outside a delivery


def test_a_verdict_that_came_too_late_is_reported_as_lost(ledger, clock):
    (key,) = accounts(ledger, 1)
    vendor = Vendor(CRM)

    def slow(pieces):
        clock.now += LEASE
        ledger.take_over(ledger.abandoned(clock.now, lambda name: True), "you", clock.now, LEASE)
        return [TryLater("busy")]

    vendor.deliver = slow
    report = send(ledger, vendor, clock)
    assert (report.lost, report.verdicts) == ((key,), ())


# --- after a crash ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("repeatable", "findable"), [(True, False), (False, True)])
@pytest.mark.parametrize("word", ["killed", "killed!"])
def test_a_step_cut_off_by_a_kill_happens_once(ledger, clock, word, repeatable, findable):
    keys = accounts(ledger, 5)
    vendor = Vendor(CRM, batch=2, repeatable=repeatable, findable=findable)
    vendor.faults = ["ok!", "ok!", "ok!", word]
    with pytest.raises(Killed):
        send(ledger, vendor, clock)
    pick_up(ledger, vendor, clock)
    clock.now += Patience().settle
    send(ledger, vendor, clock)
    assert {step.state for step in ledger.steps()} == {"done"}
    assert vendor.applied == dict.fromkeys(keys, 1)


def test_after_a_kill_only_the_batch_under_way_is_unsure(ledger, clock):
    keys = accounts(ledger, 5)
    vendor = Vendor(CRM, batch=2, findable=False)
    vendor.faults = ["ok!", "ok!", "ok!", "killed"]
    with pytest.raises(Killed):
        send(ledger, vendor, clock)
    report = pick_up(ledger, vendor, clock)
    assert (report.count("unsure"), report.count("due")) == (2, 1)
    assert send(ledger, vendor, clock).count("done") == 1
    assert vendor.applied == dict.fromkeys([keys[0], keys[1], keys[2], keys[4]], 1)


def test_steps_of_a_living_holder_are_left_alone(ledger, clock):
    accounts(ledger, 1)
    claim(ledger, holder="you")
    assert pick_up(ledger, Vendor(CRM), clock).verdicts == ()
    assert ledger.steps()[0].claimed_by == "you"


def test_without_its_system_a_step_that_was_being_sent_stays_and_the_others_are_due(ledger, clock):
    keys = accounts(ledger, 4)
    vendor = Vendor(CRM, batch=2)
    vendor.faults = ["killed"]
    with pytest.raises(Killed):
        send(ledger, vendor, clock)
    report = recover(Office(ledger, {}, to_piece, clock, "next"), alive=lambda name: False)
    assert set(report.left) == set(keys[:2])
    assert report.count("due") == 2
    assert pick_up(ledger, vendor, clock).count("due") == 2


def test_a_step_that_kills_its_process_every_time_is_given_up(ledger, clock):
    (key,) = accounts(ledger, 1)
    vendor = Vendor(CRM)
    vendor.faults = ["killed"] * 20
    for _ in range(Patience().tries):
        with pytest.raises(Killed):
            send(ledger, vendor, clock)
        pick_up(ledger, vendor, clock)
        clock.now += Patience().longest
    assert state_of(ledger, key) == "unsure"
    pick_up(ledger, vendor, clock)
    assert state_of(ledger, key) == "refused"


def test_a_step_that_was_sent_and_cannot_be_made_into_a_piece_any_more_is_unsure(ledger, clock):
    accounts(ledger, 1)
    vendor = Vendor(CRM)
    vendor.faults = ["killed!"]
    with pytest.raises(Killed):
        send(ledger, vendor, clock)

    def gone(step):
        raise Refused("the account is gone")

    report = recover(Office(ledger, {CRM: vendor}, gone, clock, "next"), alive=lambda name: False)
    assert report.count("unsure") == 1
    assert ledger.unsure_steps()[0].reason == "it may have been sent, and cannot be looked up: the account is gone"


def test_a_system_that_cannot_be_asked_after_a_crash_is_reported(ledger, clock):
    accounts(ledger, 1)
    vendor = Vendor(CRM)
    vendor.faults = ["killed!"]
    with pytest.raises(Killed):
        send(ledger, vendor, clock)
    vendor.look_ups = [OSError("no route")]
    report = pick_up(ledger, vendor, clock)
    assert report.count("unsure") == 1
    assert [type(error) for error in report.errors] == [OSError]
