"""One worker: the functions of jobs/deliver.py with real integrations, in a process that can end anywhere.

What is shortened is time alone (leases, waits between tries, time-outs), all of it arguments of the code under test.
"""

from __future__ import annotations

import os
import resource
import signal
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import hubspot  # noqa: F401  imported once, in the fork server, like the vendors' clients below
import simple_salesforce  # noqa: F401
import slack_sdk  # noqa: F401
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from expansion.contract import Action
from expansion.ledger.database import LedgerError
from expansion.ledger.store import Ledger, open_ledger
from expansion.records.ledger import StepRecord
from integrations.kit.retry import RetryPolicy
from integrations.kit.world import World
from jobs import clock
from jobs.definitions import Definitions
from jobs.deliver import Pieces, deliver_some, recover_all
from jobs.place import Place
from jobs.settings import Settings
from jobs.systems import Systems
from tests.chaos import breaking
from tests.chaos.plan import LEASE, RIGHT, SETTLE, TIMEOUT, Ending, Wrong
from tests.chaos.work import FIRED_AT, remote_ids
from tests.systems import systems

NO_ROOM = 77  # how a worker ends whose disk was full
_GIVES_UP = 60  # rounds, each an hour later, in which nothing was due
HURRIED = RetryPolicy(tries=3, first_wait=0.02, longest_wait=0.3, total=0.8)


@dataclass(frozen=True)
class Orders:
    """What a worker is told. `later`: the clock it goes by is that far ahead, and runs ahead while it waits."""

    url: str  # of the stand-ins
    ledger: str
    home: Path
    seconds: float  # how long it works at most
    later: timedelta = timedelta()
    ending: Ending | None = None
    settle: float = SETTLE
    broken: str | None = None  # a name in breaking.py
    clock: Wrong = RIGHT  # of its machine; `began` is when the run did, by the ticks that all processes share
    began: float = 0.0


@dataclass
class _Given(Systems):
    """Systems whose actions are given."""

    given: Mapping[str, Action] = field(default_factory=dict)

    def actions(self, definitions: Definitions) -> Mapping[str, Action]:
        return self.given


class ChaosPlace(Place):
    """A place whose systems and accounts are given."""

    def __init__(self, orders: Orders) -> None:
        super().__init__(
            Settings(
                _env_file=None,
                home=orders.home,
                ledger_url=orders.ledger,  # type: ignore[arg-type]
                retry_waits=[0.05],
                settle_seconds=orders.settle,
            )
        )
        world = World(retry=HURRIED, timeout=TIMEOUT)
        connected = [one.connected(orders.url, world) for one in systems() if one.work]
        self._all = {name: action for each in connected for name, action in each.actions.items()}

    @cached_property
    def systems(self) -> Systems:
        return _Given(lambda: None, given=self._all)

    def evaluator(self, definitions: Definitions, as_of: datetime) -> Any:
        return SimpleNamespace(remote_ids=remote_ids, left=frozenset)


def main(orders: Orders) -> None:
    """The whole life of a worker's process; what it has to say goes to a file."""
    try:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a write beyond the limit fails, as on a full disk
        for one in systems():
            one.hurry()
        _set_clock(orders)
        breaking.apply(orders.broken)
        place = ChaosPlace(orders)
        if orders.ending and orders.ending.point:
            _lay_wires(place.ledger, orders.ending)
        _work(place, orders)
        place.close()
    except BaseException as error:
        if _has_no_room() and _is_for_want_of_room(error):
            os._exit(NO_ROOM)
        _make_room()
        with (orders.home / "said").open("a") as said:
            said.write(f"--- {os.getpid()}\n{traceback.format_exc()}\n")
        raise


def _is_for_want_of_room(error: BaseException) -> bool:
    """What the product says of a disk that takes nothing: each of its errors is one of a database or of a file."""
    if isinstance(error, BaseExceptionGroup):
        return all(map(_is_for_want_of_room, error.exceptions))
    return isinstance(error, LedgerError | OperationalError | OSError)


def _has_no_room() -> bool:
    return resource.getrlimit(resource.RLIMIT_FSIZE)[0] == 0


def _take_room() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


def _make_room() -> None:
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


