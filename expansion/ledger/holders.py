"""Who holds a claim, and whether that process still lives.

A holder keeps an operating-system lock on a file of its own. The system drops the lock when the process ends, however
it ends, so after a `kill -9` another process on the same machine knows at once. A process on another machine cannot
be asked: its claims count until their lease ends.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from expansion.private_files import private_folder

_KEPT_SECONDS = 7 * 86_400  # a dead holder's file outlives every lease by far
_HELD: set[Holder] = set()  # one of which only the name is kept must not be collected: its lock would go with it


class Holder:
    """This process as the ledger names it: `host/pid/token`. Use it as a context manager."""

    def __init__(self, folder: Path) -> None:
        private_folder(folder)
        self.name = f"{_host()}/{os.getpid()}/{secrets.token_hex(6)}"
        self._path = _file_of(self.name, folder)
        # Python opens files so that programs started later do not inherit them; a plain fork would, and would then
        # keep the lock alive.
        self._file: IO[str] = _opened(self._path)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        _HELD.add(self)
        _sweep(folder, newest=self._path)

    def close(self) -> None:
        """Stop holding. The file stays for a while: it is how others see that this holder is gone."""
        self._file.close()
        _HELD.discard(self)

    def __enter__(self) -> Holder:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def is_alive(name: str, folder: Path) -> bool:
    """False where the holder is certainly dead; True where it lives or cannot be asked."""
    if not name.startswith(f"{_host()}/"):
        return True
    try:
        with _file_of(name, folder).open() as file:
            return not _lock_is_free(file)
    except FileNotFoundError:
        return True  # the same host name in another container, or another folder: the lease decides


@contextmanager
def only_one(path: Path) -> Iterator[None]:
    """One process at a time on this machine; others wait."""
    with _opened(path) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _opened(path: Path) -> IO[str]:
    """Made if need be, for its owner alone."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w")


def _host() -> str:
    return socket.gethostname().replace("/", "-")


def _file_of(name: str, folder: Path) -> Path:
    _, pid, token = name.rsplit("/", 2)
    return folder / f"{pid}-{token}.holder"


def _lock_is_free(file: IO[str]) -> bool:
    try:
        # Shared, so that two processes which ask at once do not take each other for the holder.
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sweep(folder: Path, newest: Path) -> None:
    """Remove files of holders that died long ago; their age is told by the file system."""
    now = newest.stat().st_mtime
    for path in folder.glob("*.holder"):
        try:
            with path.open() as file:
                if now - path.stat().st_mtime > _KEPT_SECONDS and _lock_is_free(file):
                    path.unlink()
        except FileNotFoundError:  # another process swept it first
            continue
