"""The flow `outcomes`: what did accounts come to buy more of, or less, since yesterday?"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from prefect import flow
from prefect.artifacts import acreate_table_artifact
from prefect.client.schemas.objects import State

from flows.pull import pulled_in
from flows.report import publish_report
from flows.run import Run
from flows.work import run_of_kind
from jobs.outcomes import apart_rows, collected, headline, outcome_rows, unread
from jobs.pull import outcome_pulls
from jobs.reporting.report import make_report, wanted

SHOWN = 200  # the newest; `expansion outcome` lists all


@flow(name="outcomes", flow_run_name="outcomes", retries=0)
async def outcomes(as_of: datetime | None = None) -> State[Any]:
    """Ask the systems that policy.yaml names for deals that were won or lost since the last time, write them down, and
    say what counts with all that follows from events and facts.

    Nothing is decided and nothing is sent. What counts nowhere is listed with the reason. The report of the last 13
    weeks is published beside it, as `expansion report` writes it.
    """

    async def work(run: Run) -> None:
        for pull in outcome_pulls(run.place):
            run.report.add_pulled(await pulled_in(run, pull))
        found = await run.in_thread(collected, run.place, run.as_of)
        zone, currency = run.place.zone, run.place.definitions.workspace.policy.currency
        run.report.outcomes = headline(found, currency)
        run.report.notices += [said for said in (unread(run.place),) if said]
        if newest := outcome_rows(reversed(found.outcomes[-SHOWN:]), zone):
            await acreate_table_artifact(newest, key="outcomes", description="What accounts came to buy, newest first")
        if apart := apart_rows(found.apart[:SHOWN], zone):
            said = "Outcomes that count nowhere, and why"
            await acreate_table_artifact(apart, key="outcomes-apart", description=said)
            run.report.notices.append(
                f"{len(found.apart):,} of what was told count nowhere; `expansion outcome` says why"
            )
        await publish_report(await run.in_thread(make_report, run.place, wanted(None, run.as_of)))

    return await run_of_kind("outcomes", as_of, work)
