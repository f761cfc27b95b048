"""`expansion ledger`: what fired and what was done about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import click

from cli import scripts
from cli.accounts import of_ledger
from cli.beginning import must_be_ours, nothing_yet
from cli.completing import ACCOUNT, TRIGGER
from cli.naming import need_trigger_of_ledger
from cli.output import as_json, say, table

if TYPE_CHECKING:
    from expansion.records.ledger import FiringRecord, RunRecord
    from jobs.place import Place


@click.command("ledger")
@click.option("--trigger", type=TRIGGER, help="Only this trigger.")
@click.option("--account", type=ACCOUNT, help="Only this account, by its id or its name.")
@click.option("--user", help="Only this person, by the user id; of triggers about people.")
@click.option("--steps", "steps_", is_flag=True, help="The steps instead of the firings.")
@click.option("--runs", "runs_", is_flag=True, help="The runs instead.")
@click.option("--clocks", "clocks_", is_flag=True, help="How long tasks have waited for somebody to touch them.")
@click.option("--answers", "answers_", is_flag=True, help="What people answered by the buttons of messages.")
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
    answers_: bool,
    history: bool,
    limit: int,
    json_: bool,
) -> None:
    """Firings with their reasons, most valuable first; the steps that followed; the runs that decided."""
    from flows.opening import open_place
    from jobs.pause import told_pauses

    view = _view(steps=steps_, runs=runs_, clocks=clocks_, answers=answers_, history=history)
    if runs_ and (trigger or account or user):
        raise click.UsageError("`--runs` lists whole runs; leave out `--trigger`, `--account` and `--user`")
    place = open_place(looking=True)
    try:
        must_be_ours(place)
        wanted = _wanted(place, trigger, account, user, limit)
        rows, told = _VIEWS[view](place, wanted)
        paused = told_pauses(place)
        empty = "" if rows else _nothing(place, view, wanted)
    finally:
        place.close()
    if json_:
        as_json(told)
        return
    if rows:
        table(rows)
    else:
        say(empty)
    for sentence in paused:
        say(f"paused: {sentence}")


@dataclass(frozen=True)
class _Wanted:
    """What the lists are narrowed to."""

    trigger: str | None
    account: str | None
    account_name: str | None
    user: str | None
    limit: int
    former: tuple[str, ...] = ()  # ids that the account had

    def named(self) -> list[str]:
        account = f"account `{self.account}`" if self.account is not None else ""
        account += f" ({self.account_name})" if self.account_name else ""
        trigger = f"trigger `{self.trigger}`" if self.trigger is not None else ""
        person = f"person `{self.user}`" if self.user is not None else ""
        return [one for one in (trigger, account, person) if one]


def _wanted(place: Place, trigger: str | None, account: str | None, user: str | None, limit: int) -> _Wanted:
    """The names as the ledger has them; what is called so by nothing is an error."""
    if trigger is not None:
        need_trigger_of_ledger(place, trigger)
    id_, name = of_ledger(place, account) if account is not None else (None, None)
    now, former = _by_every_id(place, id_) if id_ is not None else (None, ())
    return _Wanted(trigger, now, name, user, limit, former)


def _by_every_id(place: Place, account: str) -> tuple[str, tuple[str, ...]]:
    """The id that an account has now, and those that it had. A store that is damaged keeps nobody from asking."""
    from expansion.usage.storage.manifest import StoreError
    from jobs.clock import utc_now

    try:
        ids = place.ids(utc_now())
    except StoreError:
        return account, ()
    now, *former = ids.of_account(ids.account(account))
    return now, tuple(former)


Lists = tuple[list[dict[str, Any]], list[dict[str, Any]]]  # for people, and for scripts


def _firings(place: Place, wanted: _Wanted) -> Lists:
    from jobs.report import fired_rows

    found = _found(place, wanted)
    rows = [
        {name: cell for name, cell in row.items() if name not in ("expected", "numbers")} for row in fired_rows(found)
    ]
    return rows, scripts.firings(found, evidence=True)


def _history(place: Place, wanted: _Wanted) -> Lists:
    from jobs.report import decided_rows

    found = _found(place, wanted)
    past = {one.id: place.ledger.past_decisions(one.id) for one in found}
    told = scripts.firings(found, evidence=True)
    before = [[asdict(each) for each in past[one.id]] for one in found]
    both = zip(told, before, strict=True)
    return list(decided_rows(found, past)), [{**one, "before": decisions} for one, decisions in both]


def _steps(place: Place, wanted: _Wanted) -> Lists:
    from expansion.records.ledger import StepFilter
    from jobs.report import step_rows

    narrow = StepFilter(
        trigger=wanted.trigger,
        account_id=wanted.account,
        former_ids=wanted.former,
        user_id=wanted.user,
        limit=wanted.limit,
    )
    found = place.ledger.steps(narrow)
    return list(step_rows(found)), [scripts.step(one) for one in found]


def _clocks(place: Place, wanted: _Wanted) -> Lists:
    from expansion.follow.sla import promise
    from expansion.records.ledger import StepFilter
    from jobs.clocks import clock_rows

    narrow = StepFilter(
        trigger=wanted.trigger, account_id=wanted.account, former_ids=wanted.former, user_id=wanted.user
    )
    steps = place.ledger.steps(narrow)
    clocks = place.ledger.clocks_of(step.key for step in steps)
    told = [scripts.clock(clocks[one.key], one, promise(one.recipe)) for one in steps if one.key in clocks]
    return list(clock_rows(clocks, steps))[: wanted.limit], told[: wanted.limit]


def _answers(place: Place, wanted: _Wanted) -> Lists:
    from jobs.answers import answer_rows

    found = place.ledger.newest_dispositions(wanted.trigger, wanted.account, wanted.limit)
    told = [asdict(one) | {"called": one.called or None} for one in found]
    return answer_rows(found, place.definitions.zone), told


def _runs(place: Place, wanted: _Wanted) -> Lists:
    found = place.ledger.runs(wanted.limit)
    return [_run(run) for run in found], [_run_told(run) for run in found]


def _found(place: Place, wanted: _Wanted) -> list[FiringRecord]:
    from expansion.records.ledger import FiringFilter

    narrow = FiringFilter(
        trigger=wanted.trigger,
        account_id=wanted.account,
        former_ids=wanted.former,
        user_id=wanted.user,
        limit=wanted.limit,
    )
    return list(place.ledger.firings(narrow))


_VIEWS: dict[str, Callable[[Place, _Wanted], Lists]] = {
    "firings": _firings, "--history": _history, "--steps": _steps, "--clocks": _clocks, "--answers": _answers,
    "--runs": _runs,
}  # fmt: skip

_EMPTY = {
    "firings": "nothing has fired yet; `expansion run` writes here",
    "--history": "nothing has fired yet; `expansion run` writes here",
    "--steps": "no step is planned yet; `expansion run` writes here",
    "--runs": "there was no run yet; `expansion run` is one",
    "--answers": "nobody has answered yet; `buttons: true` on a message in Slack puts buttons below it",
    "--clocks": "no task has a clock; the `sla` of a playbook's step starts one",
}


def _view(**wanted: bool) -> str:
    """Which of the lists; two at once are none."""
    named = [f"--{name}" for name, is_wanted in wanted.items() if is_wanted]
    if len(named) > 1:
        raise click.UsageError(f"`{named[0]}` and `{named[1]}` are two different lists; choose one")
    return named[0] if named else "firings"


def _nothing(place: Place, view: str, wanted: _Wanted) -> str:
    """Why there are no rows."""
    if not (named := wanted.named()):
        return nothing_yet(place, _EMPTY[view])
    said = f"the ledger has nothing of {' and '.join(named)}"
    return f"{said}\n\nhint: a person is named by the user id" if wanted.user is not None else said


def _run(run: RunRecord) -> dict[str, str]:
    problems = run.summary.get("problems", [])
    return {
        "run": str(run.id),
        "kind": run.kind,
        "as of": f"{run.as_of:%Y-%m-%d %H:%M}",
        "started": f"{run.started_at:%Y-%m-%d %H:%M:%S}",
        "status": run.status,
        "commit": run.git_revision or "",
        "problem": problems[0]["sentence"] if problems else run.summary.get("problem", ""),
    }


def _run_told(run: RunRecord) -> dict[str, Any]:
    """A run for scripts; what it reported stands in the fields of `expansion run --json`."""
    from cli.reporting import summary_for_scripts

    told = asdict(run)
    return {**told, "summary": summary_for_scripts(run.summary)}
