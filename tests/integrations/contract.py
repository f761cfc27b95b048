"""What every action promises, whatever the vendor. A test file gives a `case` fixture to a subclass and has them all:

class TestPostMessage(ActionContract):
    action = "slack.post_message"

    @pytest.fixture
    def case(self, stand_ins): return Case(...)

The stand-ins count what they really did. So each promise ends the same way: it is there exactly once; or nobody can
know, then it is unsure, and it was not sent again.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, ClassVar

import pytest
from pydantic import BaseModel

from expansion.contract import AccountRef, Done, Failure, NoAccess, Piece, Refused, TryLater
from expansion.records.ledger import Verdict
from integrations.kit.declare import ActionBase
from integrations.kit.retry import RetryPolicy
from sandbox.kit.answers import Answer, Answers
from tests.integrations.desk import Desk

FIRED_AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
TIMEOUT = 0.4  # seconds; give it to the settings of an integration under test
ACCOUNTS = 60  # so many accounts, or people, the stand-in of a case must know: one per piece
WEB_PAGE = {"status": 200, "body": "<html>Down for maintenance</html>"}

# What happens in the world between two tries of a call.
MEANWHILE: list[Callable[[], None]] = []


def pause(_: float) -> None:
    for happens in MEANWHILE:
        happens()


# Same tries as in life, no waiting between them.
HURRIED = RetryPolicy(sleep=pause)


def key_of(text: str) -> str:
    """A ledger key: 64 lower-case hex digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def number_of(name: str) -> int:
    """Which account a piece of this name is about: `one`, `two`, `three`, `n0`, `n1`, …"""
    return int(name[1:]) + 3 if name[1:].isdigit() else ("one", "two", "three").index(name)


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
        pause(seconds)


@dataclass(frozen=True)
class Rep:
    """A person who works with what was made: `changes` edits every such record, `sees` reads what was edited."""

    changes: Callable[[], None]
    sees: Callable[[], Any]


@dataclass
class Case:
    """One action against its stand-in."""

    stand_ins: Any
    vendor: str
    connect: Callable[[], ActionBase]  # connected to the stand-in, with HURRIED and TIMEOUT; fresh each time
    good: Callable[[str], Piece]  # by a name that `number_of` knows; all of them may stand in one batch
    bad: Piece  # the vendor refuses this one
    write: dict[str, Any]  # the call that changes something: {"method": "PATCH", "path": "composite/sobjects"}
    lock_out: Callable[[], None]  # from now on the vendor takes no token
    answers: Answers  # its ways to say later, and what it says to a token that is not good any more
    what: str | None = None  # the name under which the stand-in counts; None: count everything
    counted_by: Callable[[Piece], str] = lambda one: one.key
    rep: Rep | None = None  # None: nothing is made that a person could change
    once: bool = True  # False: repeating it is harmless and may be counted twice (a set, an update)
    findable: bool = True
    may_be_unsure: bool = False  # the system offers no way to look up what broke off
    sign_in: dict[str, Any] | None = None  # the call that fetches a token; None: the token is a setting
    second_call: bool = False  # `write` comes after another call that changed something already
    clock: FakeClock | None = None  # of the whole case, where limits outlive a connection
    _slow: bool = False

    @cached_property
    def action(self) -> ActionBase:
        return self.connect()

    def fault(self, kind: str, **how: Any) -> None:
        self._slow = self._slow or kind == "slow"
        self.stand_ins.fault(self.vendor, kind, **{**self.write, **how})

    def says(self, busy: Answer, **how: Any) -> None:
        self.fault("status", **busy.fault(), **how)

    def recover(self) -> None:
        self.stand_ins.app.faults.waiting.clear()

    def times(self, one: Piece) -> int:
        return self.stand_ins.applied(self.what).get(self.counted_by(one), 0)

    def settle(self, *pieces: Piece, split: Sequence[int] = ()) -> list[Verdict]:
        """What this run and later ones make of these pieces."""
        verdicts = Desk(self.connect, self._passes).take(pieces).settle(split)
        return [verdicts[one.key] for one in pieces]

    def happened_once(self, one: Piece, verdict: Verdict) -> None:
        """Exactly once; or unsure, and not sent again."""
        if verdict.state == "unsure" and self.may_be_unsure:
            assert self.times(one) <= 1
            assert verdict.reason
            return
        assert verdict.state == "done", verdict
        assert self.times(one) == 1 or (not self.once and self.times(one) > 1)

    def _passes(self, seconds: float) -> None:
        """Minutes go by until the next run; what a slow server still has to do is done by then."""
        if self.clock:
            self.clock.now += seconds
        if self._slow and seconds > TIMEOUT:
            time.sleep(2.5 * TIMEOUT)
            self._slow = False


