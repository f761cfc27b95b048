"""Makes the service over a place, and runs it in one process with one event loop."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn

from expansion.language.model.mistakes import Mistakes
from expansion.usage.journal import Journal
from jobs.place import Place
from web.serve.answers import Answers
from web.serve.app import Listener, Service
from web.serve.commit import Commit
from web.serve.doors import Doors, open_doors
from web.serve.people import People

# Calls under way are finished; then the port is closed. Longer than any answer takes.
GRACE = 10
KEEP_ALIVE = 75  # seconds; the libraries keep a connection, and take a quiet end of it well (measured)


def service(place: Place, doors: Doors, on_stored: Listener | None = None) -> Service:
    """The service that writes into the store of a place."""
    for door in doors.open:
        door.account = account_of(place, door.name)
    commit = Commit(Journal(place.store.root).append_lines)
    made = Service(doors, commit, People.of(place.store).completed)
    made.on_answers = Answers(place).take
    if on_stored is not None:
        made.on_stored = on_stored
    return made


def account_of(place: Place, source: str) -> str | None:
    """What facts.yaml names as the account of a source's events."""
    try:
        events = place.definitions.workspace.facts.events
    except Mistakes:
        return None
    return next((one.account for one in events if one.from_ == source), None)


def serve(made: Service, on: socket.socket, started: Callable[[], None] | None = None) -> None:
    """Run until SIGTERM or ctrl-C; then finish the calls under way."""
    config = uvicorn.Config(
        made,
        log_config=None,
        access_log=False,  # a query holds keys and people (mixpanel for Node)
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=GRACE,
        ws="none",
    )
    # What there is now stays; and of what comes, nearly nothing is in circles: it is looked for less often.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    asyncio.run(_run(_Server(config), on, started))


class _Server(uvicorn.Server):
    """Uvicorn's ends with the signal that ended it, and so before what came can be told."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for each in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(each, self.handle_exit, each, None)
        yield


async def _run(server: uvicorn.Server, on: socket.socket, started: Callable[[], None] | None) -> None:
    running = asyncio.create_task(server.serve(sockets=[on]))
    while not server.started and not running.done():
        await asyncio.sleep(0.01)
    if server.started and started is not None:
        started()
    await running


__all__ = ["open_doors", "serve", "service"]
