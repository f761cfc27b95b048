"""A thousand accounts, triggers that react, a Slack that keeps its limits, and `expansion serve` over them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx

from expansion.contract import EventRow
from expansion.usage.pushed.journal import Journal
from jobs.clock import utc_now
from jobs.decide import decide_and_record, evaluate, triggers_to_check
from jobs.place import Place
from jobs.settings import Settings
from sandbox.kit.server import Server, build_app
from sandbox.kit.state import State
from sandbox.slack.app import Slack

KEY = "a-key-for-the-benchmark"
CHANNELS = 4  # Slack takes a message a second in each
_FACTS = """\
events:
  - {from: segment.calls, account: account}
facts:
  views: {times: Viewed, over: 14 days}
  blocked: {times: Export Blocked, over: 14 days}
"""
_POLICY = """\
time_zone: UTC
currency: USD
working_hours: {days: [mon, tue, wed, thu, fri], from: "09:00", to: "17:30"}
owners: {fallback: dana@seller.example}
tiers:
  plan_change: {title: A bigger plan, worth: {flat: 1000}, likely: 25%}
"""
_BLOCKED = """\
trigger: blocked-{n}
title: Blocked {n}
owner: dana@seller.example
status: live
check: on_event
when:
  - {{event: Export Blocked, where: {{to: "{n}"}}, at_least: 1, over: 1 hour}}
leads_to: plan_change
then: {{playbook: tell-{n}}}
"""
# True for nobody: but it has to be asked at every event.
_BUSY = """\
trigger: busy-{n}
title: Busy {n}
owner: dana@seller.example
status: live
check: on_event
when:
  - {{event: Viewed, at_least: {many}, over: {days} days, by_at_least: 2 people}}
leads_to: plan_change
then: {{playbook: tell-0}}
"""
_TELL = """\
playbook: tell-{n}
title: Tell them
steps:
  - id: tell
    do: slack.post_message
    with:
      channel: channel-{n}
      title: "{{{{ account.name }}}}"
      text: "{{{{ facts.views }}}} views: {{{{ reasons }}}}"
"""


@dataclass(frozen=True)
class World:
    """Where it is."""

    folder: Path
    accounts: list[str]

    def place(self) -> Place:
        home = {"playbooks": self.folder / "playbooks", "home": self.folder / "home"}
        return Place(Settings(_env_file=None, **home))  # type: ignore[call-arg]

    def make(self) -> None:
        """Its playbooks, a month of history, and the first whole run."""
        for part in ("shared", "triggers"):
            (self.folder / "playbooks" / part).mkdir(parents=True)
        files = {"shared/facts": _FACTS, "shared/policy": _POLICY}
        for n in range(CHANNELS):
            files |= {f"triggers/blocked-{n}": _BLOCKED.format(n=n), f"tell-{n}": _TELL.format(n=n)}
            files |= {f"triggers/busy-{n}": _BUSY.format(n=n, many=100_000 + n, days=7 * (n + 1))}
        for name, text in files.items():
            (self.folder / "playbooks" / f"{name}.yaml").write_text(text)
        place = self.place()
        Journal(place.store.root).append(list(self._history()))
        now = place.now()
        run_id = place.ledger.start_run("expansion", as_of=now, now=now)
        evaluated = evaluate(place, place.definitions, triggers_to_check(place.definitions), now)
        decide_and_record(place, run_id, evaluated, now, place.now)
        place.ledger.finish_run(run_id, "completed", place.now())
        place.close()

    def _history(self) -> Iterator[EventRow]:
        now = utc_now()
        for number, account in enumerate(self.accounts):
            for day in range(30):
                at = (now - timedelta(days=day, minutes=2)).isoformat()
                for user in ("ana", "bo"):
                    key = f"h-{account}-{day}-{user}"
                    yield EventRow(key, "Viewed", at, account, f"{user}-{account}", {}, source="segment.calls")
            long_ago = (now - timedelta(days=20)).isoformat()
            given = {"to": str(number % CHANNELS)}
            yield EventRow(f"b-{account}", "Export Blocked", long_ago, account, "ana", given, source="segment.calls")


@contextmanager
def slack() -> Iterator[tuple[str, State]]:
    """The stand-in on a port, and what it was told."""
    state = State()
    stand_in = Slack(state)
    stand_in.load({"slack": {"channels": [{"id": f"C0CHANNEL{n}", "name": f"channel-{n}"} for n in range(CHANNELS)]}})
    with Server(build_app(state, [stand_in])) as url:
        yield url, state


@contextmanager
def serving(world: World, slack_url: str, log: Path, *more: str) -> Iterator[str]:
    """`expansion serve` in a process of its own; where it listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken, log.open("wb") as out:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        env = {**os.environ, **Slack.environment(slack_url), "SEGMENT_SERVE_KEYS": KEY}
        env |= {"EXPANSION_PLAYBOOKS": str(world.folder / "playbooks"), "EXPANSION_HOME": str(world.folder / "home")}
        env.pop("PREFECT_API_URL", None)
        words = [sys.executable, "-m", "cli.main", "serve", "--fd", str(taken.fileno()), *more]
        process = subprocess.Popen(words, env=env, pass_fds=[taken.fileno()], stdout=out, stderr=out)
        try:
            _wait(url, process)
            yield url
        finally:
            process.terminate()
            process.wait(60)


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + 90
    while time.monotonic() < ends and process.poll() is None:
        try:
            if httpx.get(f"{url}/health", timeout=1, trust_env=False).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise RuntimeError("expansion serve did not come up")