class ActionContract:
    """The promises. Subclasses name the `action` and give the fixture `case`."""

    action: ClassVar[str]
    exempt: ClassVar[Mapping[str, str]] = {}  # a promise that its system makes nobody able to keep, and why

    @pytest.fixture(autouse=True)
    def _exempt(self, request: pytest.FixtureRequest) -> None:
        if reason := self.exempt.get(request.node.originalname):
            pytest.skip(reason)

    def test_it_works(self, case: Case) -> None:
        assert case.action.name == self.action
        [reply] = case.action.deliver([case.good("one")])
        assert isinstance(reply, Done), reply
        assert reply.remote_id
        assert case.times(case.good("one")) == 1

    def test_nothing_to_do_asks_nothing(self, case: Case) -> None:
        before = len(case.stand_ins.requests())
        assert case.action.deliver([]) == []
        assert case.action.find([]) == []
        assert len(case.stand_ins.requests()) == before

    # --- refused ---

    def test_what_is_refused_is_said_and_not_done(self, case: Case) -> None:
        [reply] = case.action.deliver([case.bad])
        assert isinstance(reply, Refused), reply
        assert not reply.maybe_done
        assert "@" not in str(reply), "no personal data in errors"
        assert len(str(reply)) < 400
        assert case.times(case.bad) == 0
        assert [verdict.state for verdict in case.settle(case.bad)] == ["refused"]

    def test_a_batch_half_of_which_fails_does_the_other_half(self, case: Case) -> None:
        first, second, third = case.action.deliver([case.good("one"), case.bad, case.good("two")])
        assert isinstance(first, Done), first
        assert isinstance(second, Refused), second
        assert isinstance(third, Done), third
        assert first.remote_id != third.remote_id or not case.once
        assert case.times(case.good("one")) == case.times(case.good("two")) == 1

    # --- busy ---

    def test_busy_then_works(self, case: Case) -> None:
        for number, busy in enumerate(case.answers.later):
            one = case.good(f"n{number}")
            case.says(busy)
            [verdict] = case.settle(one)
            case.happened_once(one, verdict)

    def test_busy_for_good_is_left_for_later_and_recovers(self, case: Case) -> None:
        for number, busy in enumerate(case.answers.later):
            one = case.good(f"n{number}")
            case.says(busy, times=100)
            [reply] = case.connect().deliver([one])
            assert isinstance(reply, TryLater), reply
            assert reply.maybe_done == (busy.maybe or case.second_call), busy
            assert case.times(one) == case.second_call
            case.recover()
            [verdict] = case.settle(one)
            case.happened_once(one, verdict)

    # --- broken off ---

    def test_a_connection_cut_before_the_work_does_it_once(self, case: Case) -> None:
        case.fault("cut_before")
        [verdict] = case.settle(case.good("one"))
        case.happened_once(case.good("one"), verdict)

    def test_a_connection_cut_after_the_work_does_not_do_it_twice(self, case: Case) -> None:
        case.fault("cut_after")
        [verdict] = case.settle(case.good("one"))
        case.happened_once(case.good("one"), verdict)

    def test_an_answer_cut_short_does_not_do_it_twice(self, case: Case) -> None:
        case.fault("truncate")
        [verdict] = case.settle(case.good("one"))
        case.happened_once(case.good("one"), verdict)

    def test_an_answer_that_is_a_web_page_does_not_do_it_twice(self, case: Case) -> None:
        case.fault("status", **WEB_PAGE)
        [verdict] = case.settle(case.good("one"))
        case.happened_once(case.good("one"), verdict)

    def test_a_slow_server_is_not_waited_for_and_what_it_does_later_is_not_done_twice(self, case: Case) -> None:
        """It carries the call out after we hung up, and after we looked and saw nothing."""
        case.fault("slow", seconds=2 * TIMEOUT)
        started = time.monotonic()
        [verdict] = case.settle(case.good("one"))
        assert time.monotonic() - started < 20 * TIMEOUT
        time.sleep(TIMEOUT)
        case.happened_once(case.good("one"), verdict)

    def test_whichever_call_breaks_and_however_it_happens_once(self, case: Case) -> None:
        """Not only the call that writes: signing in, looking up, what follows. Each in the hands of a new process."""
        names = iter(range(ACCOUNTS - 3))
        for kind, how in (("status", {"status": 503}), ("status", WEB_PAGE), *((k, {}) for k in _CUTS)):
            for calls_before in range(12):
                one = case.good(f"n{next(names)}")
                case.stand_ins.fault(case.vendor, kind, after=calls_before, **how)
                [verdict] = case.settle(one)
                case.happened_once(one, verdict)
                if case.stand_ins.app.faults.waiting:  # there are no more calls to break
                    case.recover()
                    break
            else:
                raise AssertionError("twelve calls for one piece")

    def test_tries_in_another_split_do_each_once(self, case: Case) -> None:
        pieces = [case.good(name) for name in ("one", "two", "three")]
        case.fault("cut_after")
        case.fault("cut_before")
        case.fault("truncate")
        verdicts = case.settle(*pieces, split=(2, 1, 3, 1))
        for one, verdict in zip(pieces, verdicts, strict=True):
            case.happened_once(one, verdict)

    def test_the_whole_network_may_be_gone(self, case: Case) -> None:
        case.stand_ins.fault(case.vendor, "cut_before", times=100)
        [reply] = case.action.deliver([case.good("one")])
        assert isinstance(reply, TryLater), reply
        assert case.times(case.good("one")) == 0

    # --- tokens ---

    def test_a_token_that_is_not_taken_once_does_not_do_it_twice(self, case: Case) -> None:
        case.fault("status", **case.answers.no_access.fault())
        one = case.good("one")
        [reply] = case.action.deliver([one])
        if isinstance(reply, NoAccess):  # then a person mends it, and the next run goes on
            assert not reply.maybe_done or case.second_call
            [verdict] = case.settle(one)
            case.happened_once(one, verdict)
        else:
            assert isinstance(reply, Done), reply
            assert case.times(one) == 1

    def test_a_token_that_is_never_taken_is_a_matter_for_a_person(self, case: Case) -> None:
        case.lock_out()
        before = len(case.stand_ins.requests())
        replies = case.action.deliver([case.good("one"), case.good("two")])
        assert all(isinstance(r, NoAccess) and not r.maybe_done for r in replies), replies
        assert len(case.stand_ins.requests()) - before <= 6, "no login loop"
        assert case.times(case.good("one")) == 0

    def test_a_sign_in_that_is_closed_for_maintenance_is_left_for_later(self, case: Case) -> None:
        """In the vendor's ways and as a web page, with a 503 and with a 200: no setting is wrong then."""
        if case.sign_in is None:
            return
        pages = [Answer(status, WEB_PAGE["body"]) for status in (503, 200)]
        for number, busy in enumerate((*case.answers.later, *pages)):
            one = case.good(f"n{number}")
            case.says(busy, times=100, **case.sign_in)
            [reply] = case.connect().deliver([one])
            assert isinstance(reply, TryLater), (busy, reply)
            assert not reply.maybe_done, "nothing is sent without a token"
            assert case.times(one) == 0
            case.recover()
            [verdict] = case.settle(one)
            case.happened_once(one, verdict)

    # --- already there ---

    def test_what_is_already_there_is_not_done_again(self, case: Case) -> None:
        [first] = case.action.deliver([case.good("one")])
        [second] = case.action.deliver([case.good("one")])
        assert isinstance(first, Done)
        assert isinstance(second, Done), second
        assert second.remote_id == first.remote_id
        assert case.times(case.good("one")) == 1 or not case.once
        assert second.already or not case.once

    def test_what_a_person_has_changed_since_stays_as_it_is(self, case: Case) -> None:
        """Status, owner and text of a record are its reader's once it is there: also where creating is an upsert."""
        if case.rep is None:
            return
        case.action.deliver([case.good("one")])
        case.rep.changes()
        left = case.rep.sees()
        case.connect().deliver([case.good("one"), case.good("two")])
        case.connect().find([case.good("one")])
        assert case.rep.sees()[: len(left)] == left

    def test_what_a_person_changes_between_two_tries_of_a_call_stays_too(self, case: Case) -> None:
        rep = case.rep
        if rep is None:
            return
        case.fault("cut_after")
        left: list[Any] = []

        def once() -> None:
            if not left:
                rep.changes()
                left.append(rep.sees())

        MEANWHILE.append(once)
        try:
            [verdict] = case.settle(case.good("one"))
        finally:
            MEANWHILE.remove(once)
        case.happened_once(case.good("one"), verdict)
        assert not left or rep.sees() == left[0]

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


_CUTS = ("cut_before", "cut_after", "truncate")
