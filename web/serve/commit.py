"""Group commit: all calls that wait at a moment share one write and one sync, and are answered after it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from expansion.contract import TryLater

MOST_WAITING = 64 * 1024 * 1024  # bytes that are not on disk yet; beyond, senders are told to come back

_FULL = "serve: the disk takes nothing more; make room where EXPANSION_HOME lies"


@dataclass
class Commit:
    """One writer. `append` puts lines on disk, all or none, and raises OSError where it cannot."""

    append: Callable[[bytes], None]
    _waiting: list[tuple[bytes, asyncio.Future[None]]] = field(default_factory=list)
    _bytes: int = 0
    _writing: asyncio.Task[None] | None = None
    # One thread: a write begins when the one before it is done, and takes all that has come meanwhile.
    _thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "commit"))

    @property
    def is_full(self) -> bool:
        return self._bytes > MOST_WAITING

    async def add(self, lines: bytes) -> None:
        """Return when these are on disk; TryLater where they cannot be put there."""
        if not lines:
            return
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((lines, done))
        self._bytes += len(lines)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        await done

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            some, self._waiting = self._waiting, []
            try:
                await loop.run_in_executor(self._thread, self.append, b"".join(lines for lines, _ in some))
                self._tell(some, None)
            except OSError:
                self._tell(some, TryLater(_FULL))

    def _tell(self, some: list[tuple[bytes, asyncio.Future[None]]], failure: TryLater | None) -> None:
        self._bytes -= sum(len(lines) for lines, _ in some)
        for _, done in some:
            if done.done():
                continue  # whoever waited for it has gone
            if failure is None:
                done.set_result(None)
            else:
                done.set_exception(failure)

    async def close(self) -> None:
        """What waits is written."""
        if self._writing is not None:
            await self._writing
        self._thread.shutdown()
