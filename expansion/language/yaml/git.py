"""Asks git about a folder. It never touches what lies in it."""

from __future__ import annotations

import subprocess
from pathlib import Path

_LONGEST = 20  # seconds


class GitError(Exception):
    """What git has said, or why it could not be asked."""


def ask(folder: Path, *arguments: str, given: bytes = b"") -> bytes:
    """What git prints. Raises GitError with its first words."""
    command = ["git", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(command, input=given, capture_output=True, timeout=_LONGEST, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as error:
        raise GitError(f"git cannot be run here ({type(error).__name__})") from error
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
        raise GitError(said.removeprefix("fatal: "))
    return done.stdout


def state_of(folder: Path) -> str | None:
    """The commit of a folder, with `+changes` where files differ from it; None outside git."""
    try:
        commit = ask(folder, "rev-parse", "HEAD").decode().strip()[:12]
        changed = ask(folder, "status", "--porcelain", "--", ".").strip()
    except GitError:
        return None
    return f"{commit}+changes" if changed else commit
