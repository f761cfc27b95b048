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
@click.option("--limit", default=50, type=click.IntRange(min=1), show_default=True, help="At most so many rows.")
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

    view = _view(steps=steps_, runs=runs_, clocks=clocks_, history=history)
    if runs_ and (trigger or account or user):
        raise click.UsageError("`--runs` lists whole runs; leave out `--trigger`, `--account` and `--user`")
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
        empty = "" if rows else _nothing(place, view, trigger, account, user)
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
        say(empty)
    for sentence in paused:
        say(f"paused: {sentence}")


_EMPTY = {
    "firings": "nothing has fired yet; `expansion run` writes here",
    "--history": "nothing has fired yet; `expansion run` writes here",
    "--steps": "no step is planned yet; `expansion run` writes here",
    "--runs": "there was no run yet; `expansion run` is one",
    "--clocks": "no task has a clock; the `sla` of a playbook's step starts one",
}


def _view(**wanted: bool) -> str:
    """Which of the lists; two at once are none."""
    named = [f"--{name}" for name, is_wanted in wanted.items() if is_wanted]
    if len(named) > 1:
        raise click.UsageError(f"`{named[0]}` and `{named[1]}` are two different lists; choose one")
    return named[0] if named else "firings"


def _nothing(place: Any, view: str, trigger: str | None, account: str | None, user: str | None) -> str:
    """Why there are no rows, and whether a name is the reason."""
    from flows.pausing import NoSuchThing, must_be_there

    given = {"trigger": trigger, "account": account, "person": user}
    named = [f"{what} `{name}`" for what, name in given.items() if name is not None]
    if not named:
        return _EMPTY[view]
    said = f"the ledger has nothing of {' and '.join(named)}"
    if trigger is not None:
        try:
            must_be_there(place, "trigger", trigger)
        except NoSuchThing as error:
            return str(error)
    fired = place.ledger.firings() if account is not None else []
    if account is not None and account not in {one.account_id for one in fired}:
        from cli.accounts import id_of

        return f"{said}\n\nhint: {id_of(fired, account)}"
    return f"{said}\n\nhint: a person is named by the user id" if user is not None else said


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
