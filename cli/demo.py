"""`expansion demo`: the whole job on sample data against local stand-ins."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import click

from cli.showing import echo, say


@click.command("demo")
@click.option(
    "--folder", type=click.Path(path_type=Path, file_okay=False), default=Path(".demo"), show_default=True,
    help="Where the demo keeps its data; delete it to begin anew.",
)  # fmt: skip
@click.option("--keep-up/--no-keep-up", default=None, help="Stay up until Ctrl-C; left out: with a person watching.")
def command(folder: Path, keep_up: bool | None) -> None:
    """Pull from stand-ins of Mixpanel, Salesforce and HubSpot, evaluate the shipped triggers, and start playbooks.

    Tasks, messages and enrolments land in stand-ins of Salesforce, HubSpot, Slack and Intercom, and show on an inbox
    page. No account, no key; nothing leaves this machine. A second run finds nothing new to do.
    """
    from cli.local import start_prefect, start_stand_ins

    for number in (signal.SIGINT, signal.SIGTERM):
        # Either ends what was started here, also where a shell's `&` has switched SIGINT off.
        signal.signal(number, signal.default_int_handler)
    watched = sys.stdin.isatty() and sys.stdout.isatty() if keep_up is None else keep_up
    folder.mkdir(parents=True, exist_ok=True)
    was_here = (folder / "expansion" / "ledger.db").exists()
    with ExitStack() as stack:
        say("Starting the stand-ins and the Prefect server")
        stand_ins = stack.enter_context(start_stand_ins(folder))
        server = stack.enter_context(start_prefect(folder, port=4200 if watched else None))
        prefect = {"PREFECT_API_URL": server.ready(), "PREFECT_HOME": server.home}
        code = _run(stand_ins.as_of(), {**stand_ins.environment(), **_our_settings(folder), **prefect})
        if was_here:
            say(f"\nthis demo ran here before, so what had fired is known; without {folder} it begins anew")
        page = stand_ins.save_inbox(folder / "inbox.html")
        echo(f"\ninbox: {page.resolve()}")
        if watched:
            echo(f"inbox page: {stand_ins.url}/inbox\nPrefect UI: {server.url}\n")
            say("Ctrl-C ends the demo")
            _wait()
    sys.exit(code)


def _run(as_of: str, environment: dict[str, str]) -> int:
    """`expansion run` as a process of its own: it ends, and tells Prefect its last word, before the server does."""
    command = [sys.executable, "-m", "cli.main", "run", "--pull", "--as-of", as_of]
    return subprocess.run(command, env={**os.environ, **environment}, check=False).returncode  # noqa: S603


def _our_settings(folder: Path) -> dict[str, str]:
    playbooks = Path("playbooks")
    if not (playbooks / "shared" / "facts.yaml").is_file():
        playbooks = Path(__file__).resolve().parents[1] / "playbooks"
    return {"NO_PROXY": "127.0.0.1", "EXPANSION_HOME": str(folder / "expansion"), "EXPANSION_PLAYBOOKS": str(playbooks)}


def _wait() -> None:
    import time

    try:
        while True:
            time.sleep(1)
    except KeyboardInterrupt:
        say("")
