"""`expansion demo`: the whole job on sample data against local stand-ins."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.output import echo, say

if TYPE_CHECKING:
    from expansion.records.ledger import FiringRecord


@click.command("demo")
@click.option(
    "--folder", type=click.Path(path_type=Path, file_okay=False), default=Path(".demo"), show_default=True,
    help="Where the demo keeps its data; delete it to begin anew.",
)  # fmt: skip
@click.option("--keep-up/--no-keep-up", default=None, help="Stay up until Ctrl-C; left out: with a person watching.")
@click.option("--history/--no-history", default=True, help="Also a plan, a backtest and a report: a minute.")
def command(folder: Path, keep_up: bool | None, history: bool) -> None:
    """Pull from stand-ins of Mixpanel, Salesforce and HubSpot, evaluate the shipped triggers, and start playbooks.

    Tasks, messages and nudges land in stand-ins of Salesforce, HubSpot, Gainsight, Slack, Teams, Intercom, Pendo,
    Appcues, a webhook and mailboxes, and show on an inbox page. No account, no key; nothing leaves this machine. A
    second run finds nothing new to do. Then what an edit of a trigger would do, what triggers would have done over the
    history of a made-up company, and a report of the demo.
    """
    from cli import demo_history
    from cli.demo_event import show
    from cli.demo_processes import start_prefect, start_stand_ins

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
        shown = _Shown(folder, stand_ins.as_of())
        if was_here:
            say(f"\nthis demo ran here before, so what had fired is known; without {folder} it begins anew")
            shown.known()
        if code == 0:
            show(folder, stand_ins, {**stand_ins.environment(), **_our_settings(folder), **prefect}, shown.firings())
        page = stand_ins.save_inbox(folder / "inbox.html", up=watched)
        echo(f"\ninbox: {page.resolve()}")
        if history:
            demo_history.show(folder, _our_settings(folder), stand_ins.as_of())
        shown.next()
        if watched:
            echo(f"\ninbox page: {stand_ins.url}/inbox\nPrefect UI: {server.url}\n")
            say("Ctrl-C ends the demo")
            _wait()
            stand_ins.save_inbox(page, up=False)
    sys.exit(code)


@dataclass(frozen=True)
class _Shown:
    """What the demo's folder holds, and how to ask it."""

    folder: Path
    as_of: str

    def known(self) -> None:
        """What had fired when the demo ran here before."""
        from cli.fired import ends, show_fired

        echo()
        firings = self.firings()
        show_fired(firings, "What had fired")
        say(f"\n{ends(firings, 'firing')}")

    def next(self) -> None:
        """Three commands to try, in the demo's world."""
        from cli.demo_event import TRIGGER

        acted = [one for one in self.firings() if one.decision == "acting" and one.trigger != TRIGGER]
        if not acted:
            return
        account = f'"{acted[0].account_name}"'
        at = self.as_of.replace("+00:00", "Z")
        echo("\nAsk the demo's world, from this folder:")
        if shutil.which("expansion") is None:
            echo(f"  . {Path(sys.executable).parent / 'activate'}")
        for name, value in self._settings().items():
            echo(f"  export {name}={value}")
        echo(f"  expansion triggers --as-of {at}")
        echo(f"  expansion explain {acted[0].trigger} {account} --as-of {at}")
        echo(f"  expansion ledger --steps --account {account}")

    def _settings(self) -> dict[str, str]:
        """What has to be set for it."""
        needed = _our_settings(self.folder)
        playbooks = (
            {}
            if needed["EXPANSION_PLAYBOOKS"] == "playbooks"
            else {"EXPANSION_PLAYBOOKS": needed["EXPANSION_PLAYBOOKS"]}
        )
        return {"EXPANSION_HOME": needed["EXPANSION_HOME"], **playbooks}

    def firings(self) -> list[FiringRecord]:
        from expansion.ledger.store import open_ledger

        ledger = open_ledger(f"sqlite:///{self.folder / 'expansion' / 'ledger.db'}")
        try:
            return ledger.firings()
        finally:
            ledger.close()


def _run(as_of: str, environment: dict[str, str]) -> int:
    """`expansion run` as a process of its own: it ends, and tells Prefect its last word, before the server does."""
    command = [sys.executable, "-m", "cli.main", "run", "--pull", "--as-of", as_of]
    return subprocess.run(command, env={**os.environ, **environment}, check=False).returncode  # noqa: S603


def _our_settings(folder: Path) -> dict[str, str]:
    # The shipped ones also in a folder with playbooks of its own: those do not know the sample's facts.
    shipped, here = Path(__file__).resolve().parents[1] / "playbooks", Path("playbooks")
    playbooks = here if here.resolve() == shipped else shipped
    home = folder / "expansion"
    return {
        "NO_PROXY": "127.0.0.1",
        "EXPANSION_HOME": str(home),
        "EXPANSION_PLAYBOOKS": str(playbooks),
        # A team's ledger, secrets or warehouse in the environment or in `.env` is none of the demo's.
        "EXPANSION_LEDGER_URL": f"sqlite:///{home / 'ledger.db'}",
        "EXPANSION_ENGINE_URL": "",
        "EXPANSION_SECRET_BLOCKS": "false",
    }


def _wait() -> None:
    import time

    try:
        while True:
            time.sleep(1)
    except KeyboardInterrupt:
        say("")
