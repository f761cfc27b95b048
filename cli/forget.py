"""`expansion forget`: remove a person everywhere, and keep the counts."""

from __future__ import annotations

import getpass
import sys
from typing import TYPE_CHECKING, Any

import click

from cli.output import as_json, echo, many, say, table
from cli.scripts import counted

if TYPE_CHECKING:
    from expansion.forgetting import Forgotten


@click.command("forget")
@click.argument("user")
@click.option("--yes", is_flag=True, help="Do not ask first.")
@click.option("--json", "json_", is_flag=True, help="What was done, as JSON.")
def command(user: str, yes: bool, json_: bool) -> None:
    """Remove a person from the usage store, the ledger and the files beside them. USER: a user id or e-mail address.

    A pseudonym made of chance stands for them afterwards, so counts and answers stay what they were. Later pulls and
    imports do not bring them back. Killed half-way, run it again. What the outside systems hold is listed with links,
    for a person to remove. Exit code 1 while something is left to do here.
    """
    from expansion.forgetting import forget, must_be_known
    from flows.opening import open_place

    if not user.strip():
        raise click.UsageError("forget whom? give a user id or an e-mail address")
    place = open_place()
    try:
        must_be_known(place.store, place.ledger, user)
        if not yes:
            click.confirm(f"Forget {user}? This cannot be undone", abort=True, err=True)
        done = forget(place.store, place.ledger, place.settings.home, user, getpass.getuser(), place.now())
    finally:
        place.close()
    if json_:
        as_json(_told(done))
    else:
        _tell(done)
    sys.exit(1 if done.still_read or done.ledger.in_flight or done.left else 0)


def _tell(done: Forgotten) -> None:
    echo(f"forgotten; in their place stands {', '.join(done.pseudonyms)}")
    echo(f"usage store: {many(done.store.events, 'event')} and {many(done.store.facts, 'fact')} written anew")
    for name, count in done.ledger.rows.items():
        echo(f"ledger, {name}: {many(count, 'row')}")
    if done.rejects:
        echo(f"rows that could not be read: {done.rejects:,} without their text")
    if done.ledger.skipped:
        echo(f"not sent any more: {many(done.ledger.skipped, 'step')}")
    if done.ledger.outside:
        table(done.ledger.outside, title="In the outside systems, to be removed there by a person")
    say("\nnot reached from here: pages and tables of earlier runs in Prefect (docs/operate.md), copies and backups")
    if done.ledger.in_flight:
        are = "is" if done.ledger.in_flight == 1 else "are"
        say(f"{many(done.ledger.in_flight, 'step')} {are} being sent just now: run this again when the run is over")
    if done.still_read:
        say("a run still reads the store as it was: run this again when it is over, and the old files go")
    for path in done.left:
        say(f"still named in: {path}")


def _told(done: Forgotten) -> dict[str, Any]:
    from dataclasses import asdict

    here = asdict(done.ledger)
    return {**asdict(done), "ledger": {**here, "rows": counted(here["rows"], "table", "rows")}}
