"""The flow `expansion`: the main job. Pull, evaluate, decide, start the playbooks, follow up."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run

from flows.playbook import playbook
from flows.pull import pull
from flows.run import Run, announce
from flows.tasks import decide_firings, evaluate_triggers, read_clocks, recover_steps, take_back_steps, wake_steps
from flows.work import run_of_kind
from jobs.decide import triggers_of_run
from jobs.pull import pulls


def _name() -> str:
    as_of = flow_run.parameters.get("as_of")
    return f"expansion as of {str(as_of)[:16]}" if as_of else "expansion"


@flow(name="expansion", flow_run_name=_name, retries=0)
async def expansion(
    as_of: datetime | None = None, triggers: list[str] | None = None, pull_sources: bool = True
) -> State[Any]:
    """Find the accounts that are ready to buy more, and start the right conversation with each, once.

    `as_of`: the moment of the check; left out, now. `triggers`: only these. With neither, the triggers are evaluated
    that are due by their `check`. `pull_sources`: off for a moment in the past, whose events are stored already.

    A problem with one system stops nothing else; the run then ends as failed, with a message that says whose problem
    it is.
    """

    async def work(run: Run) -> None:
        if pull_sources:
            await pull_all(run)
        await recover_steps(run)
        await wake_steps(run)
        await act_on(run, list(triggers or []), only_due=as_of is None and not triggers)
        await take_back_steps(run)
        await read_clocks(run)
        await start_playbooks(run)

    return await run_of_kind("expansion", as_of, work)


@flow(name="follow-up", flow_run_name="follow up", retries=0)
async def follow_up(as_of: datetime | None = None) -> State[Any]:
    """Steps whose time has come, steps that were left behind or unsure, steps that are due again, what follows from
    episodes that have ended, and from tasks that nobody has touched in time."""

    async def work(run: Run) -> None:
        await recover_steps(run)
        await wake_steps(run)
        await take_back_steps(run)
        await read_clocks(run)
        await start_playbooks(run)

    return await run_of_kind("follow_up", as_of, work)


async def pull_all(run: Run) -> None:
    """One subflow run per source."""
    for source in dict.fromkeys(one.source for one in pulls(run.place)):
        state: State[Any] = await pull(source, run.id, return_state=True)
        _note(run, f"the pull of {source}", state)


async def act_on(run: Run, named: list[str], *, only_due: bool) -> None:
    """Evaluate and decide."""
    chosen, run.report.not_due = triggers_of_run(run.place, run.place.definitions, named, run.as_of, only_due=only_due)
    if not chosen:
        return
    evaluated = await evaluate_triggers(run, [trigger.trigger for trigger in chosen])
    # A source that failed is asked again within the hour; what rests on it is then evaluated again.
    decisions = await decide_firings(run, evaluated, note=only_due and not run.report.problems)
    run.report.add_decisions(evaluated, decisions)
    announce(decisions)


async def start_playbooks(run: Run) -> None:
    """One subflow run per playbook that has something due."""
    due = await run.in_thread(run.place.ledger.due_actions, run.place.now())
    for name in sorted({one.playbook for one in due}):
        state: State[Any] = await playbook(name, run.id, return_state=True)
        _note(run, f"playbook {name}", state)


def _note(run: Run, what: str, state: State[Any]) -> None:
    if not state.is_completed():
        run.report.add_broken(what, state.message or state.name or "")
