"""A run in another process, again and again, as a schedule that is far too eager would have it."""

from __future__ import annotations

import time
from pathlib import Path

from tests.react.town import Town


def runs(folder: Path, ledger: str | None, seconds: float) -> None:
    """Decide over all accounts and deliver what is due, until the time is over."""
    town = Town(folder, "", None, None, ledger)
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        town.whole_run()
        town.deliver()
