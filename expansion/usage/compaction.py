"""Small files put together: what is pulled every hour would be thousands of files in a year, each opened by every run.

What is stored stays the same, row by row; readers of the files as they were keep them until they are done.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import replace

import duckdb

from expansion.usage.fact_compaction import fewer, small
from expansion.usage.forms.duck import PARQUET, quote
from expansion.usage.forms.properties import MOST
from expansion.usage.storage import manifest as manifests
from expansion.usage.storage.manifest import FactFile, Manifest, Segment
from expansion.usage.storage.store import UsageStore

# Measured with pulls of a hundred events: the 1,500th takes 0.42 s beside 1,500 files, and 0.1 s beside at most 64.
MANY = 64  # small files of a kind
_SMALL = 200_000  # rows; larger ones are worth a file of their own, and their rollups too much to make again


def put_together(store: UsageStore) -> int:
    """Put small files together where there are many. Returns how many files there are fewer."""
    now = store.manifest()
    if not _is_due(now):
        return 0
    with manifests.writing(store.root):
        before = store.manifest()
        con = store.connect()
        after = replace(before, segments=_segments(store, con, before), facts=_facts(store, con, before.facts))
        manifests.save(store.root, after)
        return len(before.segments) + len(before.facts) - len(after.segments) - len(after.facts)


def _is_due(now: Manifest) -> bool:
    return any(_small(now)) or len(small(now.facts)) > MANY


def _small(now: Manifest) -> list[list[Segment]]:
    """Small segments of one kind each, where there are many: ids are those of a table."""
    kinds: dict[tuple[str, str], list[Segment]] = {}
    for segment in now.segments:
        if segment.rows < _SMALL and not segment.rest:
            kinds.setdefault((segment.table, segment.source), []).append(segment)
    return [some for some in kinds.values() if len(some) > MANY]


def _segments(store: UsageStore, con: duckdb.DuckDBPyConnection, before: Manifest) -> tuple[Segment, ...]:
    small = _small(before)
    gone = {segment.id for some in small for segment in some}
    kept = [segment for segment in before.segments if segment.id not in gone]
    groups = [group for some in small for group in _groups(some)]
    return (*kept, *(group[0] if len(group) == 1 else _one_of(store, con, group) for group in groups))


def _groups(small: Sequence[Segment]) -> Iterator[list[Segment]]:
    """Segments whose properties together have a column each, up to the size of a large one."""
    group: list[Segment] = []
    names: set[str] = set()
    for segment in small:
        full = len(names | set(segment.properties)) > MOST or sum(s.rows for s in group) >= _SMALL
        if group and full:
            yield group
            group, names = [], set()
        group.append(segment)
        names |= set(segment.properties)
    if group:
        yield group


def _one_of(store: UsageStore, con: duckdb.DuckDBPyConnection, group: Sequence[Segment]) -> Segment:
    names = tuple(dict.fromkeys(name for segment in group for name in segment.properties))
    name = uuid.uuid4().hex[:16]
    path = store.root / "events" / f"{name}.parquet"
    con.execute(f"COPY (SELECT * FROM {store.events_of(group, names)}) TO {quote(str(path))} {PARQUET}")
    made = store.described(con, name, path, sum(segment.rows for segment in group))
    return store.with_names(con, replace(group[0].written_anew(made), properties=tuple(sorted(names))))


def _facts(store: UsageStore, con: duckdb.DuckDBPyConnection, files: tuple[FactFile, ...]) -> tuple[FactFile, ...]:
    return fewer(store, con, files) if len(small(files)) > MANY else files
