"""`expansion alerts`: who is told when something is wrong, put into Prefect's server."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from cli.output import as_json, echo, say


@click.command("alerts")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    default=Path("automations"),
    show_default=True,
    help="Where the automations are.",
)
@click.option("--try", "try_", is_flag=True, help="Send a message to each place, to see that it arrives.")
@click.option("--json", "json_", is_flag=True, help="The names of the automations as JSON.")
def command(folder: Path, try_: bool, json_: bool) -> None:
    """Put the automations of this folder into the Prefect server of PREFECT_API_URL, and where their messages go.

    Messages go to EXPANSION_ALERTS_WEBHOOK (a Slack incoming webhook), by e-mail, or both. Run it again after a change:
    what is there already is brought up to date. It is printed which automations there are now.
    """
    import asyncio

    from cli.prefect_env import prefect_ready

    prefect_ready()
    from flows.alerts import must_be_named, places, put, try_out
    from flows.opening import settings

    must_be_named()
    blocks = places(settings())
    names = asyncio.run(put(folder, blocks))
    if json_:
        as_json([{"automation": name} for name in names])
    else:
        echo("\n".join(names))
    if not blocks:
        say("nobody is told: set EXPANSION_ALERTS_WEBHOOK, or those for e-mail, then run this again")
        sys.exit(1)
    if try_:
        asyncio.run(try_out(blocks))
        say("a message was sent to each place")
