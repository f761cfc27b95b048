"""Imports of files, as the jobs want them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from expansion.files.import_files import import_by
from expansion.files.maps import EventMap
from expansion.files.results import ImportResult
from expansion.usage.storage.store import UsageStore

_NOW = datetime(2030, 1, 1, tzinfo=UTC)


def import_events(store: UsageStore, path: Path, mapping: EventMap) -> ImportResult:
    """All events of a file; raises where it cannot be used, for then nothing was measured."""
    result = import_by(store, [str(path)], mapping, _NOW)
    if failed := [file.failure for file in result.files if file.failure]:
        raise RuntimeError(failed[0])
    return result
