"""Reacting beside `expansion serve`: begun before the first call, ended after the last one was answered."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING

from cli.output import say

if TYPE_CHECKING:
    from jobs.react.reacting import Reacting
    from web.serve.app import Listener


@contextmanager
def reacting_to(wanted: bool) -> Iterator[Listener | None]:
    """What listens to what is stored; None where nothing is to react."""
    if not wanted:
        yield None
        return
    from flows.opening import open_place
    from jobs.react.reacting import Reacting

    reacting, stopping = Reacting(open_place, say), Event()
    page = Thread(target=_show, args=(reacting, stopping), name="react: page", daemon=True)
    reacting.start()
    page.start()
    try:
        yield reacting.on_stored
    finally:
        reacting.stop()
        stopping.set()
        page.join(15)


def _show(reacting: Reacting, stopping: Event) -> None:
    """In Prefect, which is imported only where something reacts: it takes seconds."""
    while reacting.run is None:
        if stopping.wait(1):
            return
    from cli.prefect_env import prefect_ready

    prefect_ready()
    from flows.react import Showing

    Showing(reacting, say, stopping).work()
