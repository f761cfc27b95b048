"""`expansion reconcile`: does every system still have what the ledger says was done?"""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from cli.output import as_json, say, table

if TYPE_CHECKING:
    from jobs.reconcile import Reconciled


@click.command("reconcile")
@click.option(
    "--days", default=60, type=click.IntRange(min=1), show_default=True, help="What was done in the last so many days."
)
@click.option("--json", "json_", is_flag=True, help="As JSON.")
def command(days: int, json_: bool) -> None:
    """Ask each system how what was done stands now: deleted tasks, other owners, messages and tags that are gone.

    Nothing is repaired; each difference says what to do. Exit code 1 where there is something to do, or where a system
    could not be asked.
    """
    from flows.opening import open_place
    from jobs.reconcile import difference_rows, reconcile_all, untold_rows

    place = open_place()
    try:
        found = reconcile_all(place, place.now(), days)
    finally:
        place.close()
    rows, untold = difference_rows(found.open), untold_rows(found.not_compared)
    if json_:
        as_json(_told(found))
    else:
        table(rows)
        table(untold, title="Could not be compared")
        is_empty = not (found.compared or rows or untold or found.gone)
        say(
            f"nothing to compare: the last {days} days left nothing that could be looked at"
            if is_empty
            else found.headline()
        )
    if found.for_somebody or found.out_of_reach:
        sys.exit(1)


def _told(found: Reconciled) -> dict[str, Any]:
    """For scripts: what was compared, each difference with its step, and what could not be compared."""
    differences = [
        {
            **asdict(one),
            "account_id": step.account_id,
            "account_name": step.account_name,
            "user_id": step.user_id or None,
            "user_name": step.user_name or None,
            "trigger": step.trigger,
            "playbook": step.playbook,
            "step_id": step.step_id,
            "system": step.integration,
            "link": step.link,
        }
        for one, step in found.open
    ]
    untold = [{"action": action, "why": why, "steps": count} for (action, why), count in found.not_compared.items()]
    return {"compared": found.compared, "gone": found.gone, "differences": differences, "not_compared": untold}
