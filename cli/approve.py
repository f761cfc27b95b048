"""`expansion approve`: what waits for a person, let go or declined."""

from __future__ import annotations

import getpass
from datetime import datetime
from typing import Any

import click

from cli.pause import by_option, note_option
from cli.showing import as_json, many, say, table
from cli.values import MOMENT


@click.command("approve")
@click.option("--trigger", help="All that waits of this trigger, such as a whole flood.")
@click.option("--account", help="All that waits of this account, by its id.")
@click.option("--all", "all_", is_flag=True, help="All that waits.")
@click.option("--decline", is_flag=True, help="Say no: nothing is sent in this episode.")
@by_option
@note_option
@click.option("--as-of", type=MOMENT, help="Decide with what had arrived then; left out: now.")
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
    from flows import approving
    from flows.clock import moment, utc_now
    from flows.place import Place

    chosen = trigger is not None or account is not None
    if chosen and all_:
        raise click.UsageError("`--all` is everything that waits; leave it out, or leave out the others")
    if decline and not (chosen or all_):
        raise click.UsageError("decline what? write `--trigger NAME`, `--account ID` or `--all` beside it")
    place = Place()
    try:
        found = approving.waiting(place, trigger, account)
        if not chosen and (not all_ or not found):
            _list(found, json_)
            return
        if not found:
            raise _nothing_waits(place, trigger, account)
        firings, name = approving.with_joined(place, found), approving.signed(by or getpass.getuser(), note)
        if decline:
            count = approving.decline(place, firings, name, utc_now)
            if json_:
                as_json({"declined": count})
            say(f"{many(count, 'firing')} declined: nothing is sent in these episodes")
            return
        outcome = approving.approve(place, firings, name, moment(as_of), utc_now)
    finally:
        place.close()
    _told(outcome, json_)


def _nothing_waits(place: Any, trigger: str | None, account: str | None) -> Exception:
    """Of these names; where the trigger has a name that none has, that is said instead."""
    from cli.accounts import id_of
    from flows import approving
    from flows.pausing import NoSuchThing, must_be_there

    if trigger is not None:
        must_be_there(place, "trigger", trigger)
    named = [f"trigger `{trigger}`"] if trigger is not None else []
    named += [f"account `{account}`"] if account is not None else []
    hint = "`expansion approve` lists what does"
    if account is not None:
        hint += f"; {id_of(approving.waiting(place), account)}"
    return NoSuchThing(f"nothing of {' and '.join(named)} waits for a person\n\nhint: {hint}")


def _list(firings: list[Any], json_: bool) -> None:
    from flows.report import amount, told_of_people

    rows = told_of_people(
        [
            {
                "account": one.account_name,
                "who": one.user_name,
                "id": one.account_id,
                "trigger": one.trigger,
                "fired": f"{one.fired_at:%Y-%m-%d}",
                "worth": amount(one.worth, one.currency),
                "why it waits": one.reason.partition(" in one run")[0] if one.decision == "flood" else one.reason,
            }
            for one in firings
        ]
    )
    if json_:
        as_json(rows)
    elif rows:
        table(rows)
        say("\nlook at them, then: expansion approve --trigger NAME | --account ID | --all, or the same with --decline")
    else:
        say("nothing waits for a person")


def _told(outcome: Any, json_: bool) -> None:
    from flows.report import told_of_people

    decided = [(one, one.decision, one.reason) for one in outcome.decided]
    left = [(one, "not sent", why) for one, why in outcome.left]
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
    if json_:
        as_json(rows)
        return
    table(rows)
    acting = sum(one.decision == "acting" for one in outcome.decided)
    steps = sum(len(one.steps) for one in outcome.decided)
    sent = f", {many(steps, 'step')} planned; the next run sends them" if steps else "; nothing is sent"
    say(f"\n{acting} of {many(len(rows), 'firing')} let go{sent}")
