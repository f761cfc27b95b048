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
@click.option("--clocks", "clocks_", is_flag=True, help="How long tasks have waited for somebody to touch them.")
@click.option("--history", is_flag=True, help="Also what was decided about each firing before.")
@click.option("--limit", default=50, show_default=True, help="At most so many rows.")
@click.option("--json", "json_", is_flag=True, help="As JSON, with every field.")
def command(
    trigger: str | None,
    account: str | None,
    user: str | None,
    steps_: bool,
    runs_: bool,
    clocks_: bool,
    history: bool,
    limit: int,
    json_: bool,
) -> None:
    """Firings with their reasons, most valuable first; the steps that followed; the runs that decided."""
    from expansion.ledger.records import FiringFilter, StepFilter
    from flows.pausing import told_pauses
    from flows.place import Place
    from flows.report import decided_rows, fired_rows, step_rows
    from flows.touching import clock_rows

    past: dict[int, list[Any]] = {}
    place = Place()
    try:
        ledger = place.ledger
        if runs_:
            found: list[Any] = ledger.runs(limit)
            rows = [_run(run) for run in found]
        elif clocks_:
            steps = ledger.steps(StepFilter(trigger=trigger, account_id=account, user_id=user))
            clocks = ledger.clocks_of(step.key for step in steps)
            rows = clock_rows(clocks, steps)[:limit]
            found = [clocks[step.key] for step in steps if step.key in clocks][:limit]
        elif steps_:
            found = ledger.steps(StepFilter(trigger=trigger, account_id=account, user_id=user, limit=limit))
            rows = step_rows(found)
        else:
            found = ledger.firings(FiringFilter(trigger=trigger, account_id=account, user_id=user, limit=limit))
            past = {one.id: ledger.past_decisions(one.id) for one in found} if history else {}
            rows = decided_rows(found, past) if history else fired_rows(found)
        paused = told_pauses(place)
    finally:
        place.close()
    if json_:
        from dataclasses import asdict

        before = {id_: {"before": [asdict(each) for each in decisions]} for id_, decisions in past.items()}
        as_json([asdict(one) | before.get(getattr(one, "id", 0), {}) for one in found])
        return
    if rows:
        table(rows)
    else:
        say("nothing yet; `expansion run` writes here")
    for sentence in paused:
        say(f"paused: {sentence}")


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
