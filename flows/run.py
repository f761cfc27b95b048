"""One run as it goes on, and what it tells Prefect: its work beside the event loop, logs, artifacts, events."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from datetime import datetime
from typing import ParamSpec, TypeVar

from prefect.artifacts import acreate_markdown_artifact, acreate_table_artifact
from prefect.client.schemas.objects import State
from prefect.events import emit_event
from prefect.logging import get_run_logger
from prefect.states import Cancelled, Completed, Failed

from expansion.decide.decide import Decisions
from expansion.records.ledger import FiringFilter, RunKind
from expansion.text.logs import guard
from expansion.text.redact import redacted, redacted_row
from flows.alerting import alerts_of, emit
from jobs.approve import waiting
from jobs.clean_errors import harmless
from jobs.clock import moment
from jobs.deliver import Pieces
from jobs.kinds import KINDS, headline_of
from jobs.pause import told_pauses
from jobs.place import Place
from jobs.report import Problem, RunReport, done_rows, fired_on_page, fired_rows, is_earlier, is_new, markdown
from jobs.sources import REMEDY, wrong_now
from jobs.worth import NOTE

P = ParamSpec("P")
T = TypeVar("T")


def take_care_of_logs() -> None:
    """Every record of this process is harmless from now on, and ours are kept from INFO on."""
    guard()
    # Prefect adds a handler to loggers named in PREFECT_LOGGING_EXTRA_LOGGERS, but no level: the root's WARNING holds.
    for name in ("expansion", "integrations", "jobs", "flows"):
        logging.getLogger(name).setLevel(logging.INFO)


class Run:
    """One run as it goes on. Not a dataclass: Prefect walks into those when it is handed to a task."""

    def __init__(self, place: Place, as_of: datetime | None, flow_run_id: str | None = None) -> None:
        self.place = place
        self._as_of = as_of
        self.as_of = moment(as_of)
        self.flow_run_id = flow_run_id
        self.report = RunReport()
        self.pieces = Pieces(place, self.as_of)
        self.id = 0
        self.kind: RunKind = "expansion"
        self.busy: dict[tuple[str, str], set[str]] = {}  # playbook, action -> keys that were not taken yet
        self.ended_by: str | None = None  # who told this run to stop
        self._stopping = threading.Event()

    async def in_thread(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Blocking work beside the event loop, so that the run's heartbeats go on.

        A run that is stopped waits for it, and only then lets go of its claims: what is just being sent is sent, and
        its answer is written down.
        """
        thread = asyncio.ensure_future(asyncio.to_thread(work, *args, **kwargs))
        try:
            # Cancelled, `wait` leaves the thread alone, as `shield` does; but from Python 3.14 on, `shield` also prints
            # the traceback of what the thread raises after that.
            await asyncio.wait([thread])
            return thread.result()
        except BaseException as error:
            if not thread.done():
                self.stop()
                await asyncio.wait([thread])
            if not thread.cancelled():
                thread.exception()  # taken note of: the run ends for another reason
            if (told := harmless(error)) is not error:
                get_run_logger().error("what broke off", exc_info=error)
                raise told from None
            raise

    def stop(self, ended_by: str | None = None) -> None:
        """Ask the work in threads to come to an end."""
        self.ended_by = ended_by or self.ended_by
        self._stopping.set()

    def stopping(self) -> bool:
        return self._stopping.is_set()

    # --- beginning and end --------------------------------------------------------------------------------------------

    def start(self, kind: RunKind) -> None:
        """Write the run down before anything happens; nothing at all where a clock must be wrong.

        A run for now is for now by the clock of the ledger, as everything that it writes.
        """
        self.kind = kind
        if said := self.place.begin():
            self.report.notices.append(said)
        if self._as_of is None:
            self.as_of = self.place.now()
            self.pieces = Pieces(self.place, self.as_of)
        self.id = self.place.ledger.start_run(
            kind,
            as_of=self.as_of,
            now=self.place.now(),
            git_revision=self.place.files.revision,
            definitions_hash=self.place.definitions_hash,
            watermark=self.place.store.manifest().watermark,
            flow_run_id=self.flow_run_id,
            holder=self.place.holder.name,
        )
        self.place.begun(self.id)

    async def finish(self) -> State[None]:
        """Say how it went: in the ledger, as artifacts, in the log. Any problem makes the run fail visibly."""
        ledger, log = self.place.ledger, get_run_logger()
        firings = ledger.firings(FiringFilter(run_id=self.id))
        steps = ledger.steps_of_run(self.id)
        self.report.paused = told_pauses(self.place)
        self.report.waiting = len(waiting(self.place))
        if KINDS[self.kind].decides:
            self.report.notices += [f"{hole.said}; {REMEDY}" for hole in wrong_now(self.place, self.as_of)]
        headline = headline_of(self.kind, self.report, firings, steps)
        failed = bool(self.report.problems)
        ledger.finish_run(self.id, "failed" if failed else "completed", self.place.now(), self.report.summary())
        # The page shows the newest first.
        await _table("what-was-done", done_rows(steps), "Each step, with a link to it where it was done")
        rows = fired_rows(firings)
        again = fired_on_page(row for row, one in zip(rows, firings, strict=False) if is_earlier(one))
        await _table("decided-again", again, "What earlier runs found, and what was decided about it today")
        fired = fired_on_page(row for row, one in zip(rows, firings, strict=False) if is_new(one))
        await _table("what-fired", fired, f"What fired, what it is worth, and why{NOTE if fired else ''}")
        await acreate_markdown_artifact(
            redacted(markdown(self.report, firings)), key="run-report", description=headline
        )
        log.info(headline)
        for problem in self.report.problems:
            log.error("%s (%s): %s", problem.system, problem.whose, problem.sentence)
        if KINDS[self.kind].decides:
            new = [one for one in firings if is_new(one)]
            emit(alerts_of(self.place, new, self.as_of, self.place.now()), self.flow_run_id)
        if failed:
            worst = self.report.problems[0]
            return Failed(message=redacted(f"{headline}. {worst.system} ({worst.whose}): {worst.sentence}"))
        return Completed(message=headline)

    def abandon(self, problem: Problem) -> None:
        """The run ends before its end; what was done stays done, and the next run goes on from there."""
        if self.id:
            self.report.add(problem)
            self.place.ledger.finish_run(self.id, "failed", self.place.now(), self.report.summary())

    def cancelled(self) -> State[None]:
        """The end of a run that a person stopped."""
        sentence = f"stopped by {self.ended_by}; the next run goes on from there"
        self.abandon(Problem("expansion", "this program", sentence))
        return Cancelled(message=sentence)


async def _table(key: str, rows: list[dict[str, str]], description: str) -> None:
    if rows:
        await acreate_table_artifact([redacted_row(row) for row in rows], key=key, description=description)


def announce(decisions: Decisions) -> None:
    """One Prefect event per trigger that fired, for automations to hang on; never one per account."""
    accounts: dict[str, dict[str, None]] = {}  # by trigger; several people of one account are one
    for firing in (*decisions.firings, *(each.firing for each in decisions.again)):
        if firing.decision == "acting":
            accounts.setdefault(firing.trigger, {})[firing.account_id] = None
    for trigger, fired in accounts.items():
        emit_event(
            event="expansion.trigger.fired",
            resource={"prefect.resource.id": f"expansion.trigger.{trigger}", "prefect.resource.name": trigger},
            payload={"count": len(fired), "account_ids": [redacted(account) for account in list(fired)[:500]]},
        )
