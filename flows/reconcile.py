"""The flow `reconcile`: does every system still have what the ledger says was done?"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from prefect import flow
from prefect.artifacts import acreate_table_artifact
from prefect.client.schemas.objects import State
from prefect.logging import get_run_logger

from flows.run import Run
from flows.work import run_of_kind
from jobs.reconcile import LOOK_BACK, difference_rows, reconcile_all, untold_rows


@flow(name="reconcile", flow_run_name="reconcile", retries=0)
async def reconcile(as_of: datetime | None = None, days: int = LOOK_BACK) -> State[Any]:
    """Compare what was done in the last `days` with Salesforce, HubSpot, Slack and Intercom; report what is otherwise.

    Nothing is repaired. What a system cannot tell is said to be not compared.
    """

    async def work(run: Run) -> None:
        found = await run.in_thread(reconcile_all, run.place, run.as_of, days)
        run.report.reconciled = found.headline()
        if rows := difference_rows(found.open):
            said = "Where a system is otherwise than the ledger has it, and what to do"
            await acreate_table_artifact(rows, key="differences", description=said)
        if rows := untold_rows(found.not_compared):
            await acreate_table_artifact(rows, key="not-compared", description="What could not be compared, and why")
        for row in rows:
            get_run_logger().warning("%s of %s could not be compared: %s", row["steps"], row["action"], row["why"])
        run.report.notices += [f"{row['action']}: {row['steps']} could not be compared: {row['why']}" for row in rows]

    return await run_of_kind("reconcile", as_of, work)
