"""`expansion resume`: let something that is paused go on."""

from __future__ import annotations

import getpass

import click

from cli.completing import paused_name
from cli.options import KIND, by_option, note_option
from cli.output import say
from cli.pause import show_pauses


@click.command("resume")
@click.argument("kind", required=False, type=KIND)
@click.argument("name", required=False, shell_complete=paused_name)
@by_option
@note_option
@click.option("--json", "json_", is_flag=True, help="What is still paused, as JSON.")
def command(kind: str | None, name: str | None, by: str | None, note: str, json_: bool) -> None:
    """Let something that is paused go on; the next run does what waits. Without a name: what is paused."""
    from flows.opening import open_place
    from jobs.pause import must_be_there

    place = open_place(looking=kind is None)
    try:
        if kind is None:
            show_pauses(place, json_)
            return
        if name is None:
            raise click.UsageError(f"which {kind}? write its name after it; `expansion resume` lists what is paused")
        done = place.ledger.resume(kind, name, by or getpass.getuser(), note, place.now())  # type: ignore[arg-type]
        if done:
            say(f"{kind} {name} goes on; the next run does what waits")
        else:
            must_be_there(place, kind, name)  # type: ignore[arg-type]  # a choice
            say(f"{kind} {name} is not paused, so nothing was changed; `expansion pause` lists what is")
        if json_:
            show_pauses(place, json_)
    finally:
        place.close()
