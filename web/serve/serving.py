"""Makes the service over a place, and runs it in one process with one event loop."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from logging import getLogger
from pathlib import Path

import uvicorn

from expansion.language.model.mistakes import Mistakes
from expansion.usage.pushed.journal import Journal
from jobs.definitions import read_definitions
from jobs.place import Place
from web.serve.answers import Answers
from web.serve.app import Listener, Service
from web.serve.commit import Commit
from web.serve.doors import Doors, open_doors
from web.serve.people import People

log = getLogger("expansion.serve")

# Calls under way are finished; then the port is closed. Longer than any answer takes.
GRACE = 10
LOOKS = 5.0  # seconds between two looks at facts.yaml
KEEP_ALIVE = 75  # seconds; the libraries keep a connection, and take a quiet end of it well (measured)


def service(place: Place, doors: Doors, on_stored: Listener | None = None) -> Service:
    """The service that writes into the store of a place."""
    name_accounts(place, doors)
    commit = Commit(Journal(place.store.root).append_lines)
    made = Service(doors, commit, People.of(place.store).completed)
    made.on_answers = Answers(place).take
    if on_stored is not None:
        made.on_stored = on_stored
    return made


def name_accounts(place: Place, doors: Doors) -> None:
    """Tell each door what facts.yaml names as the account of its events. A file with mistakes changes nothing."""
    try:
        events = read_definitions(place.files, place.catalog).workspace.facts.events
    except Mistakes as mistakes:
        log.warning("facts.yaml is not read anew: %d mistakes; `expansion check` lists them", len(mistakes.mistakes))
        return
    for door in doors.open:
        door.account = next((one.account for one in events if one.from_ == door.name), None)


async def _watch(place: Place, doors: Doors) -> None:
    """Read facts.yaml again when it has changed."""
    file = place.settings.playbooks / "shared/facts.yaml"
    seen = _changed(file)
    while True:
        await asyncio.sleep(LOOKS)
        if (now := _changed(file)) != seen:
            seen = now
            await asyncio.to_thread(name_accounts, place, doors)


def _changed(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0


def serve(place: Place, made: Service, on: socket.socket, started: Callable[[], None]) -> None:
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
    asyncio.run(_run(place, made, _Server(config), on, started))


class _Server(uvicorn.Server):
    """Uvicorn's ends with the signal that ended it, and so before what came can be told."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for each in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(each, self.handle_exit, each, None)
        yield


async def _run(
    place: Place, made: Service, server: uvicorn.Server, on: socket.socket, started: Callable[[], None]
) -> None:
    running = asyncio.create_task(server.serve(sockets=[on]))
    watching = asyncio.create_task(_watch(place, made.doors))
    while not server.started and not running.done():
        await asyncio.sleep(0.01)
    if server.started:
        started()
    await running
    watching.cancel()


__all__ = ["open_doors", "serve", "service"]
