"""The flow `react`: what `expansion serve` does at once with the events it takes, for Prefect's pages.

It only shows. Reacting goes on without it, and without Prefect: one flow run for each hour, none for an event or a
batch (an empty run takes a second, and thousands of them would drown the server).
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event
from typing import Any
from uuid import UUID

from prefect import flow, tags
from prefect.artifacts import acreate_table_artifact
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import ArtifactUpdate
from prefect.client.schemas.objects import State
from prefect.logging import get_run_logger
from prefect.runtime import flow_run
from prefect.settings import PREFECT_API_URL
from prefect.states import Completed, Failed

from expansion.text.redact import redacted
from flows.alerting import alerts_at_once, emit
from flows.run import announce, take_care_of_logs
from jobs.log_lines import told_without_names
from jobs.react.reacting import Reacting
from jobs.react.run import ReactRun

TABLE = "reacted-to"
EVERY = 2.0  # seconds between looks; what is shown is that old
_TABLE_EVERY = 5  # looks between two versions of the table
_AGAIN = 60.0  # seconds, where Prefect is away
_RUNS: dict[int, ReactRun] = {}
_log = logging.getLogger(__name__)


@flow(name="react", flow_run_name="react", retries=0)
async def react(run_id: int) -> State[Any]:
    """An hour of what the resident process of `expansion serve` reacts to; `run_id` is that of the ledger.

    Started by serve itself; a deployment of it would have nothing to show.
    """
    take_care_of_logs()
    page = _Page(_RUNS[run_id])
    with tags("expansion"):
        while not await page.is_over(EVERY):
            await page.show()
        await page.show(last=True)
    report, headline = page.run.told.report, page.run.headline
    get_run_logger().info(headline)
    if not report.problems:
        return Completed(message=headline)
    worst = report.problems[0]
    return Failed(message=redacted(f"{headline}. {worst.system} ({worst.whose}): {worst.sentence}"))


async def _flow_run(run_id: int) -> None:
    await react(run_id, return_state=True)


@dataclass
class _Page:
    """What Prefect was shown of a run."""

    run: ReactRun
    artifact: UUID | None = None
    looks: int = 0
    shown: list[dict[str, str]] = field(default_factory=list)
    alerted: set[str] = field(default_factory=set)

    async def is_over(self, wait: float) -> bool:
        return await asyncio.to_thread(self.run.over.wait, wait)

    async def show(self, *, last: bool = False) -> None:
        """Lines of the log, events for automations, and now and then the table."""
        told, log = self.run.told, get_run_logger()
        while told.lines:
            log.warning(redacted(told.lines.popleft()))
        while told.decided:
            decisions = told.decided.popleft()
            for line in told_without_names(decisions):
                log.info(line)
            announce(decisions)
            new = [one for one in alerts_at_once(decisions.firings) if one.about not in self.alerted]
            self.alerted |= {one.about for one in new}
            emit(new, str(flow_run.id) if flow_run.id else None)
        self.looks += 1
        if last or self.looks % _TABLE_EVERY == 1:
            await self._table()

    async def _table(self) -> None:
        rows = self.run.told.rows()
        if not rows or rows == self.shown:
            return
        if self.artifact is None:
            said = "What came in and what followed, by the minute"
            self.artifact = await acreate_table_artifact(rows, key=TABLE, description=said)
        else:
            async with get_client() as client:
                await client.update_artifact(self.artifact, ArtifactUpdate(data=json.dumps(rows)))
        self.shown = rows


@dataclass
class Showing:
    """Shows each hour of reacting in Prefect; what fails here is said, and nothing more."""

    reacting: Reacting
    say: Callable[[str], None]
    stopping: Event
    _has_said: bool = False

    def work(self) -> None:
        """Until it is stopped and the last page is finished; in a thread of its own."""
        if not PREFECT_API_URL.value():  # a temporary server would cost more than all the rest, with nobody to look
            self.say("PREFECT_API_URL is not set: what reacts stands in the ledger alone (`expansion ledger --runs`)")
            return
        seen = 0
        while not self.stopping.is_set():
            run = self.reacting.run
            if run is None or run.id == seen:
                self.stopping.wait(EVERY / 2)
            elif self.show(run):
                seen = run.id
            else:
                self.stopping.wait(_AGAIN)

    def show(self, run: ReactRun) -> bool:
        """A flow run for it; whether its page is done with."""
        _RUNS[run.id] = run
        try:
            asyncio.run(_flow_run(run.id))
            self._has_said = False
            return True
        except Exception as error:  # whatever is wrong with Prefect, reacting goes on
            _log.debug("the page of run %s ended", run.id, exc_info=error)
            if not self._has_said:
                self._has_said = True
                self.say(f"Prefect cannot be told what reacts ({type(error).__name__}); it goes on, and is told later")
            return run.over.is_set()
        finally:
            _RUNS.pop(run.id, None)
