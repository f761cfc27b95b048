"""`expansion ledger`: what fired and what was done about it."""

from __future__ import annotations

from typing import Any

import click

from cli.showing import as_json, say, table


@click.command("ledger")
@click.option("--trigger", help="Only this trigger.")
@click.option("--account", help="Only this account, by its id.")
@click.option("--user", help="Only this person, by the user id; of triggers about people.")
@click.option("--steps", "steps_", is_flag=True, help="The steps instead of the firings.")
@click.option("--runs", "runs_", is_flag=True, help="The runs instead.")
@click.option("--limit", default=50, show_default=True, help="At most so many rows.")
@click.option("--json", "json_", is_flag=True, help="As JSON, with every field.")
def command(
    trigger: str | None,
    account: str | None,
    user: str | None,
    steps_: bool,
    runs_: bool,
    limit: int,
    json_: bool,
) -> None:
    """Firings with their reasons, most valuable first; the steps that followed; the runs that decided."""
    from expansion.ledger.records import FiringFilter, StepFilter
    from flows.place import Place
    from flows.report import fired_rows, step_rows

    place = Place()
    try:
        ledger = place.ledger
        if runs_:
            found: list[Any] = ledger.runs(limit)
            rows = [_run(run) for run in found]
        elif steps_:
            found = ledger.steps(StepFilter(trigger=trigger, account_id=account, user_id=user, limit=limit))
            rows = step_rows(found)
        else:
            found = ledger.firings(FiringFilter(trigger=trigger, account_id=account, user_id=user, limit=limit))
            rows = fired_rows(found)
    finally:
        place.close()
    if json_:
        from dataclasses import asdict

        as_json([asdict(one) for one in found])
    elif rows:
        table(rows)
    else:
        say("nothing yet; `expansion run` writes here")


def _run(run: Any) -> dict[str, str]:
    problems = run.summary.get("problems", [])
    return {
        "run": str(run.id),
        "kind": run.kind,
        "as of": f"{run.as_of:%Y-%m-%d %H:%M}",
        "started": f"{run.started_at:%Y-%m-%d %H:%M:%S}",
        "status": run.status,
        "playbooks": run.git_revision or "",
        "problem": problems[0]["sentence"] if problems else run.summary.get("problem", ""),
    }
