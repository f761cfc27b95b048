"""Runs the jobs: fresh processes, one after the other, round by round, so that a noisy moment hits them all.

This process stays small on purpose (no DuckDB, no NumPy): on Linux a child's peak memory begins at its parent's.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks.benches import PREPARATIONS, SAME_ANSWERS, Bench
from benchmarks.place import Place

Sample = dict[str, Any]  # seconds, peak_mb, and what the job found


class BenchmarkFailed(Exception):
    """A job broke, or two ways to the same answers differ. The message says which."""


def tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def prepare(place: Place, events: int) -> None:
    """Make what the jobs read. Kept events are taken if they were made by this code; stores are made anew."""
    place.root.mkdir(parents=True, exist_ok=True)
    maker, made_by = Path(__file__).with_name("events.py").read_text(encoding="utf-8"), place.root / "made-by.py"
    kept = made_by.exists() and made_by.read_text(encoding="utf-8") == maker
    for name in PREPARATIONS:
        if name == "make_events" and kept:
            continue
        sample = run_job(name, place, events)
        tell(f"{events:>11,} events  {name:<24} {sample['seconds']:8.2f} s")
        made_by.write_text(maker, encoding="utf-8")


def run_rounds(benches: Iterable[Bench], place: Place, events: int, rounds: int) -> dict[str, list[Sample]]:
    """The samples of each benchmark, one per round."""
    samples: dict[str, list[Sample]] = {bench.name: [] for bench in benches}
    for turn in range(1, rounds + 1):
        for name, taken in samples.items():
            taken.append(run_job(name, place, events))
            tell(f"{events:>11,} events  {name:<24} {taken[-1]['seconds']:8.3f} s  round {turn} of {rounds}")
        if samples.keys() >= set(SAME_ANSWERS):
            fired(place)
    return samples


def run_job(name: str, place: Place, events: int) -> Sample:
    """One job in a fresh process."""
    command = [sys.executable, "-m", "benchmarks.child", name, str(place.root), str(events)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchmarkFailed(f"{name} with {events:,} events ended with {done.returncode}:\n{done.stderr.strip()}")
    sample: Sample = json.loads(done.stdout)
    return sample


def fired(place: Place) -> dict[str, int]:
    """How many accounts each trigger fired for; raises where the product and the SQL by hand name different ones."""
    product, by_hand = (json.loads(place.fired(name).read_text()) for name in SAME_ANSWERS)
    names = sorted({*product, *by_hand})
    if wrong := [text for name in names if (text := _difference(name, product.get(name), by_hand.get(name)))]:
        raise BenchmarkFailed("the fired accounts differ from those of the SQL by hand:\n" + "\n".join(wrong))
    return {name: len(accounts) for name, accounts in product.items()}


def _difference(name: str, product: list[str] | None, by_hand: list[str] | None) -> str | None:
    if product is None or by_hand is None:
        return f"  {name}: only one of the two has this trigger"
    more, fewer = sorted(set(product) - set(by_hand)), sorted(set(by_hand) - set(product))
    if not more and not fewer:
        return None
    return f"  {name}: {len(more)} only in the product {more[:3]}, {len(fewer)} only by hand {fewer[:3]}"
