"""`expansion unsure`: steps that may or may not have happened, for a person to settle."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Any

import click

from cli import scripts
from cli.beginning import must_be_ours
from cli.output import as_json, say, table

if TYPE_CHECKING:
    from expansion.records.ledger import StepRecord

_VERDICTS = {
    "done": "written down as done",
    "retry": "due again; the next run sends it",
    "skip": "left out, and not sent again",
}


class _Verdict(click.Choice[str]):
    """What became of a step; where it stands first and the key after it, that is said."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        first = ctx.params.get("key") if ctx is not None else None
        if first in _VERDICTS and value not in _VERDICTS:
            hint = f"write the key first: `expansion unsure {value} {first}`"
            raise click.UsageError(f"`{first}` is what became of a step\n\nhint: {hint}", ctx)
        return super().convert(value, param, ctx)


@click.command("unsure")
@click.argument("key", required=False)
@click.argument("verdict", required=False, type=_Verdict(list(_VERDICTS)))
@click.option("--note", default="", help="What you saw, for the ledger.")
@click.option("--json", "json_", is_flag=True, help="As JSON.")
def command(key: str | None, verdict: str | None, note: str, json_: bool) -> None:
    """Steps whose outcome nobody knows: sent, but no answer came back, and the system cannot be asked.

    Look in the system whether it is there, then say so: `expansion unsure KEY done`, or `retry` to send it again, or
    `skip` to leave it. The first letters of the key are enough.
    """
    from flows.opening import open_place
    from jobs.pause import NoSuchThing

    place = open_place(looking=True)
    try:
        must_be_ours(place)
        steps = place.ledger.unsure_steps()
        if key is None:
            _list(steps, json_)
            return
        step = _chosen(steps, key)
        if verdict is None:
            raise click.UsageError(f"what became of {step.action} for {step.called}? say done, retry or skip")
        who = getpass.getuser()
        if not place.ledger.settle(step.key, verdict, who, note, place.now()):  # type: ignore[arg-type]  # a choice
            raise NoSuchThing(
                f"{step.action} for {step.called} is not unsure any more, so nothing was changed\n\n"
                f"hint: `expansion audit --step {step.key[:12]}` says what became of it"
            )
        say(f"{step.action} for {step.called}: {_VERDICTS[verdict]}")
    finally:
        place.close()


def _list(steps: list[StepRecord], json_: bool) -> None:
    from jobs.report import told_of_people

    rows = [
        {
            "key": step.key[:12],
            "account": step.account_name,
            "who": step.user_name,
            "step": f"{step.playbook} / {step.step_id}",
            "action": step.action,
            "since": f"{step.updated_at:%Y-%m-%d %H:%M}",
            "why": step.reason or "",
        }
        for step in steps
    ]
    rows = told_of_people(rows)
    if json_:
        as_json([scripts.step(step) for step in steps])
    elif rows:
        table(rows)
        say("\nlook whether each is there, then: expansion unsure KEY done | retry | skip")
    else:
        say("no step is unsure")


def _chosen(steps: list[StepRecord], key: str) -> StepRecord:
    if key in _VERDICTS:
        raise click.UsageError(
            f"`{key}` is what became of a step\n\nhint: write the key first: `expansion unsure KEY {key}`"
        )
    found = [step for step in steps if step.key.startswith(key)]
    if not found:
        raise click.UsageError(
            f"no unsure step has a key that begins with `{key}`\n\nhint: `expansion unsure` lists them, and "
            f"`expansion audit --step {key}` says what became of one that is settled"
        )
    if len(found) > 1:
        raise click.UsageError(
            f"{len(found)} unsure steps have a key that begins with `{key}`\n\nhint: write more of its letters"
        )
    return found[0]
