"""What the usage store holds that is later than now: pulls made while a machine's clock was ahead."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from expansion.private_files import settle, sync
from expansion.usage.forms.duck import one, quote
from expansion.usage.identity.merges import merges_said, save_merges
from expansion.usage.statements import WIDE
from expansion.usage.storage import manifest as manifests
from expansion.usage.storage.fact_relations import stored
from expansion.usage.storage.manifest import FactFile, Manifest, Pulls, is_files
from expansion.usage.storage.spans import Spans
from expansion.usage.storage.store import UsageStore


def newest_pull(manifest: Manifest) -> datetime | None:
    """When a source was last asked, by the clock of the run that asked."""
    return max((pull.last for pull in manifest.pulls.values()), default=None)


def put_back(store: UsageStore, now: datetime) -> int:
    """What was learnt ahead of now counts as learnt now; how many changes of facts that were."""
    with manifests.writing(store.root):
        manifest = store.manifest()
        later = _later(store, manifest.facts, now)
        done = [_fact_file(store, file, now, later) for file in manifest.facts]
        pulls = {name: Pulls(min(one.first, now), min(one.last, now)) for name, one in manifest.pulls.items()}
        covered = {name: spans if is_files(name) else _until(spans, now) for name, spans in manifest.covered.items()}
        files = tuple(file for file, _ in done)
        manifest = replace(manifest, facts=files, pulls=pulls, covered=covered)
        manifests.save(store.root, manifest)
        return sum(count for _, count in done) + _merges(store, manifest, now)


def _merges(store: UsageStore, manifest: Manifest, now: datetime) -> int:
    """Of merges that were pulled or imported ahead of now; how many."""
    limit, said = now.astimezone(UTC).replace(tzinfo=None), merges_said(store, manifest)
    ahead = [one for one in said if one.said > limit]
    if ahead:
        clipped = (replace(one, known_at=min(one.known_at, limit), said=min(one.said, limit)) for one in said)
        save_merges(store, manifest, list(clipped))
    return len(ahead)


def _until(spans: Spans, now: datetime) -> Spans:
    return tuple((first, min(last, now)) for first, last in spans if first < now)


def _later(store: UsageStore, files: Sequence[FactFile], now: datetime) -> str:
    """SQL that gives what was said after a moment moments of their own, so that the last said stays the last."""
    con, some = store.connect(), [file.file for file in files if _is_said(file)]
    found = con.execute(f"SELECT DISTINCT said FROM {store.files(some)} WHERE said > {stored(now)}") if some else None
    moments = sorted((moment for (moment,) in found.fetchall()), reverse=True) if found else []
    whens = [f"WHEN {stored(at)} THEN {stored(now - timedelta(microseconds=n))}" for n, at in enumerate(moments)]
    return f"CASE said {' '.join(whens)} ELSE said END" if whens else "said"


def _is_said(file: FactFile) -> bool:
    """Whether it holds statements, with the moment at which they were said."""
    return file.kind in ("named", "wide")


def _fact_file(store: UsageStore, file: FactFile, now: datetime, later: str) -> tuple[FactFile, int]:
    relation, con, limit = store.files([file.file]), store.connect(), stored(now)
    known = "known" if file.kind == "wide" else "seen_at"
    is_said = _is_said(file)
    ahead = f"said > {limit}" if is_said else f"since > {limit} OR seen_at > {limit}"
    count = one(con, f"SELECT count(*) FROM {relation} WHERE {ahead}")
    if not count:
        return file, 0
    path = store.root / "facts" / f"{uuid.uuid4().hex[:16]}.parquet"
    clipped = f"least(since, {limit}) AS since, least({known}, {limit}) AS {known}"
    if is_said:  # a file may tell of a day to come; what began when it was said, begins when that is now
        same = "date_trunc('milliseconds', {}) = date_trunc('milliseconds', said)"
        since, learnt = (f"CASE WHEN said > {limit} AND {same.format(name)} THEN {later} " for name in ("since", known))
        clipped = f"{since}ELSE since END AS since, {learnt}WHEN said > {limit} THEN least({known}, {later}) "
        clipped += f"ELSE {known} END AS {known}, {later} AS said"
    order = " ORDER BY account_id, since" if file.kind == "wide" else ""
    con.execute(f"COPY (SELECT * REPLACE ({clipped}) FROM {relation}{order}) TO {quote(str(path))} {WIDE}")
    settle(path)
    sync(path.parent)
    if is_said:
        ends = con.execute(f"SELECT min(since), max(since) FROM {store.files([f'facts/{path.name}'])}").fetchall()
        first, last = map(str, ends[0])
        return replace(file, file=f"facts/{path.name}", first=first, last=last), count
    return replace(file, file=f"facts/{path.name}"), count
