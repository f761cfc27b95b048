"""Files that must not be lost and that only their owner may read: replaced in one step, or left as they were."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

STAGED = ".new"  # the end of the name of a file that is being written; what a dead process left of it is nothing yet


def private_folder(path: Path) -> Path:
    """Make a folder, with those above it that are missing, for its owner only; one that is there stays as it is."""
    missing = [each for each in (path, *path.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(mode=0o700, exist_ok=True)
    return path


def replace_file(path: Path, content: bytes) -> None:
    """The whole content, on disk, in place of what was there. Where that fails, what was there stays.

    Raises OSError, such as for a full disk.
    """
    staged = path.with_name(path.name + STAGED)
    try:
        handle = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            write_whole(handle, content)
            os.fsync(handle)
        finally:
            os.close(handle)
        staged.replace(path)
    except BaseException:
        with suppress(OSError):
            staged.unlink(missing_ok=True)
        raise
    sync(path.parent)


def write_whole(handle: int, content: bytes) -> None:
    """All of it: the operating system may take less at a time than it is given, and says how much."""
    left = memoryview(content)
    while left:
        left = left[os.write(handle, left) :]


def settle(path: Path) -> None:
    """Make a file durable that another library wrote, and keep it from everybody else."""
    path.chmod(0o600)
    sync(path)


def sync(path: Path) -> None:
    """Make a file or a folder's entries durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
