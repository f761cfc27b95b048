"""The runs of this process by id, so that a subflow's parameters are ids and not data."""

from __future__ import annotations

from flows.place import Place
from flows.running import Run

_RUNNING: dict[int, Run] = {}


class NoSuchRun(Exception):
    """A run id that the ledger does not know."""


def begin(run: Run) -> None:
    """Make a started run known to the subflows of this process."""
    _RUNNING[run.id] = run


def end(run: Run) -> None:
    """Forget it, and let go of what it held."""
    _RUNNING.pop(run.id, None)
    run.place.close()


def stop_all(ended_by: str) -> None:
    """Ask every run of this process to come to an end."""
    for run in list(_RUNNING.values()):
        run.stop(ended_by)


def run_of(run_id: int) -> tuple[Run, bool]:
    """A run of this process, or one opened anew from the ledger (then True: whoever opened it closes it)."""
    if run_id in _RUNNING:
        return _RUNNING[run_id], False
    place = Place()
    known = place.ledger.run(run_id)
    if known is None:
        place.close()
        raise NoSuchRun(f"the ledger has no run {run_id}; `expansion ledger --runs` lists them")
    run = Run(place, known.as_of)
    run.id = run_id
    return run, True
