"""The last part of the demo: what an edit would do before it is made, what history says of triggers, and a report.

The edit and the report are about the demo's own world. History is that of a made-up company, from a seed: its triggers
are played day by day over a quarter, and held against what its accounts came to buy.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from cli.output import echo, say

PLAYED = ("seats-nearly-used", "paywall-several-people", "pricing-page")  # two that were planted, and a decoy
EDITED, BEFORE, AFTER = "seat-limit", "at_least: 80%", "at_least: 75%"
ACCOUNTS, DAYS = 300, 330
WEEKS = 13  # that are played: a quarter
_WINDOW = timedelta(days=90)  # in which an expansion counts for a firing: it has to be over
_IMPORTED = ("account_merges", "user_merges", "people", "facts", "tickets", "opportunities", "events")


def show(folder: Path, demo: Mapping[str, str], as_of: str) -> None:
    """Below the demo's folder. `demo`: how a command is told where the demo's own things are; `as_of`: its moment."""
    _plan(folder / "edited", demo, as_of)
    history = History(folder / "company")
    say(f"\nWhat history says: {ACCOUNTS} accounts of a made-up company, a quarter day by day")
    history.make()
    history.backtest()
    page = folder / "report.html"
    if _ran(["report", "--out", str(page), "--as-of", as_of], demo, quietly=True):
        echo(f"\nreport of this demo: {page.resolve()}")


def _plan(folder: Path, demo: Mapping[str, str], as_of: str) -> None:
    """Edit one trigger of a copy that is under git, and say what that would do."""
    if shutil.which("git") is None:
        say("git is not installed here, so no plan is shown: it compares an edited folder with a commit")
        return
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(Path(demo["EXPANSION_PLAYBOOKS"]), folder)
    who = ["-c", "user.name=Demo", "-c", "user.email=demo@seller.example", "-c", "commit.gpgsign=false"]
    for words in (["init", "-q"], ["add", "."], [*who, "commit", "-q", "-m", "The playbooks as they are"]):
        subprocess.run(["git", "-C", str(folder), *words], check=True)  # noqa: S603, S607
    file = folder / "triggers" / f"{EDITED}.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace(BEFORE, AFTER, 1), encoding="utf-8")
    echo(f"\nWhat an edit of {EDITED} would do, from `{BEFORE}` to `{AFTER}`:")
    _ran(["plan", "--as-of", as_of, "--days", "14"], {**demo, "EXPANSION_PLAYBOOKS": str(folder)})


@dataclass(frozen=True)
class History:
    """A folder with the company's playbooks, and its history in a store. Made once."""

    folder: Path

    @property
    def playbooks(self) -> Path:
        return self.folder / "playbooks"

    @property
    def environment(self) -> dict[str, str]:
        """A team's ledger, secrets or warehouse is none of the demo's."""
        home = self.folder / ".expansion"
        return {
            "EXPANSION_HOME": str(home),
            "EXPANSION_PLAYBOOKS": str(self.playbooks),
            "EXPANSION_LEDGER_URL": f"sqlite:///{home / 'ledger.db'}",
            "EXPANSION_ENGINE_URL": "",
            "EXPANSION_SECRET_BLOCKS": "false",
        }

    @property
    def days(self) -> tuple[date, date]:
        """The quarter that is played: the last of which the windows are over."""
        from sandbox.company.asked import Asked

        last = Asked().until - timedelta(days=1) - _WINDOW
        return last - timedelta(days=7 * WEEKS - 1), last

    def make(self) -> None:
        """Files, imported by their maps. What an earlier demo did not finish is made anew."""
        done = self.folder / "made"
        if done.exists():
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        from sandbox import company
        from sandbox.company.asked import Asked
        from sandbox.company.write import write

        files = self.folder / "files"
        write(files, Asked(accounts=ACCOUNTS, days=DAYS))
        shutil.copytree(Path(str(company.__file__)).parent / "playbooks", self.playbooks)
        self._import(files)
        done.touch()

    def _import(self, files: Path) -> None:
        import integrations
        from expansion.files.import_files import import_files
        from expansion.language.workspace import load
        from expansion.language.yaml.files import Folder
        from expansion.usage.storage.store import UsageStore
        from jobs.clock import utc_now

        workspace = load(Folder(self.playbooks), integrations.catalog())
        store = UsageStore(self.folder / ".expansion" / "usage")
        for name in _IMPORTED:
            of = files / "events" if name == "events" else files / f"{name}.csv"
            if of.exists():
                import_files(store, [str(of)], files / f"maps/{name}.yaml", utc_now(), workspace=workspace)

    def backtest(self) -> None:
        first, last = self.days
        echo(f"\nWhat {', '.join(PLAYED[:-1])} and {PLAYED[-1]} would have done:")
        _ran(["backtest", *PLAYED, "--from", str(first), "--to", str(last)], self.environment)


def _ran(words: Sequence[str], environment: Mapping[str, str], *, quietly: bool = False) -> bool:
    """One of our own commands in a process of its own; whether it went well."""
    sys.stdout.flush()
    command = [sys.executable, "-m", "cli.main", *words]
    done = subprocess.run(  # noqa: S603
        command, env={**os.environ, **environment}, check=False, capture_output=quietly, text=True
    )
    if quietly and done.returncode:
        say(done.stderr)
    return done.returncode == 0
