"""Runs the jobs: fresh processes, one after the other, round by round, so that a noisy moment hits them all.

This process stays small on purpose (no DuckDB, no NumPy): on Linux a child's peak memory begins at its parent's.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.benches import NAMED, PREPARATIONS, SAME_ANSWERS, Bench
from benchmarks.engines import interpreter
from benchmarks.place import Place

Sample = dict[str, Any]  # seconds, peak_mb, and what the job found


class BenchmarkFailed(Exception):
    """A job broke, or two ways to the same answers differ. The message says which."""


def tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def prepare(place: Place, events: int) -> dict[str, Sample]:
    """Make what the jobs read. Kept events are taken if they were made by this code; stores are made anew."""
    samples = {}
    place.root.mkdir(parents=True, exist_ok=True)
    maker, made_by = Path(__file__).with_name("events.py").read_text(encoding="utf-8"), place.root / "made-by.py"
    kept = made_by.exists() and made_by.read_text(encoding="utf-8") == maker
    for name in PREPARATIONS:
        if name == "make_events" and kept:
            continue
        sample = samples[name] = run_job(name, place, events)
        tell(f"{events:>11,} events  {name:<24} {sample['seconds']:8.2f} s")
        made_by.write_text(maker, encoding="utf-8")
    return samples


def run_rounds(benches: Sequence[Bench], place: Place, events: int, rounds: int) -> dict[str, list[Sample]]:
    """The samples of each benchmark, one per round."""
    samples: dict[str, list[Sample]] = {bench.name: [] for bench in benches}
    for turn in range(1, rounds + 1):
        for name, taken in samples.items():
            taken.append(run_job(name, place, events))
            tell(f"{events:>11,} events  {name:<24} {taken[-1]['seconds']:8.3f} s  round {turn} of {rounds}")
        if several := ways(samples):
            fired(place, several)
    return samples


def run_job(name: str, place: Place, events: int) -> Sample:
    """One job in a fresh process."""
    python = interpreter(NAMED[name].needs if name in NAMED else None)
    command = [python, "-m", "benchmarks.child", name, str(place.root), str(events)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchmarkFailed(f"{name} with {events:,} events ended with {done.returncode}:\n{done.stderr.strip()}")
    sample: Sample = json.loads(done.stdout)
    return sample


def ways(measured: Collection[str]) -> list[str]:
    """Which ways to the same answers were gone, the product first; none where there is nothing to compare."""
    product, *_ = SAME_ANSWERS
    gone = [name for name in SAME_ANSWERS if name in measured]
    return gone if product in gone and len(gone) > 1 else []


def fired(place: Place, ways: Sequence[str]) -> dict[str, int]:
    """How many accounts each trigger fired for; raises where the product and another way name different ones."""
    product, *others = (json.loads(place.fired(way).read_text()) for way in ways)
    wrong = [text for way, other in zip(ways[1:], others, strict=True) for text in _differences(way, product, other)]
    if wrong:
        raise BenchmarkFailed("the fired accounts differ:\n" + "\n".join(wrong))
    return {name: len(accounts) for name, accounts in product.items()}


def _differences(way: str, product: dict[str, list[str]], other: dict[str, list[str]]) -> Iterator[str]:
    for name in sorted({*product, *other}):
        if name not in product or name not in other:
            yield f"  {name}: only one of the product and {way} has this trigger"
            continue
        more, fewer = sorted({*product[name]} - {*other[name]}), sorted({*other[name]} - {*product[name]})
        if more or fewer:
            yield f"  {name}: {len(more)} only in the product {more[:3]}, {len(fewer)} only in {way} {fewer[:3]}"
