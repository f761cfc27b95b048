"""Merges as they were said, kept in the manner of statements: since when, known since when, never overwritten.

They are few, so all of them lie in one file, which is written anew when one is added. Nothing else is changed by a
merge: events and facts keep the ids they came with, and are read under those that hold at the moment of the check.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq

from expansion.contract import Merge
from expansion.private_files import private_folder, settle, sync
from expansion.usage import manifest as manifests
from expansion.usage.duck import identifier
from expansion.usage.forgotten import forgotten_people
from expansion.usage.former_ids import NOBODY, FormerIds, Said, contradicted, former_ids
from expansion.usage.manifest import Manifest
from expansion.usage.store import UsageStore

_SCHEMA = pa.schema(
    [
        pa.field(each.name, pa.timestamp("us") if each.name in ("at", "known_at") else pa.string())
        for each in fields(Said)
    ]
)


@dataclass(frozen=True)
class Added:
    """What became of merges that were told."""

    new: int
    against: tuple[
        tuple[Said, Said], ...
    ] = ()  # merges that no longer count, each with the new one that it contradicts


def add_merges(store: UsageStore, merges: Iterable[Merge], told_at: datetime) -> Added:
    """Store those that say something new; who does not say since when it was known, is known since `told_at`."""
    listed = forgotten_people(store.root)

    def user(id_: str) -> str:
        return (listed.pseudonym(id_) if listed else None) or id_

    told = [_said(one, told_at) for one in merges]
    return add_said(
        store,
        [replace(o, former_id=user(o.former_id), id=user(o.id)) if o.of == "user" else o for o in told],
    )


def add_said(store: UsageStore, told: Sequence[Said]) -> Added:
    """The same of merges as they are stored, where one into itself takes back what was said of a former id."""
    with manifests.writing(store.root):
        manifest = store.manifest()
        before = merges_said(store, manifest)
        new = list(_new(before, told))
        if not new:
            return Added(0)
        save_merges(store, manifest, [*before, *new])
        known = set(new)
        return Added(len(new), tuple(pair for pair in contradicted([*before, *new]) if pair[1] in known))


def _said(one: Merge, told_at: datetime) -> Said:
    return Said(one.source, one.of, one.former_id, one.id, _naive(one.at), _naive(one.known_at or told_at))


def _new(before: Sequence[Said], told: Iterable[Said]) -> Iterator[Said]:
    """Those that their source had not said already: of a former id it had said the same last, as far as was known."""
    by_former: dict[tuple[str, str, str], list[Said]] = {}
    for one in before:
        by_former.setdefault((one.source, one.of, one.former_id), []).append(one)
    for one in sorted(told, key=lambda each: each.order):
        mine = by_former.setdefault((one.source, one.of, one.former_id), [])
        last = max((each for each in mine if each.known_at <= one.known_at), key=lambda each: each.order, default=None)
        if one.id != (last.id if last else one.former_id):
            mine.append(one)
            yield one


def save_merges(store: UsageStore, manifest: Manifest, said: Sequence[Said]) -> None:
    """All there are, on disk for good; the caller holds the lock for writing."""
    folder = private_folder(store.root / "facts")
    path = folder / f"{uuid.uuid4().hex[:16]}.parquet"
    columns = [[getattr(one, each.name) for one in said] for each in fields(Said)]
    pq.write_table(pa.table(columns, schema=_SCHEMA), path)
    settle(path)
    sync(folder)
    manifests.save(store.root, replace(manifest, merges=f"facts/{path.name}"))


def merges_said(store: UsageStore, manifest: Manifest) -> list[Said]:
    """All that was ever said; read only where there is something."""
    if not manifest.merges:
        return []
    names = ", ".join(identifier(each.name) for each in fields(Said))
    rows = store.connect().execute(f"SELECT {names} FROM {store.files([manifest.merges])}").fetchall()
    return [Said(*row) for row in rows]


def ids_known(store: UsageStore, manifest: Manifest, by: datetime) -> FormerIds:
    """Which former ids stand for which, as it is known at a moment."""
    return former_ids(merges_said(store, manifest), by) if manifest.merges else NOBODY


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


__all__ = ["Added", "add_merges", "add_said", "ids_known", "merges_said", "save_merges"]
