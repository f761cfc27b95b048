"""Work in threads beside the event loop of a run."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime
from typing import Any

import pytest

from flows.run import Run


async def test_what_breaks_off_in_a_thread_after_its_run_was_stopped_is_no_traceback_on_the_terminal() -> None:
    """From Python 3.14 on, `asyncio.shield` prints it."""
    printed: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: printed.append(context))
    begun, stopped = threading.Event(), threading.Event()
    run = Run(None, datetime.now(UTC))  # type: ignore[arg-type]

    def work() -> None:
        begun.set()
        stopped.wait(10)
        raise ConnectionError("cut")

    waiting = asyncio.ensure_future(run.in_thread(work))
    await asyncio.to_thread(begun.wait, 10)
    waiting.cancel()
    await asyncio.sleep(0)
    assert run.stopping()
    assert not waiting.done()  # what is being sent is sent first
    stopped.set()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await asyncio.sleep(0)
    assert printed == []


async def test_what_a_thread_raises_is_raised_and_what_it_gives_is_given() -> None:
    run = Run(None, datetime.now(UTC))  # type: ignore[arg-type]
    assert await run.in_thread(lambda a, b: a + b, 1, b=2) == 3
    with pytest.raises(ZeroDivisionError):
        await run.in_thread(lambda: 1 / 0)
