"""Sends what was decided at once, each system in a thread of its own: a slow one keeps no other waiting.

Steps are claimed as in every run, so that whoever is quicker sends them, and nobody else.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from queue import Empty, SimpleQueue
from threading import Event, Thread

from expansion.deliver.deliver import DeliveryReport
from expansion.records.ledger import DueAction
from jobs.deliver import Pieces, deliver_some
from jobs.place import Place
from jobs.react.told import Told

AT_ONCE = 20  # steps that are claimed together: what is decided meanwhile does not wait for a long batch
_LOOK = 0.2  # seconds between looks whether to stop
_log = logging.getLogger(__name__)


@dataclass
class Sending:
    """Of one run. `close` ends its threads; what is not sent by then stays due, for the next run or another."""

    place: Place
    as_of: datetime  # what systems call the accounts, and who has left, is as it was then
    told: Told
    _queues: dict[str, SimpleQueue[tuple[str, str]]] = field(default_factory=dict)
    _threads: list[Thread] = field(default_factory=list)
    _stopping: Event = field(default_factory=Event)

    def start(self, playbooks: Iterable[str]) -> None:
        """Send what is due of these playbooks now."""
        for playbook in dict.fromkeys(playbooks):
            for due in self.place.ledger.due_actions(self.place.now(), playbook):
                self._to(due)

    def read_again(self, now: datetime) -> None:
        """The store has changed."""
        self.as_of = now

    def close(self, wait: float = 60) -> None:
        """What is just being sent is sent, and its answer is written down."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(wait)

    def _to(self, due: DueAction) -> None:
        system = due.action.partition(".")[0]
        if system not in self._queues:
            self._queues[system] = SimpleQueue()
            thread = Thread(target=self._work, args=(self._queues[system],), name=f"react: {system}", daemon=True)
            self._threads.append(thread)
            thread.start()
        self._queues[system].put((due.action, due.playbook))

    def _work(self, queue: SimpleQueue[tuple[str, str]]) -> None:
        pieces = Pieces(self.place, self.as_of)  # of this thread alone: they ask the store by one connection
        while not self._stopping.is_set():
            if pieces.as_of != self.as_of:
                pieces = Pieces(self.place, self.as_of)
            try:
                action, playbook = queue.get(timeout=_LOOK)
            except Empty:
                continue
            try:
                self._send(pieces, action, playbook)
            except Exception as error:  # one batch: its steps are claimed, and the next run settles them
                _log.error("%s broke off: %s", action, type(error).__name__, exc_info=error)
                self.told.broken(f"sending {action}", error)

    def _send(self, pieces: Pieces, action: str, playbook: str) -> None:
        """Until nothing of it is due, or what is due has to wait; then what has become due behind it."""
        done = 0
        while not self._stopping.is_set():
            report = deliver_some(
                self.place, pieces, action, playbook, self.place.now, self._stopping.is_set, most=AT_ONCE
            )
            self.told.sent(report)
            done += report.count("done")
            if report.problem or not report.claimed or not _moved(report):
                break
        if done:
            behind = self.place.ledger.due_actions(self.place.now(), playbook)
            for due in (one for one in behind if one.action != action):
                self._to(due)


def _moved(report: DeliveryReport) -> bool:
    """Whether anything is settled: what goes back would be claimed again at once."""
    return any(one.state != "due" for one in report.verdicts)
