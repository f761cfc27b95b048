"""Has this machine worked with a newer ledger? A backup that was put back does not know what was done after it."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from pathlib import Path

from expansion.ledger.database import LedgerError
from expansion.private_files import replace_file
from expansion.text.addresses import without_secrets

FILE = "newest-run.json"  # in EXPANSION_HOME, and in no backup of the ledger


class OlderLedger(LedgerError):
    """The ledger knows less than was done; going on would do it again. One sentence, and what to do."""


def must_not_be_older(home: Path, url: str, newest: int) -> None:
    """Raises OlderLedger where this machine saw a later run in the ledger at this address."""
    seen = _seen(home / FILE).get(_which(url))
    if not isinstance(seen, dict) or int(seen["run"]) <= newest:
        return
    knows = f"knows runs up to {newest}" if newest else "knows no run"
    raise OlderLedger(
        f"the ledger {knows}, and run {seen['run']} was made here on {seen['at'][:16].replace('T', ' ')} UTC: "
        "a backup was put back, or the ledger was lost. What was done since would be done again; nothing was "
        "written\n\n"
        'hint: docs/operate.md, "Backups", says what would come twice and what to do first; then remove '
        f"{home / FILE}, and run again"
    )


def note(home: Path, url: str, run: int, at: datetime) -> None:
    """This machine has made that run."""
    seen = _seen(home / FILE) | {_which(url): {"run": run, "at": at.isoformat()}}
    replace_file(home / FILE, json.dumps(seen, indent=1).encode())


def _seen(path: Path) -> dict[str, object]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _which(url: str) -> str:
    """The ledger's address by a digest: it may name a host."""
    return hashlib.sha256(without_secrets(url).encode()).hexdigest()[:16]
