"""`pytest --quick`: the tests that start no server, no process, no database and no Prefect, and take no half minute.

A test that starts something is told by its fixtures (STARTING), or says so itself: `@pytest.mark.starts`. While quick
tests are read and run, starting something fails, so that none is among them by mistake.
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import urllib3  # noqa: F401  when it is imported, it opens a port to see whether there is IPv6: before the guard stands

# Fixtures behind which a stand-in on a port, a Prefect server, a PostgreSQL or a command starts.
STARTING = frozenset(
    {
        *("stand_ins", "port", "_port", "town", "machine", "received", "prefect_server", "prefect_api"),
        *("postgres", "postgres_ledger", "server", "address", "warehouse", "writing", "stage"),
        *("clone", "session"),
    }
)
# What Python tells its audit hooks of a port that is opened and a process that is begun. How a fork server begins is
# not told; that it listens is.
BEGINNINGS = frozenset({"socket.bind", "subprocess.Popen", "os.fork", "os.forkpty", "os.exec", "os.posix_spawn"})


class Started(BaseException):
    """Something was started. Not an Exception: what is tested may catch those."""

    def __init__(self, *what: str) -> None:
        super().__init__(f"{', '.join(what)}. A test that starts something is marked: @pytest.mark.starts")


def starts(item: pytest.Item) -> bool:
    if any(item.get_closest_marker(name) for name in ("starts", "flows", "browser")):
        return True
    drawn = getattr(item, "callspec", None)
    if drawn and "postgresql" in drawn.params.values():  # the ledger's other database
        return True
    return not STARTING.isdisjoint(getattr(item, "fixturenames", ()))


class Guard:
    """While it is held, whatever is started fails, also where what is tested goes on regardless."""

    def __init__(self) -> None:
        self._heard: list[str] | None = None
        sys.addaudithook(self._hear)  # there is no way to take one off again

    @contextmanager
    def held(self) -> Iterator[None]:
        self._heard = heard = []
        try:
            yield
        finally:
            self._heard = None
        if heard:
            raise Started(*heard)

    def _hear(self, event: str, about: Sequence[object]) -> None:
        if self._heard is None:
            return
        if event in BEGINNINGS or (event == "import" and about[0] == "prefect"):
            what = event if event in BEGINNINGS else "import of Prefect"
            self._heard.append(what)
            raise Started(what)


class Quick:
    """The plugin. `whole` are folders and files that are left out unread: with some of them Prefect is imported."""

    def __init__(self, tests: Path, whole: Sequence[str]) -> None:
        self._whole = {tests / name for name in whole}
        self._guard = Guard()
        self._left_out = 0

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        return True if collection_path in self._whole else None

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        out = [item for item in items if starts(item)]
        items[:] = [item for item in items if not starts(item)]
        config.hook.pytest_deselected(items=out)
        self._left_out = len(out)
        if hasattr(config, "workeroutput"):
            config.workeroutput["left_out"] = len(out)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        self._left_out = node.workeroutput.get("left_out", 0)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        folders = ", ".join(sorted(path.name for path in self._whole if path.suffix != ".py"))
        files = ", ".join(sorted(path.name for path in self._whole if path.suffix == ".py"))
        terminalreporter.write_line(
            f"left out: {self._left_out:,} tests that start something, all of {folders}, and {files}; "
            "`make test` runs them, or `.venv/bin/python -m pytest` with a path"
        )

    @pytest.hookimpl(wrapper=True)
    def pytest_collection(self) -> Generator[None, object, object]:
        with self._guard.held():
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self) -> Generator[None, None, None]:
        with self._guard.held():
            yield

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self) -> Generator[None, None, None]:
        with self._guard.held():
            yield

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self) -> Generator[None, None, None]:
        with self._guard.held():
            yield
