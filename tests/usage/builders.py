"""Files and stores for tests of the usage store."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from expansion.contract import FactRecord
from expansion.files.import_files import import_by, import_files
from expansion.files.maps import EventMap
from expansion.files.results import ImportResult
from expansion.usage.facts import add_facts
from expansion.usage.forms.failures import ImportFailed
from expansion.usage.forms.properties import column_of
from expansion.usage.import_events import Imported as PulledResult
from expansion.usage.storage.store import UsageStore

MAP = EventMap(id="id", event="event", time="time", account="account", user="user")


def row(key: str = "1", time: Any = "2026-03-01T10:00:00Z", **more: Any) -> dict[str, Any]:
    """A row of an event file in which nothing is wrong."""
    return {"id": key, "event": "export", "time": time, "account": "acme", "user": "ana", **more}


def lines(path: Path, rows: Iterable[Any]) -> Path:
    """A file of JSON lines; texts go in as they are."""
    text = "".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in rows)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text, encoding="utf-8")
    return path


def stored(store: UsageStore, columns: str = "event_id, event, ts, seen_at, account_id, user_id") -> list[Any]:
    """What the store holds, in order of the ids."""
    events = store.events_of(store.manifest().segments)
    if events is None:
        return []
    rows = store.connect().execute(f"SELECT {columns} FROM {events} ORDER BY event_id").fetchall()
    return [one[0] for one in rows] if "," not in columns else rows


def ids(store: UsageStore) -> list[str]:
    return stored(store, "event_id")


NOW = datetime(2026, 6, 1, tzinfo=UTC)


@dataclass
class Imported:
    """What became of one file."""

    source: str
    stored: int
    duplicates: int
    rejects: dict[str, int]
    report: Path | None
    rows: int
    left_out: int
    notes: list[str]

    @classmethod
    def of(cls, result: ImportResult) -> Imported:
        """Of an import of one file; raises ImportFailed where it cannot be used."""
        (file,) = result.files
        if file.failure:
            raise ImportFailed(file.failure)
        told = file.repeats, file.rejects, file.report, file.rows, file.left_out
        return cls(file.source, result.stored, *told, [*result.notes])


def import_events(
    store: UsageStore, path: Path, mapping: EventMap, *, users: Mapping[str, str] | None = None, by: datetime = NOW
) -> Imported:
    """Import one file of events. `users` are people who are known before."""
    known = (users or {}).items()
    people = [FactRecord("files.people", account, {}, remote_id=user, user_id=user) for user, account in known]
    if people:
        add_facts(store, "files.people", people, NOW)
    return Imported.of(import_by(store, [str(path)], mapping, by))


def import_file(store: UsageStore, path: Path, map_path: Path, now: datetime, **more: Any) -> Imported:
    """Import one file by a map on disk."""
    return Imported.of(import_files(store, [str(path)], map_path, now, **more))


def report(imported: Imported | PulledResult) -> list[dict[str, Any]]:
    """The rows of the file beside."""
    assert imported.report is not None, "there is no report"
    return [json.loads(line) for line in imported.report.read_text(encoding="utf-8").splitlines()]


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


def at(*parts: int) -> datetime:
    """A moment as stored."""
    return datetime(*parts)  # type: ignore[arg-type]


def properties(store: UsageStore) -> list[dict[str, str]]:
    """What is stored of the properties of each event, as text; those it has none of are left out."""
    segments = store.manifest().segments
    names = sorted({name for segment in segments for name in segment.properties})
    events = store.events_of(segments, names)
    assert events is not None, "there are no events"
    columns = ", ".join(["event_id", *map(column_of, names)])
    rows = store.connect().execute(f"SELECT {columns} FROM {events} ORDER BY event_id").fetchall()
    return [{name: text for name, text in zip(names, row[1:], strict=True) if text is not None} for row in rows]


def files_of(store: UsageStore) -> Sequence[str]:
    """Every data file there is, working copies among them."""
    folders = ("events", "rollups", "facts", "scratch")
    found = (path for name in folders for path in (store.root / name).rglob("*") if path.is_file())
    return sorted(path.relative_to(store.root).as_posix() for path in found if path.suffix != ".lock")
