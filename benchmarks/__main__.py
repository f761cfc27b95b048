"""`python -m benchmarks`: what the usage store and the evaluator cost. JSON lines on stdout, talk on stderr."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

from benchmarks.benches import BENCHES, Bench
from benchmarks.goals import goals_line, table
from benchmarks.place import Place, has_lines
from benchmarks.report import (
    Line,
    answers_line,
    bench_line,
    growth_line,
    left_out_line,
    memory_line,
    parts_line,
)
from benchmarks.rounds import BenchmarkFailed, fired, prepare, run_rounds, tell, ways

# Parquet, a store, and a second one while that is measured; and with JSON lines.
_BYTES_PER_EVENT = {False: 150, True: 500}


def main(words: Sequence[str] | None = None) -> int:
    asked = _parser().parse_args(words)
    benches = _chosen(asked.only)
    try:
        with _folder(asked.keep) as folder:
            _check_space(folder, asked.events)
            run(folder, sorted(asked.events), asked.rounds, benches)
    except BenchmarkFailed as failed:
        tell(f"error: {failed}")
        return 1
    except KeyboardInterrupt:
        tell("stopped")
        return 130
    return 0


def run(folder: Path, sizes: Sequence[int], rounds: int, benches: Sequence[Bench]) -> None:
    """Measure every size, and print each as soon as it is done; then how the figures grow, and what was to be."""
    done: list[tuple[int, list[Line]]] = []
    for events in sizes:
        lines = measure(Place(folder / str(events)), events, rounds, benches)
        done.append((events, lines))
        _print(lines)
    growth = [growth_line(small, large) for small, large in pairwise(done)]
    _print(growth)
    for (events, lines), grown in zip(done, [[], *([line] for line in growth)], strict=True):
        goals = goals_line(events, {line["bench"]: line for line in [*lines, *grown]})
        _print([goals])
        tell(table(goals))


def measure(place: Place, events: int, rounds: int, benches: Sequence[Bench]) -> list[Line]:
    """The lines of one number of events."""
    left_out = {bench.name: reason for bench in benches if (reason := bench.left_out(events))}
    for name, reason in left_out.items():
        tell(f"{events:>11,} events  {name:<24} left out: {reason}")
    prepared = prepare(place, events)
    samples = run_rounds([bench for bench in benches if bench.name not in left_out], place, events, rounds)
    lines = [
        left_out_line(bench, events, left_out[bench.name])
        if bench.name in left_out
        else bench_line(bench, events, samples)
        for bench in benches
    ]
    parts = parts_line(events, prepared)
    lines += [memory_line(events, samples), *([parts] if parts else [])]
    if several := ways(samples):
        lines.append(answers_line(events, several, fired(place, several)))
    return lines


def _print(lines: Sequence[Line]) -> None:
    for line in lines:
        print(json.dumps(line), flush=True)


def _chosen(only: Sequence[str]) -> list[Bench]:
    """The benchmarks asked for, with those they are compared with."""
    wanted = {name for bench in BENCHES if bench.name in only for name in (bench.name, *bench.against)}
    return [bench for bench in BENCHES if not only or bench.name in wanted]


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="expansion-bench-") as folder:
        yield Path(folder)


def _check_space(folder: Path, sizes: Sequence[int]) -> None:
    needed = sum(events * _BYTES_PER_EVENT[has_lines(events)] for events in sizes)
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise BenchmarkFailed(
            f"{folder} has {free >> 20:,} MB free and {needed >> 20:,} MB are needed\n\n"
            "hint: `--keep FOLDER` puts the files elsewhere, `--events 1000000` needs less"
        )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__)
    parser.add_argument("--events", type=int, nargs="+", default=[1_000_000, 10_000_000], metavar="N")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="medians are of so many rounds (3)")
    names = [bench.name for bench in BENCHES]
    parser.add_argument("--only", nargs="+", default=[], choices=names, metavar="NAME", help=", ".join(names))
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="make the files there and keep them for next time")
    return parser


if __name__ == "__main__":
    sys.exit(main())
