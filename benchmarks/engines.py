"""Peers that are a heavy install have an environment of their own; without it they are left out, and that is said."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path

ENGINES = Path(__file__).parents[1] / ".venv-engines" / "bin" / "python"  # `make test-engines` makes it


def interpreter(needs: str | None) -> str:
    """The Python that runs a job; `needs` names the package that only the second environment has."""
    return str(ENGINES) if needs else sys.executable


def why_missing(package: str) -> str | None:
    """What stands in the way of jobs that need a package, if anything does."""
    if not ENGINES.exists():
        return f"{package} lives in .venv-engines, which is not there; `make test-engines` makes it"
    if version_of(package) is None:
        return f"{package} is not in .venv-engines; `make test-engines` installs it"
    return None


@cache
def version_of(package: str) -> str | None:
    """The version of a package in the second environment; asked there without importing it."""
    if not ENGINES.exists():
        return None
    ask = f"from importlib.metadata import version; print(version({package!r}))"
    done = subprocess.run([str(ENGINES), "-c", ask], capture_output=True, text=True, check=False)
    return done.stdout.strip() or None
