"""The manifest: the list of files that make up the store. Readers read it and never glob; one writer replaces it."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

VERSION = 1


class StoreError(Exception):
    """The usage store cannot be used as asked; the message says where and what to do."""


@dataclass(frozen=True)
class Rollup:
    """One file of rollup columns over one segment."""

    file: str
    columns: tuple[str, ...]  # column keys, see rollup.Column
    time_zone: str


@dataclass(frozen=True)
class Segment:
    """One immutable Parquet file of events, with what readers need to know to skip it."""

    id: str
    file: str
    accounts_file: str
    rows: int
    first_ts: str  # ISO, UTC
    last_ts: str
    last_seen: str
    rollups: tuple[Rollup, ...] = ()


@dataclass(frozen=True)
class FactFile:
    """One immutable Parquet file of fact changes."""

    file: str
    rows: int


@dataclass(frozen=True)
class Manifest:
    """What is stored. `observed`: the last pull per source of facts. `covered`: the spans that events are known for."""

    version: int = VERSION
    segments: tuple[Segment, ...] = ()
    facts: tuple[FactFile, ...] = ()
    observed: dict[str, str] = field(default_factory=dict)
    covered: tuple[tuple[str, str], ...] = ()  # ISO, UTC, in order, apart from each other

    @property
    def watermark(self) -> datetime | None:
        """Up to when events are known."""
        return datetime.fromisoformat(self.covered[-1][1]) if self.covered else None

    def spans(self) -> list[tuple[datetime, datetime]]:
        """The spans that events are known for."""
        return [(datetime.fromisoformat(first), datetime.fromisoformat(last)) for first, last in self.covered]


def load(root: Path) -> Manifest:
    """The manifest of a store; an empty one where nothing was stored yet."""
    path = root / "manifest.json"
    try:
        raw = json.loads(path.read_text())
    except FileNotFoundError:
        return Manifest()
    except json.JSONDecodeError as error:
        raise StoreError(f"{path} is damaged ({error}); restore a backup, or import into a new folder") from error
    if raw["version"] != VERSION:
        raise StoreError(f"{path} was written by another version ({raw['version']}); this one reads {VERSION}")
    segments = tuple(
        Segment(**{**s, "rollups": tuple(Rollup(**{**r, "columns": tuple(r["columns"])}) for r in s["rollups"])})
        for s in raw["segments"]
    )
    facts = tuple(FactFile(**f) for f in raw["facts"])
    covered = tuple((first, last) for first, last in raw["covered"])
    return Manifest(**{**raw, "segments": segments, "facts": facts, "covered": covered})


def save(root: Path, manifest: Manifest) -> None:
    """Replace the manifest in one step; what it names is on disk before. After this returns, the data are stored."""
    staged = root / "manifest.json.new"
    with staged.open("w") as out:
        json.dump(asdict(manifest), out)
        out.flush()
        os.fsync(out.fileno())
    staged.replace(root / "manifest.json")
    sync(root)


def sync(path: Path) -> None:
    """Make a file or a folder's entries durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def writing(root: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold the writer's lock of a store. The operating system frees it when the process dies, however it dies."""
    root.mkdir(parents=True, exist_ok=True)
    with (root / "writer.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            raise StoreError(f"another process is writing to {root}; try again when it is done") from None
        yield