def _work(place: Place, orders: Orders) -> None:
    ahead = orders.later

    def now() -> datetime:
        return place.now() + ahead

    ledger, pieces = place.ledger, Pieces(place, FIRED_AT)
    run = ledger.start_run("playbook", as_of=FIRED_AT, now=now(), holder=place.holder.name)
    ends = time.monotonic() + orders.seconds
    lease = timedelta(minutes=15) if orders.later else timedelta(seconds=LEASE)
    errors: list[Exception] = []
    idle = 0
    # What cannot be looked up for want of a right is looked up again and again, until a person gives the right.
    while time.monotonic() < ends and open_keys(ledger.steps()) and idle < _GIVES_UP:
        errors += recover_all(place, pieces, now, lease).errors
        due = ledger.due_actions(now())
        for one in due:
            report = deliver_some(place, pieces, one.action, one.playbook, now, lambda: False, lease)
            errors += report.errors
        idle = 0 if due or not orders.later else idle + 1
        if not due:
            time.sleep(0.04)
            ahead += timedelta(hours=1) if orders.later else timedelta()
    ledger.finish_run(run, "completed", now())
    if errors:
        raise ExceptionGroup("faults of the program", errors)


def open_keys(steps: Sequence[StepRecord], *, given_up: bool = False) -> set[str]:
    """The steps that the product still has to do something about; not what a person has to, and what waits for that.

    `given_up`: unsure ones that are looked up again and again count as a person's.
    """
    stuck = {(s.firing_id, s.position) for s in steps if _for_a_person(s, given_up) and not s.can_fail}
    return {
        step.key
        for step in steps
        if step.state in ("waiting", "due", "claimed", "unsure")
        and not _for_a_person(step, given_up)
        and not any(firing == step.firing_id and position < step.position for firing, position in stuck)
    }


def _for_a_person(step: StepRecord, given_up: bool) -> bool:
    return step.state == "unsure" and (given_up or step.look_again_at is None)


# --- clocks -----------------------------------------------------------------------------------------------------------


def _set_clock(orders: Orders) -> None:
    """What the product's one reader of clocks reads on this worker's machine."""
    wrong = orders.clock

    def wall() -> float:
        was_set = wrong.by and time.monotonic() - orders.began >= wrong.after
        return time.time() + wrong.ahead + (wrong.by if was_set else 0.0)

    clock._wall = wall


# --- ends -------------------------------------------------------------------------------------------------------------


def _lay_wires(ledger: Ledger, ending: Ending) -> None:
    """The process ends, or stops, the n-th time it comes to the point."""
    left = [ending.nth]

    def tick(*_: object) -> None:
        left[0] -= 1
        if left[0] == 0 and ending.how == "full":
            _take_room()
        elif left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL if ending.how == "kill" else signal.SIGSTOP)

    match ending.point:
        case "commit":
            event.listen(ledger.engine, "commit", tick)
        case "asked":
            _tick_when_asked(tick)
        case "answered":
            _before(ledger, "resolve", tick)
        case point:
            names = {
                "claimed": "claim",
                "sending": "start_sending",
                "resolved": "resolve",
                "taken over": "take_over",
                "looked at": "claim_unsure",
            }
            _after(ledger, names[point or ""], tick)


def _after(ledger: Ledger, name: str, tick: Callable[[], None]) -> None:
    whole = getattr(ledger, name)

    def wired(*args: Any, **kwargs: Any) -> Any:
        found = whole(*args, **kwargs)
        if found:
            tick()
        return found

    setattr(ledger, name, wired)


def _before(ledger: Ledger, name: str, tick: Callable[[], None]) -> None:
    whole = getattr(ledger, name)

    def wired(*args: Any, **kwargs: Any) -> Any:
        tick()
        return whole(*args, **kwargs)

    setattr(ledger, name, wired)


def _tick_when_asked(tick: Callable[[], None]) -> None:
    """After a request has left, before its answer is read: in http.client, which three of the clients use, and in
    httpcore."""
    import http.client

    from httpcore._sync.http11 import HTTP11Connection

    for kind, name in ((http.client.HTTPConnection, "getresponse"), (HTTP11Connection, "_receive_response_headers")):
        whole = getattr(kind, name)

        def wired(self: Any, *args: Any, _whole: Any = whole, **kwargs: Any) -> Any:
            tick()
            return _whole(self, *args, **kwargs)

        setattr(kind, name, wired)


def prepare(url: str) -> None:
    """Make a ledger."""
    open_ledger(url).close()
