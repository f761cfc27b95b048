"""From the beginning of a run to its end; and the runs of this process by id, so that subflows are handed only ids."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from prefect import tags
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run

from expansion.records.ledger import RunKind
from expansion.text.for_people import ForPeople
from flows.opening import open_place
from flows.run import Run, take_care_of_logs
from jobs.clean_errors import harmless
from jobs.report import Problem, told

_RUNNING: dict[int, Run] = {}


class NoSuchRun(ForPeople):
    """A run id that is not of this process."""


def stop_all(ended_by: str) -> None:
    """Ask every run of this process to come to an end."""
    for run in list(_RUNNING.values()):
        run.stop(ended_by)


def run_of(run_id: int) -> Run:
    """The run of this process with that id."""
    if run_id not in _RUNNING:
        raise NoSuchRun(f"run {run_id} is not at work in this process; leave `run_id` out for a run of its own")
    return _RUNNING[run_id]


async def run_of_kind(kind: RunKind, as_of: datetime | None, work: Callable[[Run], Awaitable[object]]) -> State[Any]:
    """Open the place, write the run down, do the work, report; whatever happens, the run does not stay open."""
    take_care_of_logs()
    run = Run(open_place(), as_of, str(flow_run.id) if flow_run.id else None)
    try:
        run.start(kind)
        _RUNNING[run.id] = run
        with tags("expansion"):  # a run does not pass its tags on to its subflows
            await work(run)
        return await run.finish()
    except asyncio.CancelledError:
        if run.ended_by is None:  # Prefect itself ends the run, and says so
            run.abandon(Problem("expansion", "this program", "it was stopped; the next run goes on from there"))
            raise
        return run.cancelled()
    except BaseException as error:
        run.abandon(told(error))
        if (clean := harmless(error)) is not error:
            raise clean from None
        raise
    finally:
        _RUNNING.pop(run.id, None)
        run.place.close()
