"""`expansion pause`: stop a trigger, a playbook or a whole integration, at once."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING

import click

from cli import scripts
from cli.completing import paused_name
from cli.options import KIND, by_option, note_option
from cli.output import as_json, say, table

if TYPE_CHECKING:
    from jobs.place import Place


@click.command("pause")
@click.argument("kind", required=False, type=KIND)
@click.argument("name", required=False, shell_complete=paused_name)
@by_option
@note_option
@click.option("--json", "json_", is_flag=True, help="What is paused, as JSON.")
def command(kind: str | None, name: str | None, by: str | None, note: str, json_: bool) -> None:
    """Stop something by its name, from this moment, in every process that uses this ledger.

    A paused TRIGGER goes on being evaluated: whoever fires is written down as paused, and decided about once it is
    resumed, if it is still true then. Of a paused PLAYBOOK or INTEGRATION nothing more is sent; its steps stay due.
    What is just being sent is finished. Without a name: what is paused.
    """
    from flows.opening import open_place
    from jobs.pause import must_be_there

    place = open_place(looking=kind is None)
    try:
        if kind is None:
            show_pauses(place, json_)
            return
        if name is None:
            raise click.UsageError(f"which {kind}? write its name after it")
        must_be_there(place, kind, name)  # type: ignore[arg-type]  # a choice
        done = place.ledger.pause(kind, name, by or getpass.getuser(), note, place.now())  # type: ignore[arg-type]
        if json_:
            show_pauses(place, json_)
    finally:
        place.close()
    if done:
        say(f"{kind} {name} is paused; `expansion resume {kind} {name}` lets it go on")
    else:
        say(f"{kind} {name} is paused already; `expansion pause` says by whom")


def show_pauses(place: Place, json_: bool) -> None:
    """What is paused now."""
    pauses = place.ledger.pauses()
    zone = place.zone
    rows = [
        {
            "what": each.kind,
            "name": each.name,
            "since": f"{each.since.astimezone(zone):%Y-%m-%d %H:%M}",
            "by": each.by,
            "why": each.note,
        }
        for each in pauses
    ]
    if json_:
        as_json([scripts.told(each) for each in pauses])
    elif rows:
        table(rows)
    else:
        say("nothing is paused")
