"""What another system says about time never reaches a clock of ours unbounded: no step stays claimed for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from expansion.contract import NotItsTurn, Piece, Reply, TryLater
from expansion.deliver.deliver import deliver
from expansion.deliver.office import Office
from expansion.limits import Limit, Windows
from expansion.waiting import LONGEST_WAIT
from tests.ledger.builders import NOON, a_firing, record
from tests.ledger.vendor import Clock, Vendor, to_piece

ODD: list[Any] = [float("inf"), float("-inf"), float("nan"), 1e300, 10**400, -5, -(10**400), 0, None, "soon", True, [7]]
HOURLY = [Limit(60, 3600, "a page of the vendor")]


class Odd(Vendor):
    """Busy, and asks for a wait that is none."""

    def __init__(self, name: str, wait: Any) -> None:
        super().__init__(name)
        self.wait = wait

    def deliver(self, pieces: Sequence[Piece]) -> list[Reply]:
        return [self._busy() for _ in pieces]

    def _busy(self) -> TryLater:
        failure = TryLater("crm is busy", wait=self.wait)
        failure.wait = self.wait  # as an action might that sets it afterwards
        return failure


@pytest.mark.parametrize("wait", ODD, ids=str)
def test_an_odd_wait_leaves_its_step_due_and_nothing_claimed(ledger: Any, wait: Any) -> None:
    record(ledger, a_firing("acme", steps=[{}]), a_firing("globex", steps=[{"action": "chat.post"}]))
    clock = Clock(NOON)
    actions = {"crm.create_task": Odd("crm.create_task", wait), "chat.post": Vendor("chat.post")}
    office = Office(ledger, actions, to_piece, clock, "me")
    report = deliver(office, "crm.create_task")
    assert report.count("due") == 1
    [step] = [one for one in ledger.steps() if one.action == "crm.create_task"]
    assert step.state == "due"
    assert step.not_before - NOON <= timedelta(seconds=LONGEST_WAIT)
    other = deliver(office, "chat.post")
    assert other.count("done") == 1, "another system's steps go on"


def test_a_wait_that_is_cut_is_said_and_one_that_is_not_is_kept() -> None:
    assert str(TryLater("crm is busy", wait=7200)) == "crm is busy"
    assert TryLater("crm is busy", wait=7200).wait == 7200
    cut = TryLater("crm is busy", wait=1e9)
    assert str(cut) == "crm is busy; it asks for a longer pause than six hours, and is asked again after six"
    assert cut.wait == LONGEST_WAIT
    month = NotItsTurn("crm: the limit leaves no call", wait=30 * 86_400)
    assert month.wait == 30 * 86_400, "our own budget knows how long its windows are"


@pytest.mark.parametrize("wait", ODD, ids=str)
def test_a_budget_is_never_held_for_longer_than_the_longest_wait(wait: Any) -> None:
    windows = Windows()
    windows.hold(wait, 100.0)
    windows = Windows.of_data(windows.as_data())
    assert windows.take(HOURLY, 1, 100.0).wait <= LONGEST_WAIT
    assert windows.take(HOURLY, 1, 100.0 + LONGEST_WAIT).calls == 1


@pytest.mark.parametrize("until", [float("inf"), float("nan"), 1e300])
def test_a_row_that_was_written_with_an_odd_wait_is_put_right_when_it_is_read(until: float) -> None:
    windows = Windows.of_data(Windows().as_data() | {"held_until": until})
    assert windows.take(HOURLY, 1, 0.0).wait in (0.0, LONGEST_WAIT)
    again = Windows.of_data(windows.as_data())
    assert again.take(HOURLY, 1, LONGEST_WAIT).calls == 1, "the hold ends, it does not move on with the clock"
