"""The manifest: the list of files that make up the store. Readers read it and never glob; one writer replaces it."""

from __future__ import annotations

import errno
import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import duckdb

from expansion.private_files import STAGED, private_folder, replace_file
from expansion.text.for_people import ForPeople
from expansion.usage.storage.scratch import sweep
from expansion.usage.storage.spans import Spans, joined

VERSION = 5
_READ = (3, 4, VERSION)  # what is new since has its meaning where it is left out
_READERS = "readers.lock"


FILES = "files"  # the source of events that come from imported files; of which tables an earlier version did not say


def of_table(name: str) -> str:
    """What a table of files is called among the sources."""
    return f"{FILES}:{name}"


def table_of(source: str) -> str:
    """The name of a table that is called so among the sources; "" for what is none."""
    return source.removeprefix(f"{FILES}:") if source.startswith(f"{FILES}:") else ""


def is_files(source: str) -> bool:
    """Whether a source of events is files that were imported."""
    return source.partition(":")[0] == FILES


class StoreError(ForPeople):
    """The usage store cannot be used as asked; the message says where and what to do."""


@dataclass(frozen=True)
class Rollup:
    """One file of rollup columns over one segment."""

    file: str
    columns: tuple[str, ...]  # column keys, see rollup.Column
    time_zone: str
    sets: dict[str, tuple[str, ...]] = field(default_factory=dict)  # keys of columns that are sets of these values


@dataclass(frozen=True)
class Segment:
    """One immutable Parquet file of events, with what readers need to know to skip it."""

    id: str
    file: str
    people_file: str
    rows: int
    first_ts: str  # ISO, UTC
    last_ts: str
    last_seen: str
    properties: tuple[str, ...] = ()  # those with a column of their own
    rest: bool = False  # there are more, in a column of JSON
    names_file: str = ""  # which events and properties it holds, see names.py; "" until a run makes it
    rollups: tuple[Rollup, ...] = ()
    table: str = ""  # what its rows are rows of, and its ids the ids of; "" for what was pulled or pushed
    source: str = ""  # what brought it; "" where an earlier version did not say
    hours: dict[str, str] = field(default_factory=dict)  # see hours.py; none where an earlier version did not count

    @property
    def key(self) -> str:
        """Who brought it: a table, or a source."""
        return of_table(self.table) if self.table else self.source

    def written_anew(self, file: Segment) -> Segment:
        """The same events, or some of them, in another file; what was made of the first is to be made again."""
        return replace(file, properties=self.properties, rest=self.rest, table=self.table, source=self.source)


FactKind = Literal["changes", "named", "wide", "pushed"]


@dataclass(frozen=True)
class FactFile:
    """One immutable Parquet file of facts: changes that were pulled; what files say, see statements.py; or who is in
    cohorts that are pushed, see pushed_cohorts.py."""

    file: str
    rows: int
    kind: FactKind = "changes"
    source: str = ""  # this and the rest is of statements
    fields: tuple[str, ...] = ()  # those with a column, in order; or that are named in rows
    of_people: bool = False
    complete: bool = False  # holds snapshots of all there is
    ends: bool = False  # some of them end
    is_plain: bool = False  # each key has one for a `since`, and was known then
    first: str = ""  # since when the first and the last of them hold, as stored
    last: str = ""

    @property
    def layout(self) -> tuple[object, ...]:
        """Files that agree in this are one relation."""
        fields = self.fields if self.kind == "wide" else ()
        return self.kind, self.source, fields, self.of_people, self.complete


@dataclass(frozen=True)
class Pulls:
    """When a source was asked for facts, or for a cohort: the first time and the last."""

    first: datetime
    last: datetime


@dataclass(frozen=True)
class Manifest:
    """What is stored. `pulls` is by source of facts, or cohort. `covered` is by source, or table (`of_table`): for when
    its events are known. `late_after` is by table, where its map says when it is late. `merges` is the file that says
    who has another id since when, see merges.py; "" where nobody has.
    """

    version: int = VERSION
    segments: tuple[Segment, ...] = ()
    facts: tuple[FactFile, ...] = ()
    pulls: dict[str, Pulls] = field(default_factory=dict)
    covered: dict[str, Spans] = field(default_factory=dict)
    late_after: dict[str, str] = field(default_factory=dict)
    merges: str = ""
    unmatched: dict[str, dict[str, str]] = field(default_factory=dict)  # by source and day, see unmatched.py

    @property
    def watermark(self) -> datetime | None:
        """Up to when events are known, of every source, and of every table that no other one goes on with."""
        known = {name: spans for name, spans in self.covered.items() if spans}
        begins = [spans[0][0] for name, spans in known.items() if table_of(name)]
        ended = {
            name
            for name, spans in known.items()
            if table_of(name) and any(abs(begin - spans[-1][1]) <= timedelta(days=1) for begin in begins)
        }
        return min((spans[-1][1] for name, spans in known.items() if name not in ended), default=None)

    def spans(self, source: str | None = None) -> Spans:
        """The spans that a source's events are known for, those of imported files with them; of any source for None."""
        wanted = (name for name in self.covered if source is None or name == source or is_files(name))
        return joined(span for name in wanted for span in self.covered[name])

    def with_spans(self, source: str, spans: Spans) -> Manifest:
        """Note that a source's events are known for these spans too."""
        if not spans:
            return self
        return replace(self, covered={**self.covered, source: joined([*self.covered.get(source, ()), *spans])})

    def with_late_after(self, table: str, said: str | None) -> Manifest:
        """Note when a table is late, as its map says now; None: as all others."""
        others = {name: span for name, span in self.late_after.items() if name != table}
        return replace(self, late_after={**others, table: said} if said else others)

    def with_pull(self, source: str, at: datetime) -> Manifest:
        """Note that a source was asked at this moment."""
        before = self.pulls.get(source, Pulls(at, at))
        return replace(self, pulls={**self.pulls, source: Pulls(min(before.first, at), max(before.last, at))})

    def seen_from_elsewhere(self, root: Path) -> Manifest:
        """The same list of the files below `root`, for a store in another folder: each by its whole path."""

        def whole(file: str) -> str:
            return file and str((root / file).absolute())

        segments = tuple(
            replace(
                segment,
                file=whole(segment.file),
                people_file=whole(segment.people_file),
                names_file=whole(segment.names_file),
                rollups=tuple(replace(rollup, file=whole(rollup.file)) for rollup in segment.rollups),
            )
            for segment in self.segments
        )
        facts = tuple(replace(file, file=whole(file.file)) for file in self.facts)
        return replace(self, segments=segments, facts=facts, merges=whole(self.merges))


