"""Work that Ctrl-C or SIGTERM ends in order."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

T = TypeVar("T")

_ENDED_BY = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM"}


class Job(Generic[T]):
    """A coroutine in a thread of its own. The first signal asks it to end, the second ends the process.

    In the main thread Prefect would put its own handler for SIGTERM in place, which raises wherever the program happens
    to be (prefect.utilities.engine.capture_sigterm).
    """

    def __init__(self, main: Callable[[], Coroutine[Any, Any, T]], on_stop: Callable[[str], None]) -> None:
        self._main, self._on_stop = main, on_stop
        self._task: asyncio.Task[T] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._outcome: T | None = None
        self._error: BaseException | None = None
        self.signal: int | None = None

    def finish(self) -> T | None:
        """Run to the end; the result, or None if a signal ended it. An error is raised here."""
        before = {number: signal.signal(number, self._end) for number in _ENDED_BY}
        try:
            thread = threading.Thread(target=self._run, name="job")
            thread.start()
            thread.join()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        if self._error is not None and self.signal is None:
            raise self._error
        return self._outcome

    def _run(self) -> None:
        try:
            self._outcome = asyncio.run(self._watched())
        except BaseException as error:  # raised again in the main thread
            self._error = error

    async def _watched(self) -> T:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.ensure_future(self._main())
        if self.signal is not None:  # it came before there was anything to cancel
            self._task.cancel()
        return await self._task

    def _end(self, number: int, frame: object) -> None:
        if self.signal is not None:
            os._exit(128 + number)
        self.signal = number
        self._on_stop(_ENDED_BY[signal.Signals(number)])
        if self._loop is not None and self._task is not None:
            self._loop.call_soon_threadsafe(self._task.cancel)
