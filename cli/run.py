"""`expansion run`: the main job, once."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Any

import click

from cli.completing import TRIGGER
from cli.engine import engine_option
from cli.options import MOMENT
from cli.output import as_json, say


@click.command("run")
@click.option("--dry-run", is_flag=True, help="Show what would fire and be sent; nothing is pulled, written or sent.")
@click.option(
    "--as-of", type=MOMENT, help="A moment in the past, such as 2026-03-02T09:00:00Z: only what had arrived then."
)
@click.option(
    "--trigger", "triggers", type=TRIGGER, multiple=True, help="Only this trigger; can be given several times."
)
@click.option("--pull/--no-pull", "pull_sources", default=None, help="Pull the sources first; off with --as-of.")
@engine_option
@click.option("--json", "json_", is_flag=True, help="The report as JSON.")
def command(
    dry_run: bool,
    as_of: datetime | None,
    triggers: tuple[str, ...],
    pull_sources: bool | None,
    engine: str | None,
    json_: bool,
) -> None:
    """Find the accounts that are ready to buy more, and start the right conversation with each, once.

    Runs the Prefect flow `expansion` in this process. With PREFECT_API_URL set, the run shows in that server's UI;
    without, a temporary server is started for the run.
    """
    if dry_run:
        _preview(as_of, list(triggers), json_, engine)
        return
    from cli.prefect_env import prefect_ready

    prefect_ready()
    pulls = pull_sources if pull_sources is not None else as_of is None
    sys.exit(run_flow(as_of, list(triggers), pulls, json_, engine))


def run_flow(
    as_of: datetime | None, triggers: list[str], pull_sources: bool, json_: bool, engine: str | None = None
) -> int:
    """Run the flow, print its report; 0 if all went well, 1 if something needs a person, 130 or 143 if it was ended."""
    import asyncio

    from prefect import tags
    from prefect.client.schemas.objects import State

    from cli.prefect_env import fewer_lines
    from cli.stopping import Job
    from flows.main import expansion
    from flows.opening import engine_of_runs, open_place
    from flows.work import stop_all

    open_place().definitions  # noqa: B018  wrong YAML is said before a server starts
    fewer_lines()

    async def run() -> State[Any]:
        with tags("expansion", "by hand"), engine_of_runs(engine):
            # With return_state the awaited call gives a State; Prefect's annotation has one layer too many.
            return await expansion(as_of, triggers, pull_sources, return_state=True)

    job = Job(run, stop_all)
    state = job.finish()
    if state is None or job.signal is not None:
        say("stopped: what was being sent is written down, and the next run goes on from there")
        return 128 + (job.signal or 0)
    report = _printed(str(state.state_details.flow_run_id), json_)
    if not report and state.is_failed():
        asyncio.run(state.aresult())  # raises what stopped the run
    return 0 if state.is_completed() else 1


def _printed(flow_run_id: str, json_: bool) -> bool:
    """Print the report of a run from the ledger; False where the run did not get as far as that."""
    from cli.reporting import report_for_scripts, show_report
    from expansion.records.ledger import FiringFilter
    from flows.opening import open_place
    from jobs.kinds import headline_of
    from jobs.report import RunReport

    place = open_place()
    try:
        run = next((run for run in place.ledger.runs(5) if run.flow_run_id == flow_run_id), None)
        if run is None or run.status == "running":
            return False
        firings = place.ledger.firings(FiringFilter(run_id=run.id))
        steps = place.ledger.steps_of_run(run.id)
        report = RunReport.from_summary(run.summary)
        if json_:
            as_json(report_for_scripts(run, report, firings, steps))
        else:
            show_report(report, firings, steps)
            say("")
            say(headline_of(run.kind, report, firings, steps))
        return True
    finally:
        place.close()


def _preview(as_of: datetime | None, triggers: list[str], json_: bool, engine: str | None) -> None:
    """What would happen, from the same functions, without Prefect and without a trace."""
    from cli.preview import preview

    preview(as_of, triggers, json_, engine)
