"""`expansion clock`: this machine's clock beside the one that counts, and beside what is written down."""

from __future__ import annotations

import getpass
import sys
from typing import TYPE_CHECKING, Any

import click

from cli.output import as_json, echo, many, say

if TYPE_CHECKING:
    from jobs.place import Place


@click.command("clock")
@click.option("--put-back", is_flag=True, help="The clock is right: what lies ahead of it counts as of today.")
@click.option("--yes", is_flag=True, help="Do not ask before putting back.")
@click.option("--json", "json_", is_flag=True, help="As JSON.")
def command(put_back: bool, yes: bool, json_: bool) -> None:
    """This machine's clock, the ledger's, and the latest moments that earlier runs wrote down.

    Leases and waits are judged by the clock of the ledger's database, on every machine. A run stops where this
    machine's is 5 minutes from it, or where earlier runs wrote what lies ahead. Exit code 1 where a run would stop.
    """
    from flows.opening import open_place

    place = open_place()
    try:
        if put_back:
            if not yes:
                now = f"{place.clock.seen():%Y-%m-%d %H:%M} UTC"
                click.confirm(f"It is {now}; does what lies ahead of it become a thing of now?", abort=True, err=True)
            _put_back(place)
        found = _found(place)
    finally:
        place.close()
    if json_:
        as_json({**found, "newest": [{"what": what, "at": at} for what, at in found["newest"].items()]})
    else:
        moments = {title: found[name] for name, title in _TITLES.items()}
        moments |= {f"latest: {what}": at for what, at in found["newest"].items()}
        width = max(map(len, moments))
        for title, at in moments.items():
            echo(f"{title:<{width}}  {at:%Y-%m-%d %H:%M:%S} UTC")
        if found["wrong"]:
            say(f"\n{found['wrong']}")
    sys.exit(1 if found["wrong"] else 0)


_TITLES = {"here": "this machine", "counts": "the ledger"}


def _found(place: Place) -> dict[str, Any]:
    from expansion.ledger.agreement import ClocksDisagree

    try:
        place.agree()
        wrong = None
    except ClocksDisagree as error:
        wrong = str(error)
    return {"here": place.clock.here(), "counts": place.clock.seen(), "newest": place.newest(), "wrong": wrong}


def _put_back(place: Place) -> None:
    """Not while this machine itself is the one that is wrong."""
    from expansion.ledger import agreement as clocks
    from expansion.usage.ahead import put_back

    now = place.clock.seen()
    clocks.must_agree(place.clock.here(), now)
    rows, facts = place.ledger.put_back(now, getpass.getuser()), put_back(place.store, now)
    said = f"put back: {many(rows, 'moment')} of the ledger, {many(facts, 'change')} of facts"
    say(said if rows or facts else "nothing lies ahead")
