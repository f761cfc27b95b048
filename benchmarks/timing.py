"""What every job hands back. Nothing but the standard library, for jobs that another interpreter runs."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from benchmarks.place import Place

Found = dict[str, Any]  # what a job says besides its seconds
T = TypeVar("T")


@dataclass(frozen=True)
class Took:
    """How long something took, on the wall and on all cores together: the second suffers less from neighbours."""

    seconds: float
    cpu_seconds: float


Job = Callable[[Place, int], tuple[Took, Found]]


def timed(work: Callable[[], T]) -> tuple[Took, T]:
    """How long it took, and what came out."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    return Took(time.perf_counter() - wall, time.process_time() - cpu), result


def one_by_one(pieces: Iterable[Callable[[], object]]) -> tuple[Took, Found]:
    """The time of all pieces together, and how long the middle one and one in a hundred took, in milliseconds."""
    each = [timed(piece)[0] for piece in pieces]
    walls, cpus = sorted(took.seconds for took in each), sorted(took.cpu_seconds for took in each)
    found = {"p50_ms": _per_mille(walls, 500), "p99_ms": _per_mille(walls, 990), "cpu_p50_ms": _per_mille(cpus, 500)}
    return Took(sum(walls), sum(cpus)), found


def _per_mille(ordered: list[float], mille: int) -> float:
    """A percentile, in milliseconds."""
    return round(ordered[(len(ordered) - 1) * mille // 1000] * 1000, 1)


def note_fired(place: Place, name: str, fired: Mapping[str, Iterable[str]]) -> None:
    """Write down which accounts each trigger named, for rounds.fired to compare."""
    place.fired(name).write_text(json.dumps({trigger: sorted(accounts) for trigger, accounts in fired.items()}))