def load(root: Path) -> Manifest:
    """The manifest of a store; an empty one where nothing was stored yet."""
    path = root / "manifest.json"
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        version = raw["version"]
        if version in _READ:
            return _read(raw)
    except FileNotFoundError:
        return Manifest()
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(
            f"{path} is damaged ({_where(error)}); restore a backup, or move this folder aside and import again"
        ) from error
    raise StoreError(
        f"{path} was written by another version of expansion ({version}, this one reads {VERSION}); "
        "move this folder aside and import again"
    )


def _where(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"no JSON from line {error.lineno} on"
    return "no text" if isinstance(error, UnicodeDecodeError) else "something is missing in it"


def _read(raw: dict[str, Any]) -> Manifest:
    return Manifest(
        segments=tuple(map(_segment, raw["segments"])),
        facts=tuple(map(_fact_file, raw["facts"])),
        pulls={name: Pulls(*map(datetime.fromisoformat, pulled.values())) for name, pulled in raw["pulls"].items()},
        covered={
            name: tuple((datetime.fromisoformat(first), datetime.fromisoformat(last)) for first, last in spans)
            for name, spans in raw["covered"].items()
        },
        late_after=raw.get("late_after", {}),
        merges=raw.get("merges", ""),
        unmatched=raw.get("unmatched", {}),
    )


def _fact_file(raw: dict[str, Any]) -> FactFile:
    return FactFile(**{**raw, "fields": tuple(raw.get("fields", ()))})


def _rollup(raw: dict[str, Any]) -> Rollup:
    sets = {key: tuple(values) for key, values in raw["sets"].items()}
    return Rollup(**{**raw, "columns": tuple(raw["columns"]), "sets": sets})


def _segment(raw: dict[str, Any]) -> Segment:
    rollups = tuple(map(_rollup, raw["rollups"]))
    return Segment(**{**raw, "properties": tuple(raw["properties"]), "rollups": rollups})


def save(root: Path, manifest: Manifest) -> None:
    """Replace the manifest in one step; what it names is on disk before. After this returns, the data are stored."""
    replace_file(root / "manifest.json", json.dumps(asdict(manifest), default=datetime.isoformat).encode())


@contextmanager
def writing(root: Path) -> Iterator[None]:
    """Hold the writer's lock of a store, once another writer is done.

    The operating system frees the lock when the process dies, however it dies.
    """
    private_folder(root)
    with (root / "writer.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _sweep(root)
        with room_in(root):
            yield


@contextmanager
def room_in(root: Path) -> Iterator[None]:
    """Say of a failure to write below a folder that it is one: the file that is being read is not to blame."""
    try:
        yield
    except (OSError, duckdb.Error) as error:
        if not _is_full(error, root):
            raise
        raise StoreError(
            f"{root}: there is no room to write in ({' '.join(str(error).split())[:200]}); what was stored before is "
            "safe, and nothing of this was stored; make room on that disk, then do the same again"
        ) from error


def _is_full(error: OSError | duckdb.Error, root: Path) -> bool:
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    said = str(error)
    return "failed to offload data block" in said or (str(root) in said and "rite" in said.partition(str(root))[0])


class Reading:
    """Somebody reads the files that a manifest names: until this is gone, they stay."""

    def __init__(self, root: Path) -> None:
        self._handle: int | None = None
        with suppress(OSError):  # no store yet, or one that may only be read: nothing is removed there
            self._handle = os.open(root / _READERS, os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(self._handle, fcntl.LOCK_SH)

    def close(self) -> None:
        """Stop reading; what is read from then on may be gone."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def __del__(self) -> None:
        self.close()


def unread(root: Path) -> bool:
    """Remove files that the manifest no longer names; False where somebody still reads an earlier one."""
    with writing(root):
        named = _named(load(root))
        return not any(path.relative_to(root).as_posix() not in named for path in _files(root))


def _sweep(root: Path) -> None:
    """Remove what a writer that was killed left behind, and what was written anew; not while somebody may read it."""
    sweep(root)
    for staged in (*root.glob(f"*{STAGED}"), *(root / "rejects").glob(f"*{STAGED}")):
        staged.unlink()
    named = _named(load(root))
    left = [path for path in _files(root) if path.relative_to(root).as_posix() not in named]
    if not left:
        return
    with (root / _READERS).open("a") as readers:
        try:
            fcntl.flock(readers, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        for path in left:
            path.unlink()


def _files(root: Path) -> Iterator[Path]:
    for folder in ("events", "rollups", "facts"):
        yield from (root / folder).glob("*")


def _named(now: Manifest) -> set[str]:
    named = {segment.file for segment in now.segments} | {segment.people_file for segment in now.segments}
    named |= {segment.names_file for segment in now.segments}
    named |= {rollup.file for segment in now.segments for rollup in segment.rollups}
    return named | {file.file for file in now.facts} | {now.merges}
