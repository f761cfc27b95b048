"""The flow `pull`: one source into the usage store."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from expansion.contract import Refused
from expansion.text.redact import redacted
from flows.run import Run
from flows.tasks import pull_source
from flows.work import run_of, run_of_kind
from jobs.pull import Pull, Pulled, outcome_pulls, pulls


@flow(name="pull", flow_run_name="{source}", retries=0)
async def pull(source: str, run_id: int | None = None, as_of: datetime | None = None) -> State[Any]:
    """Pull everything that the definitions need from one source, such as `salesforce.account`.

    Within a run, `run_id` names it; alone, it is a run of its own.
    """
    if run_id is None:
        return await run_of_kind("pull", as_of, lambda run: _pull(run, source))
    found = await _pull(run_of(run_id), source)
    problems = [pulled.problem for pulled in found if pulled.problem]
    if problems:
        return Failed(message=redacted(problems[0]))
    return Completed(message=f"{sum(pulled.stored for pulled in found):,} new")


async def _pull(run: Run, source: str) -> list[Pulled]:
    """Everything of one source, with its problems in the run's report."""
    every = [*pulls(run.place), *outcome_pulls(run.place)]
    wanted = [one for one in every if one.source == source]
    if not wanted:
        raise Refused(f"no fact, cohort, event or outcome comes from `{source}`; nothing to pull")
    found = [await pulled_in(run, one) for one in wanted]
    for pulled in found:
        run.report.add_pulled(pulled)
    return found


async def pulled_in(run: Run, wanted: Pull) -> Pulled:
    """A pull that breaks off is a problem of the run; the others go on."""
    # With return_state the awaited call gives a State; Prefect's annotation says State where it means a coroutine.
    state: State[Pulled] = await pull_source(run, wanted, return_state=True)  # type: ignore[misc]
    if state.is_completed():
        return await state.aresult()
    sentence = f"the pull of {wanted.title} broke off: {state.message}"
    return Pulled(wanted, problem=sentence, whose="this program")
