"""Working copies: each process has a folder of its own below `scratch/`; what a dead one left goes at the next start.

A process holds the lock of its folder as long as it lives; the operating system frees it however the process dies.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import tempfile
import uuid
from functools import cache
from pathlib import Path

from expansion.private_files import private_folder

_LOCK = ".lock"


def scratch(root: Path) -> Path:
    """This process's folder for working copies of a store; it goes when the process ends."""
    folder = _own(root.absolute(), os.getpid())
    if not folder.exists():  # somebody removed the whole store, and began a new one
        _own.cache_clear()
        folder = _own(root.absolute(), os.getpid())
    return folder


@cache
def _own(root: Path, process: int) -> Path:
    if not os.access(root, os.W_OK) and root.exists():
        return _elsewhere()  # a store that may only be read can be looked at all the same
    folder = private_folder(root / "scratch") / f"{process}-{uuid.uuid4().hex[:8]}"
    handle = _locked(folder.with_suffix(_LOCK))
    folder.mkdir(mode=0o700)
    atexit.register(_leave, folder, handle)
    return folder


def _elsewhere() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="expansion-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _locked(path: Path) -> int:
    """The lock file, held; made again where a sweep was quicker than we were."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(handle, fcntl.LOCK_EX)
        if path.exists() and os.fstat(handle).st_ino == path.stat().st_ino:
            return handle
        os.close(handle)


def _leave(folder: Path, handle: int) -> None:
    if int(folder.name.partition("-")[0]) == os.getpid():  # a child that was forked leaves it to its parent
        shutil.rmtree(folder, ignore_errors=True)
        folder.with_suffix(_LOCK).unlink(missing_ok=True)
        os.close(handle)


def sweep(root: Path) -> None:
    """Remove the working copies of dead processes, and those of a version that kept them all in one folder."""
    folder = root / "scratch"
    if not folder.is_dir():
        return
    living = {lock.stem for lock in folder.glob(f"*{_LOCK}") if not _freed(lock)}
    for path in folder.iterdir():
        if path.stem not in living:
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)


def _freed(lock: Path) -> bool:
    """Whether the process of a lock is dead; its lock file is gone then."""
    try:
        handle = os.open(lock, os.O_RDWR)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        lock.unlink(missing_ok=True)
        return True
    finally:
        os.close(handle)
