"""The flow `playbook`: everything that is due of one playbook, step by step, batch by batch per integration."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from expansion.deliver.deliver import DeliveryReport
from flows.run import Run
from flows.tasks import StillBusy, deliver_batch, is_busy
from flows.work import run_of, run_of_kind
from jobs.deliver import waits_of
from jobs.report import Problem, told


@flow(name="playbook", flow_run_name="{playbook}", retries=0)
async def playbook(playbook: str, run_id: int | None = None) -> State[Any]:
    """Deliver the due steps of a playbook. A step becomes due when those before it are done, so it goes in rounds.

    Within a run, `run_id` names it; alone, it is a run of its own.
    """
    if run_id is None:
        return await run_of_kind("playbook", None, lambda run: _rounds(run, playbook))
    return Completed(message=_said(await _rounds(run_of(run_id), playbook)))


async def _rounds(run: Run, name: str) -> Counter[str]:
    """Until nothing is due, or what is due has to wait; how many steps became what."""
    blocked: set[str] = set()
    became: Counter[str] = Counter()
    number = 0
    while True:
        due = [one for one in run.place.ledger.due_actions(run.place.now(), name) if one.action not in blocked]
        if not due:
            return became
        for one in due:
            number += 1
            report = await _batch(run, one.action, name, number)
            if report is not None:
                became.update(verdict.state for verdict in report.verdicts)
            if report is None or report.problem or not report.claimed:
                blocked.add(one.action)


async def _batch(run: Run, action: str, name: str, number: int) -> DeliveryReport | None:
    """What a batch did; None where it has to wait for another run. Whatever is wrong with it stops no other action."""
    waits = waits_of(run.place, action)
    patient = deliver_batch.with_options(retries=len(waits), retry_delay_seconds=waits, retry_condition_fn=is_busy)
    # With return_state the awaited call gives a State; Prefect's annotation says State where it means a coroutine.
    state: State[DeliveryReport] = await patient(run, action, name, number, return_state=True)  # type: ignore[misc]
    try:
        return await state.aresult()
    except StillBusy as busy:
        run.report.add(Problem(action.partition(".")[0], "their system", str(busy)))
    except Exception as error:  # recorded, and its log has where
        run.report.add(told(error))
    return None


def _said(became: Mapping[str, int]) -> str:
    """`10 done, 1 refused`."""
    words = {"done": "done", "refused": "refused", "unsure": "unsure", "due": "to be tried again"}
    return ", ".join(f"{became[state]} {word}" for state, word in words.items() if became.get(state)) or "nothing due"
