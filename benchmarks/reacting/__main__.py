"""`python -m benchmarks.reacting`: from an event that is pushed to the message in Slack. JSON lines on stdout.

200 events a second in batches of ten, as libraries send them, over a thousand accounts; every event has to be asked
about by eight triggers, and twice a second one makes a trigger true for an account. Measured is from the moment before
its batch is sent to the moment at which Slack's stand-in has its message. Both ends are in this process, `expansion
serve` is in another.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import httpx

from benchmarks.goals import table
from benchmarks.reacting.world import CHANNELS, KEY, World, serving, slack
from jobs.clock import utc_now
from sandbox.kit.state import State

ACCOUNTS, RATE, BATCH, FIRINGS = 1_000, 200, 10, 2  # events a second, and a call; firings a second
MOST_P50, MOST_P99 = 1_000, 3_000  # milliseconds
_DRAIN = 60.0
_ACCOUNT = re.compile(r"acct-\d{4}")
Line = dict[str, Any]


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser("python -m benchmarks.reacting", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="how long events come in (60)")
    parser.add_argument("--rate", type=int, default=RATE, help=f"events a second ({RATE}); the goals are for {RATE}")
    asked = parser.parse_args(words)
    with tempfile.TemporaryDirectory(prefix="expansion-bench-") as folder:
        line = reacted(Path(folder), asked.seconds, asked.rate)
    print(json.dumps(line), flush=True)
    goals = goals_line(line)
    print(json.dumps(goals), flush=True)
    print(table(goals).replace(" events", " events a second", 1), file=sys.stderr)
    return 0


@dataclass
class Sender:
    """Sends at its pace, whatever the answers take; what could not keep pace is said."""

    client: httpx.Client
    accounts: list[str]
    sent_at: dict[str, float] = field(default_factory=dict)  # account -> when the event that fires was sent
    answers: list[float] = field(default_factory=list)
    late: float = 0.0  # seconds by which a call began too late, at most
    # Several connections, as there are several senders: one that waits for its answer keeps no other from its pace.
    _threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(8))
    _numbers: Any = field(default_factory=lambda: count(1))

    def send(self, seconds: int, rate: int) -> None:
        began, every = time.monotonic(), BATCH / rate
        for call in range(seconds * rate // BATCH):
            due = began + call * every
            time.sleep(max(0.0, due - time.monotonic()))
            self.late = max(self.late, time.monotonic() - due)
            fires = call % max(1, rate // BATCH // FIRINGS) == 0 and len(self.sent_at) < len(self.accounts)
            self._threads.submit(self._call, self._batch(fires))
        self._threads.shutdown()

    def _batch(self, fires: bool) -> list[dict[str, Any]]:
        batch = [self._event("Viewed", next(self._numbers)) for _ in range(BATCH - fires)]
        if fires:
            n = len(self.sent_at)
            self.sent_at[self.accounts[n]] = time.time()
            batch.append(self._event("Export Blocked", n, to=str(n % CHANNELS)))
        return batch

    def _call(self, batch: list[dict[str, Any]]) -> None:
        begun = time.time()
        reply = self.client.post("/v1/batch", json={"batch": batch, "writeKey": KEY}, auth=(KEY, ""))
        reply.raise_for_status()
        self.answers.append(time.time() - begun)

    def _event(self, name: str, n: int, **more: str) -> dict[str, Any]:
        account = self.accounts[n % len(self.accounts)]
        now = utc_now().isoformat()
        return {
            "type": "track", "event": name, "messageId": f"m-{name}-{n}", "userId": f"ana-{account}", "timestamp": now,
            "properties": {"account": account, **more},
        }  # fmt: skip


def reacted(folder: Path, seconds: int, rate: int = RATE) -> Line:
    """Send for so long, and wait for the last message."""
    world = World(folder, [f"acct-{n:04}" for n in range(ACCOUNTS)])
    world.make()
    with slack() as (slack_url, state), serving(world, slack_url, folder / "serve.log") as url:
        time.sleep(3)  # it has read the store by then
        with httpx.Client(base_url=url, timeout=30, trust_env=False) as client:
            sender = Sender(client, world.accounts)
            sender.send(seconds, rate)
        told = _messages(state, len(sender.sent_at))
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    waited = sorted(told[account] - at for account, at in sender.sent_at.items() if account in told)
    return {
        "bench": "reacting",
        "events_a_second": rate,
        "accounts": ACCOUNTS,
        "seconds": seconds,
        "machine": {"cores": os.cpu_count(), "load": round(os.getloadavg()[0], 1)},
        "sent": len(sender.sent_at),
        "told": len(waited),
        "twice": _told_twice(state),
        "p50_ms": _per_mille(waited, 500),
        "p99_ms": _per_mille(waited, 990),
        "answer_p50_ms": _per_mille(sorted(sender.answers), 500),
        "answer_p99_ms": _per_mille(sorted(sender.answers), 990),
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 1),  # of serve, its start with it
        "sender_late_ms": round(sender.late * 1000),
    }


def _messages(state: State, wanted: int) -> dict[str, float]:
    """When each account's message was taken; those that come within a minute."""
    ends = time.monotonic() + _DRAIN
    while len(told := _told(state)) < wanted and time.monotonic() < ends:
        time.sleep(0.2)
    return told


def _told(state: State) -> dict[str, float]:
    found: dict[str, float] = {}
    for message in state.all("slack.messages"):
        for account in _ACCOUNT.findall(json.dumps(message)):
            found[account] = min(float(message["ts"]), found.get(account, float("inf")))
    return found


def _told_twice(state: State) -> int:
    return sum(one["times"] > 1 for one in state.all("_applied"))


def _per_mille(ordered: Sequence[float], mille: int) -> float | None:
    return round(ordered[(len(ordered) - 1) * mille // 1000] * 1000, 1) if ordered else None


def goals_line(line: Line) -> Line:
    """What became of the goals."""
    judged = [
        {"goal": f"reacting {name} < {most}", "measured": line[name], "met": (line[name] or most) < most}
        for name, most in (("p50_ms", MOST_P50), ("p99_ms", MOST_P99))
    ]
    all_told = line["told"] == line["sent"] and not line["twice"]
    judged.append({"goal": "each is told, and once", "measured": line["told"], "met": all_told})
    met = [one["met"] for one in judged]
    counts = {"met": met.count(True), "missed": met.count(False), "missing": 0}
    return {"bench": "reacting_goals", "events": line["events_a_second"], **counts, "goals": judged}


if __name__ == "__main__":
    sys.exit(main())
