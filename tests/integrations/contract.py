"""What every action promises, whatever the vendor. A test file gives a `case` fixture to a subclass and has them all:

class TestPostMessage(ActionContract):
    @pytest.fixture
    def case(self, stand_ins): return Case(...)
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel

from expansion.contract import AccountRef, Done, Failure, NoAccess, Piece, Refused, Reply, TryLater
from integrations.base import ActionBase, RetryPolicy

FIRED_AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
TIMEOUT = 0.4  # seconds; give it to the settings of an integration under test

# Same tries as in life, no waiting between them.
HURRIED = RetryPolicy(sleep=lambda _: None)


def key_of(text: str) -> str:
    """A ledger key: 64 lower-case hex digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def piece(what: BaseModel, key: str = "one", account: str = "acme", name: str = "Acme", **remote_ids: str) -> Piece:
    """`piece(CreateTask(…), "one", salesforce="001…")`."""
    return Piece(key_of(key), AccountRef(account, name, remote_ids), what, FIRED_AT, "seat-limit", "seat-expansion")


class FakeClock:
    """Time that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@dataclass
class Case:
    """One action against its stand-in."""

    stand_ins: Any
    vendor: str
    action: ActionBase  # connected to the stand-in, with HURRIED and TIMEOUT
    good: Callable[[str], Piece]  # by key name; two of them must be able to stand in one batch
    bad: Piece  # the vendor refuses this one
    write: dict[str, Any]  # the call that changes something: {"method": "PATCH", "path": "composite/sobjects"}
    lock_out: Callable[[], None]  # from now on the vendor takes no token
    what: str | None = None  # the name under which the stand-in counts; None: count everything
    busy: dict[str, Any] = field(default_factory=lambda: {"status": 503})  # how the vendor says "later"
    busy_maybe: bool = False  # whether that answer leaves open if it was done
    counted_by: Callable[[Piece], str] = lambda one: one.key
    once: bool = True  # False: repeating it is harmless and may be counted twice (a set, an update)
    findable: bool = True

    def fault(self, kind: str, **how: Any) -> None:
        self.stand_ins.fault(self.vendor, kind, **{**self.write, **how})

    def times(self, one: Piece) -> int:
        return self.stand_ins.applied(self.what).get(self.counted_by(one), 0)


def settle(case: Case, one: Piece) -> Reply:
    """What flows do with one piece: look up what may be done, send again what certainly is not."""
    [reply] = case.action.deliver([one])
    if isinstance(reply, Failure) and reply.maybe_done and not case.action.repeatable:
        time.sleep(2.5 * TIMEOUT)  # flows come back minutes later; a slow server is done by then
        [found] = case.action.find([one])
        if found is not None:
            return found
    if isinstance(reply, TryLater):
        [reply] = case.action.deliver([one])
    return reply


class ActionContract:
    """The promises. Subclasses give the fixture `case`."""

    def test_it_works(self, case: Case) -> None:
        [reply] = case.action.deliver([case.good("one")])
        assert isinstance(reply, Done), reply
        assert reply.remote_id
        assert case.times(case.good("one")) == 1

    def test_nothing_to_do_asks_nothing(self, case: Case) -> None:
        before = len(case.stand_ins.requests())
        assert case.action.deliver([]) == []
        assert case.action.find([]) == []
        assert len(case.stand_ins.requests()) == before

    def test_what_is_refused_is_said_and_not_done(self, case: Case) -> None:
        [reply] = case.action.deliver([case.bad])
        assert isinstance(reply, Refused), reply
        assert not reply.maybe_done
        assert "@" not in str(reply), "no personal data in errors"
        assert len(str(reply)) < 400
        assert case.times(case.bad) == 0

    def test_a_batch_half_of_which_fails_does_the_other_half(self, case: Case) -> None:
        first, second, third = case.action.deliver([case.good("one"), case.bad, case.good("two")])
        assert isinstance(first, Done), first
        assert isinstance(second, Refused), second
        assert isinstance(third, Done), third
        assert first.remote_id != third.remote_id or not case.once
        assert case.times(case.good("one")) == case.times(case.good("two")) == 1

    def test_busy_then_works(self, case: Case) -> None:
        case.fault("status", **case.busy)
        reply = settle(case, case.good("one"))
        assert isinstance(reply, Done), reply
        assert case.times(case.good("one")) == 1

    def test_busy_for_good_is_left_for_later_and_recovers(self, case: Case) -> None:
        case.fault("status", **{**case.busy, "times": 100})
        [reply] = case.action.deliver([case.good("one")])
        assert isinstance(reply, TryLater), reply
        assert reply.maybe_done == case.busy_maybe
        assert case.times(case.good("one")) == 0
        case.stand_ins.app.faults.waiting.clear()
        assert isinstance(settle(case, case.good("one")), Done)

    def test_a_connection_cut_before_the_work_does_it_once(self, case: Case) -> None:
        case.fault("cut_before")
        assert isinstance(settle(case, case.good("one")), Done)
        assert case.times(case.good("one")) == 1

    def test_a_connection_cut_after_the_work_does_not_do_it_twice(self, case: Case) -> None:
        case.fault("cut_after")
        reply = settle(case, case.good("one"))
        assert isinstance(reply, Done), reply
        assert case.times(case.good("one")) == 1 or not case.once

    def test_an_answer_cut_short_does_not_do_it_twice(self, case: Case) -> None:
        case.fault("truncate")
        reply = settle(case, case.good("one"))
        assert isinstance(reply, Done), reply
        assert case.times(case.good("one")) == 1 or not case.once

    def test_an_answer_that_is_a_web_page_does_not_do_it_twice(self, case: Case) -> None:
        case.fault("status", status=200, body="<html>Down for maintenance</html>", headers={})
        reply = settle(case, case.good("one"))
        assert isinstance(reply, Done), reply
        assert case.times(case.good("one")) == 1

    def test_a_server_that_does_not_answer_is_not_waited_for_and_not_asked_twice(self, case: Case) -> None:
        case.fault("slow", seconds=2 * TIMEOUT)
        started = time.monotonic()
        reply = settle(case, case.good("one"))
        assert time.monotonic() - started < 20 * TIMEOUT
        assert isinstance(reply, Done), reply
        time.sleep(TIMEOUT)
        assert case.times(case.good("one")) == 1 or not case.once

    def test_a_token_that_is_never_taken_is_a_matter_for_a_person(self, case: Case) -> None:
        case.lock_out()
        before = len(case.stand_ins.requests())
        replies = case.action.deliver([case.good("one"), case.good("two")])
        assert all(isinstance(r, NoAccess) and not r.maybe_done for r in replies), replies
        assert len(case.stand_ins.requests()) - before <= 6, "no login loop"
        assert case.times(case.good("one")) == 0

    def test_what_is_already_there_is_not_done_again(self, case: Case) -> None:
        [first] = case.action.deliver([case.good("one")])
        [second] = case.action.deliver([case.good("one")])
        assert isinstance(first, Done)
        assert isinstance(second, Done), second
        assert second.remote_id == first.remote_id
        assert case.times(case.good("one")) == 1 or not case.once
        assert second.already or not case.once

    def test_find_tells_done_from_not_done(self, case: Case) -> None:
        [before] = case.action.find([case.good("one")])
        [reply] = case.action.deliver([case.good("one")])
        [after] = case.action.find([case.good("one")])
        if not case.findable:
            assert isinstance(before, Failure)
            return
        assert before is None
        assert isinstance(after, Done), after
        assert isinstance(reply, Done)
        assert after.remote_id == reply.remote_id

    def test_the_whole_network_may_be_gone(self, case: Case) -> None:
        case.stand_ins.fault(case.vendor, "cut_before", times=100)
        [reply] = case.action.deliver([case.good("one")])
        assert isinstance(reply, TryLater), reply
        assert case.times(case.good("one")) == 0
