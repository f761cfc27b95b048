"""The flow `playbook`: everything that is due of one playbook, step by step, batch by batch per integration."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from expansion.ledger.records import StepFilter
from flows.clock import utc_now
from flows.report import Problem
from flows.running import Run
from flows.tasks import deliver_batch, is_busy, waits_of
from flows.work import run_of


@flow(name="playbook", flow_run_name="playbook {playbook}", retries=0)
async def playbook(playbook: str, run_id: int) -> State[Any]:
    """Deliver the due steps of a playbook. A step becomes due when those before it are done, so it goes in rounds."""
    run, ours = run_of(run_id)
    try:
        sent = await _rounds(run, playbook)
        refused = len(run.place.ledger.steps(StepFilter(playbook=playbook, run_id=run_id, states=("refused",))))
        if ours and run.report.problems:
            return Failed(message=run.report.problems[0].sentence)
        return Completed(message=f"{sent} steps sent" + (f", {refused} refused" if refused else ""))
    finally:
        if ours:
            run.place.close()


async def _rounds(run: Run, name: str) -> int:
    """Until nothing is due, or what is due has to wait."""
    blocked: set[str] = set()
    number = sent = 0
    while True:
        due = [one for one in run.place.ledger.due_actions(utc_now(), name) if one.action not in blocked]
        if not due:
            return sent
        for one in due:
            number += 1
            done = await _batch(run, one.action, name, number)
            sent += done or 0
            if not done:
                blocked.add(one.action)


async def _batch(run: Run, action: str, name: str, number: int) -> int | None:
    """How many steps a batch took; None where the rest of the action has to wait for another run."""
    waits = waits_of(run, action)
    patient = deliver_batch.with_options(retries=len(waits), retry_delay_seconds=waits, retry_condition_fn=is_busy)
    # With return_state the awaited call gives a State; Prefect's annotation says State where it means a coroutine.
    state: State[Any] = await patient(run, action, name, number, return_state=True)  # type: ignore[misc]
    if state.is_completed():
        report = await state.aresult()
        return None if report.problem else report.claimed
    error = await state.aresult(raise_on_failure=False)
    if not is_busy(None, None, state):  # type: ignore[arg-type]  # only the state is looked at
        raise error
    run.report.add(Problem(action.partition(".")[0], "their system", str(error)))
    return None
