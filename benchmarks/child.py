"""One job in a process of its own: `python -m benchmarks.child JOB FOLDER EVENTS` prints one JSON object."""

from __future__ import annotations

import json
import resource
import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from benchmarks.benches import module_of
from benchmarks.place import Place


def main(name: str, folder: str, events: str) -> None:
    jobs = import_module(module_of(name)).JOBS
    took, found = jobs[name](Place(Path(folder)), int(events))
    print(json.dumps({**asdict(took), "peak_mb": peak_mb(), **found}))


def peak_mb() -> float:
    """The most memory this process ever held. Linux counts in kilobytes, macOS in bytes (getrusage(2))."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)


if __name__ == "__main__":
    main(*sys.argv[1:])
