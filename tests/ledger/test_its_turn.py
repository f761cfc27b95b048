"""A step that our own limit holds back: due when there are calls again, no try lost, and nothing else waits for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from expansion.contract import Done, NotItsTurn, Piece, Reply, TryLater
from expansion.deliver.deliver import deliver
from expansion.deliver.office import Office
from tests.ledger.builders import NOON, a_firing, record
from tests.ledger.vendor import Clock, Vendor, to_piece

CRM, CHAT = "crm.create_task", "chat.post"


class Limited(Vendor):
    """So many pieces, and then our own budget has no call for an hour."""

    def __init__(self, calls: int, wait: float = 3600.0, maybe_done: bool = False) -> None:
        super().__init__(CRM, batch=2, findable=False)
        self.left, self.wait, self.maybe_done = calls, wait, maybe_done

    def deliver(self, pieces: Sequence[Piece]) -> list[Reply]:
        self.calls.append([piece.account.account_id for piece in pieces])
        return [self._limited(piece) for piece in pieces]

    def _limited(self, piece: Piece) -> Reply:
        self.left -= 1
        if self.left >= 0:
            return Done(piece.key[:6])
        return NotItsTurn("crm: the limit leaves no call for 3600 seconds", wait=self.wait, maybe_done=self.maybe_done)


@pytest.fixture
def clock():
    return Clock(NOON)


def send(ledger, vendor, clock, action=CRM):
    return deliver(Office(ledger, {vendor.name: vendor}, to_piece, clock, "me"), action)


def test_what_is_left_is_due_when_there_are_calls_again(ledger, clock):
    record(ledger, *(a_firing(f"account-{number}", steps=[{}]) for number in range(9)))
    vendor = Limited(3)
    report = send(ledger, vendor, clock)
    assert (report.count("done"), report.count("due")) == (3, 6)
    assert len(vendor.calls) == 2, "after the first no, nothing more is tried"
    assert (report.problem.whose, report.problem.wait) == ("our limit", timedelta(hours=1))
    waiting = [step for step in ledger.steps() if step.state == "due"]
    assert {step.not_before for step in waiting} == {NOON + timedelta(hours=1)}
    assert {step.tries for step in waiting} == {0}, "nothing was sent, so it was no try"
    clock.now += timedelta(minutes=59)
    assert send(ledger, vendor, clock).claimed == 0
    clock.now += timedelta(minutes=1)
    vendor.left = 9
    assert send(ledger, vendor, clock).count("done") == 6


def test_however_often_it_is_held_back_it_is_not_given_up(ledger, clock):
    record(ledger, a_firing(steps=[{}]))
    vendor = Limited(0)
    for _ in range(40):
        assert send(ledger, vendor, clock).count("due") == 1
        clock.now += timedelta(hours=1)
    vendor.left = 1
    assert send(ledger, vendor, clock).count("done") == 1


def test_another_action_goes_on_meanwhile(ledger, clock):
    record(ledger, a_firing("acme", steps=[{}]), a_firing("bolt", steps=[{"action": CHAT}]))
    send(ledger, Limited(0), clock)
    assert [one.action for one in ledger.due_actions(clock())] == [CHAT]
    assert send(ledger, Vendor(CHAT), clock, CHAT).count("done") == 1


def test_without_a_wait_it_is_due_at_once(ledger, clock):
    """A batch that took long enough: the rest goes into the next one."""
    record(ledger, *(a_firing(f"account-{number}", steps=[{}]) for number in range(4)))
    report = send(ledger, Limited(1, wait=0), clock)
    assert (report.count("done"), report.count("due"), report.problem) == (1, 3, None)
    assert send(ledger, Limited(9), clock).count("done") == 3


def test_what_may_have_been_done_before_its_turn_was_over_is_looked_up(ledger, clock):
    """The first attempt broke off, and then the limit left no call for another one."""
    record(ledger, a_firing(steps=[{}]))
    report = send(ledger, Limited(0, maybe_done=True), clock)
    assert report.count("unsure") == 1
    assert isinstance(NotItsTurn("x"), TryLater)
