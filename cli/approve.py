"""`expansion approve`: what waits for a person, let go or declined."""

from __future__ import annotations

import getpass
from datetime import datetime
from typing import TYPE_CHECKING

import click

from cli import scripts
from cli.accounts import of_ledger
from cli.beginning import must_be_ours, nothing_yet
from cli.completing import ACCOUNT, TRIGGER
from cli.naming import need_trigger_of_ledger
from cli.options import MOMENT, by_option, note_option
from cli.output import as_json, echo, many, say, table

if TYPE_CHECKING:
    from expansion.records.firing import NewFiring
    from expansion.records.ledger import FiringRecord
    from jobs.approve import Outcome
    from jobs.place import Place


@click.command("approve")
@click.option("--trigger", type=TRIGGER, help="All that waits of this trigger, such as a whole flood.")
@click.option("--account", type=ACCOUNT, help="All that waits of this account, by its id or its name.")
@click.option("--all", "all_", is_flag=True, help="All that waits.")
@click.option("--decline", is_flag=True, help="Say no: nothing is sent in this episode.")
@by_option
@note_option
@click.option(
    "--as-of", type=MOMENT, help="Decide with what had arrived then; left out: now. The audit has the clock's time."
)
@click.option("--json", "json_", is_flag=True, help="As JSON.")
def command(
    trigger: str | None,
    account: str | None,
    all_: bool,
    decline: bool,
    by: str | None,
    note: str,
    as_of: datetime | None,
    json_: bool,
) -> None:
    """Firings that the flood brake held, or that policy.yaml wants approved. Without an option: the list.

    What you approve is decided with the facts of now: suppressions, pauses and attention budgets still hold, and where
    the trigger is no longer true nothing is sent. The steps go out with the next run.
    """
    from flows.opening import open_place
    from jobs import approve as approving
    from jobs.clock import moment

    chosen = trigger is not None or account is not None
    if chosen and all_:
        raise click.UsageError("`--all` is everything that waits; leave it out, or leave out the others")
    if decline and not (chosen or all_):
        raise click.UsageError("decline what? write `--trigger NAME`, `--account ID` or `--all` beside it")
    place = open_place(looking=True)
    try:
        must_be_ours(place)
        if trigger is not None:
            need_trigger_of_ledger(place, trigger)
        named = of_ledger(place, account) if account is not None else None
        found = approving.waiting(place, trigger, named[0] if named else None)
        if not chosen and (not all_ or not found):
            _list(place, found, json_)
            return
        if not found:
            raise _nothing_waits(trigger, named)
        firings, name = approving.with_joined(place, found), approving.signed(by or getpass.getuser(), note)
        if decline:
            count = approving.decline(place, firings, name, place.now)
            if json_:
                as_json({"declined": count})
            say(f"{many(count, 'firing')} declined: nothing is sent in these episodes")
            return
        outcome = approving.approve(place, firings, name, moment(as_of) if as_of else place.now(), place.now)
    finally:
        place.close()
    _told(outcome, json_)


def _nothing_waits(trigger: str | None, account: tuple[str, str | None] | None) -> Exception:
    """Of these, which there are."""
    from jobs.pause import NoSuchThing

    named = [f"trigger `{trigger}`"] if trigger is not None else []
    if account is not None:
        named += [f"account `{account[0]}`" + (f" ({account[1]})" if account[1] else "")]
    return NoSuchThing(
        f"nothing of {' and '.join(named)} waits for a person\n\nhint: `expansion approve` lists what does"
    )


def _list(place: Place, firings: list[FiringRecord], json_: bool) -> None:
    """Each with what a person needs to decide it; what one flood brake held is one decision."""
    if json_:
        as_json(scripts.firings(firings))
        return
    if not firings:
        say(nothing_yet(place, "nothing waits for a person"))
        return
    from jobs.questions import questions

    for question in questions(place, firings):
        echo(question.title)
        for line in question.lines:
            echo(f"  {line}")
        for label, to in question.links:
            echo(f"  {label}: {to}")
        echo("")
    say("approve and send, or decline with --decline: expansion approve --trigger NAME | --account NAME | --all")


def _told(outcome: Outcome, json_: bool) -> None:
    from jobs.report import told_of_people

    decided: list[tuple[FiringRecord | NewFiring, str, str]] = [
        (one, one.decision, one.reason) for one in outcome.decided
    ]
    left: list[tuple[FiringRecord | NewFiring, str, str]] = [(one, "not sent", why) for one, why in outcome.left]
    if json_:
        told = scripts.firings([one for one, _, _ in (*decided, *left)])
        # What stays as it was keeps its decision; `left` says why.
        why = [None] * len(decided) + [said for _, _, said in left]
        as_json([{**one, "left": said} for one, said in zip(told, why, strict=True)])
        return
    rows = told_of_people(
        [
            {
                "account": one.account_name,
                "who": one.user_name,
                "trigger": one.trigger,
                "decision": decision,
                "why": why,
            }
            for one, decision, why in (*decided, *left)
        ]
    )
    table(rows)
    acting = sum(one.decision == "acting" for one in outcome.decided)
    steps = sum(len(one.steps) for one in outcome.decided)
    sent = f", {many(steps, 'step')} planned; the next run sends them" if steps else "; nothing is sent"
    say(f"\n{acting} of {many(len(rows), 'firing')} let go{sent}")
    if outcome.decided:
        from cli.fired import ends

        say(ends(outcome.decided, "firing"))
