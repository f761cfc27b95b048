"""One JSON line per benchmark: the medians of a run, and their ratios."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from statistics import median
from typing import Any

from benchmarks.benches import Bench
from benchmarks.engines import version_of
from benchmarks.rounds import Sample

Line = dict[str, Any]


def machine() -> Line:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cores": os.cpu_count(),
        "memory_gb": round(memory / (1 << 30), 1),
        "python": platform.python_version(),
        "duckdb": version("duckdb"),
        "polars": version("polars"),
        "chdb": version_of("chdb"),
    }


def left_out_line(bench: Bench, events: int, reason: str) -> Line:
    """What was not measured, and why."""
    return {"bench": bench.name, "events": events, "left_out": reason}


def parts_line(events: int, prepared: dict[str, Sample]) -> Line | None:
    """How long each file took to import where the events came in several, one after the other into a growing store."""
    made = prepared["make_stores"]
    if "part_seconds" not in made:
        return None
    seconds, peak = made["part_seconds"], round(made["peak_mb"])
    return {"bench": "ingest_in_parts", "events": events, "part_seconds": seconds, "peak_mb": peak}


def bench_line(bench: Bench, events: int, samples: dict[str, list[Sample]]) -> Line:
    """What one benchmark took, and how that compares with others of the same rounds."""
    taken = samples[bench.name]
    seconds = [sample["seconds"] for sample in taken]
    counted = taken[-1].get("counted")
    others = {name: samples[name] for name in bench.against if name in samples}
    return {
        "bench": bench.name,
        "events": events,
        "seconds": round(median(seconds), 4),
        "min": round(min(seconds), 4),
        "max": round(max(seconds), 4),
        "cpu_seconds": round(median(sample["cpu_seconds"] for sample in taken), 4),
        "rounds": len(taken),
        "peak_mb": round(median(sample["peak_mb"] for sample in taken)),
        **({"per_second": round(counted / median(seconds))} if counted else {}),
        **_found(taken),
        "ratio_to": {name: _ratio("seconds", taken, other) for name, other in others.items()},
        "cpu_ratio_to": {name: _ratio("cpu_seconds", taken, other) for name, other in others.items()},
        "machine": machine(),
    }


def _ratio(what: str, taken: list[Sample], other: list[Sample]) -> float:
    """The median of the rounds' ratios: both of a pair met the same noise."""
    ratios: list[float] = [a[what] / b[what] for a, b in zip(taken, other, strict=True)]
    return round(median(ratios), 3)


def _found(taken: list[Sample]) -> Line:
    """What else a job measured, as medians."""
    names = taken[0].keys() - {"seconds", "cpu_seconds", "peak_mb", "counted"}
    return {name: median(sample[name] for sample in taken) for name in sorted(names)}


def memory_line(events: int, samples: dict[str, list[Sample]]) -> Line:
    """The most memory that each benchmark ever held, in its worst round."""
    peaks = {name: round(max(sample["peak_mb"] for sample in taken)) for name, taken in samples.items()}
    return {"bench": "peak_memory", "events": events, "mb": peaks}


def answers_line(events: int, ways: list[str], fired: dict[str, int]) -> Line:
    """The fired sets were equal all these ways, or the run would have failed."""
    quiet = sorted(name for name, count in fired.items() if count == 0)
    return {
        "bench": "same_answers",
        "events": events,
        "ways": ways,
        "triggers": len(fired),
        "fired": sum(fired.values()),
        "never_fired": quiet,
        "equal": True,
    }


def growth_line(small: tuple[int, list[Line]], large: tuple[int, list[Line]]) -> Line:
    """How each figure grows with the events."""
    (few, before), (many, after) = small, large
    pairs = [(old, new) for old in before for new in after if "seconds" in old and old["bench"] == new["bench"]]
    return {
        "bench": "growth",
        "from_events": few,
        "to_events": many,
        "events": round(many / few, 2),
        "seconds": {new["bench"]: round(new["seconds"] / old["seconds"], 2) for old, new in pairs},
        "peak_mb": {new["bench"]: round(new["peak_mb"] / old["peak_mb"], 2) for old, new in pairs},
    }
