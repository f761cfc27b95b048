"""`expansion serve`: takes what systems push, onto disk before it answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli.output import many, say, table
from cli.reacting import reacting_to
from expansion.text.for_people import ForPeople

if TYPE_CHECKING:
    from socket import socket

    from web.serve.doors import Doors
    from web.serve.tally import Tally


class NoDoor(ForPeople):
    """Nothing could be taken."""


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Whose calls are heard; 0.0.0.0: everybody's.")
@click.option("--port", default=8100, show_default=True, type=click.IntRange(0, 65535), help="Where it listens.")
@click.option("--fd", type=click.IntRange(0), help="A socket that is open already, in place of host and port.")
@click.option(
    "--react/--no-react", default=True, help="Evaluate triggers with `check: on_event` at once for who did something."
)
def command(host: str, port: int, fd: int | None, react: bool) -> None:
    """Take events that systems push by themselves: from Segment's libraries, for instance, by their host setting.

    Each sender is answered in its own dialect, after all it sent is on disk; the next run finds it there. A door opens
    where its setting holds a key, such as SEGMENT_SERVE_KEYS. docs/serve.md says how each library is pointed here.
    """
    from web.serve.listening import At, address_of

    with At(host, port, fd).listen() as on:  # first of all: who calls meanwhile waits in line
        _serve(on, address_of(on), react=react)


def _serve(on: socket, address: str, *, react: bool) -> None:
    from flows.opening import open_place
    from web.serve.serving import open_doors, serve, service

    place = open_place()
    doors = open_doors()
    _say(doors)
    if not doors.open:
        raise NoDoor("no door is open\n\nhint: set a key, such as SEGMENT_SERVE_KEYS; docs/serve.md lists them")
    with reacting_to(react) as on_stored:
        made = service(place, doors, on_stored)
        serve(place, made, on, lambda: say(f"listening at {address}; ctrl-C ends it"))
    _say_what_came(made.tally)


def _say(doors: Doors) -> None:
    for door in doors.open:
        say(f"open    {door.name:<20} {door.title}")
    for name, failure in doors.wrong.items():
        say(f"closed  {name:<20} {failure}")


def _say_what_came(tally: Tally) -> None:
    rows = [
        {"source": name, "calls": f"{one.calls:,}", "rows": f"{one.rows:,}", "set aside": f"{one.set_aside:,}"}
        for name, one in sorted(tally.by_door.items())
    ]
    if rows:
        table(rows)
    for name, one in sorted(tally.by_door.items()):
        for reason, times in sorted(one.reasons.items(), key=lambda each: -each[1]):
            say(f"{name}: {many(times, 'time')}: {reason}")
