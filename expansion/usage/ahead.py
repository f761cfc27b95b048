"""What the usage store holds that is later than now: pulls made while a machine's clock was ahead."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime

from expansion.private_files import settle, sync
from expansion.usage import manifest as manifests
from expansion.usage.duck import one, quote
from expansion.usage.facts import FACT_COLUMNS, naive
from expansion.usage.manifest import FactFile, Manifest, Pulls, is_files
from expansion.usage.spans import Spans
from expansion.usage.store import UsageStore


def newest_pull(manifest: Manifest) -> datetime | None:
    """When a source was last asked, by the clock of the run that asked."""
    return max((pull.last for pull in manifest.pulls.values()), default=None)


def put_back(store: UsageStore, now: datetime) -> int:
    """What was learnt ahead of now counts as learnt now; how many changes of facts that were."""
    with manifests.writing(store.root):
        manifest = store.manifest()
        done = [_fact_file(store, file, now) for file in manifest.facts]
        pulls = {name: Pulls(min(one.first, now), min(one.last, now)) for name, one in manifest.pulls.items()}
        covered = {name: spans if is_files(name) else _until(spans, now) for name, spans in manifest.covered.items()}
        files = tuple(file for file, _ in done)
        manifests.save(store.root, replace(manifest, facts=files, pulls=pulls, covered=covered))
        return sum(count for _, count in done)


def _until(spans: Spans, now: datetime) -> Spans:
    return tuple((first, min(last, now)) for first, last in spans if first < now)


def _fact_file(store: UsageStore, file: FactFile, now: datetime) -> tuple[FactFile, int]:
    relation, con = store.files([file.file]), store.connect()
    limit = f"TIMESTAMP {quote(str(naive(now)))}"
    count = one(con, f"SELECT count(*) FROM {relation} WHERE since > {limit} OR seen_at > {limit}")
    if not count:
        return file, 0
    path = store.root / "facts" / f"{uuid.uuid4().hex[:16]}.parquet"
    clipped = f"SELECT {FACT_COLUMNS} FROM (SELECT * REPLACE (least(since, {limit}) AS since, "
    clipped += f"least(seen_at, {limit}) AS seen_at) FROM {relation})"
    con.execute(f"COPY ({clipped}) TO {quote(str(path))} (FORMAT parquet, COMPRESSION zstd)")
    settle(path)
    sync(path.parent)
    return FactFile(f"facts/{path.name}", file.rows), count
