"""Merges as they were said, kept in the manner of statements: since when, known since when, never overwritten.

They are few, so all of them lie in one file, which is written anew when one is added. Nothing else is changed by a
merge: events and facts keep the ids they came with, and are read under those that hold at the moment of the check.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from expansion.contract import Merge
from expansion.private_files import private_folder, settle, sync
from expansion.usage.forms.duck import quote_list
from expansion.usage.identity.former_ids import NOBODY, PART, FormerIds, Said, contradicted, former_ids
from expansion.usage.identity.parted import Parted, parted
from expansion.usage.storage import manifest as manifests
from expansion.usage.storage.answers import REMOTE_ID
from expansion.usage.storage.fact_relations import known_facts
from expansion.usage.storage.forgotten import forgotten_people
from expansion.usage.storage.manifest import Manifest
from expansion.usage.storage.store import UsageStore

_MOMENTS = ("at", "known_at", "said")
_SCHEMA = pa.schema(
    [pa.field(each.name, pa.timestamp("us") if each.name in _MOMENTS else pa.string()) for each in fields(Said)]
)


@dataclass(frozen=True)
class Added:
    """What became of merges that were told."""

    new: int
    against: tuple[
        tuple[Said, Said], ...
    ] = ()  # merges that no longer count, each with the new one that it contradicts


def add_merges(
    store: UsageStore, merges: Iterable[Merge], told_at: datetime, *, listed_in: Path | None = None
) -> Added:
    """Store those that say something new; who does not say since when it was known, is known since `told_at`.
    `listed_in`: where the list of forgotten people lies, if not in this store."""
    return add_said(store, [_said(one, told_at) for one in _of_accounts(store, list(merges))], listed_in=listed_in)


def add_said(store: UsageStore, told: Sequence[Said], *, listed_in: Path | None = None) -> Added:
    """The same of merges as they are stored, where one into itself takes back what was said of a former id."""
    told = _without_forgotten(listed_in or store.root, told)
    with manifests.writing(store.root):
        manifest = store.manifest()
        before = merges_said(store, manifest)
        new = list(_new(before, told))
        if not new:
            return Added(0)
        save_merges(store, manifest, [*before, *new])
        known = set(new)
        merged = sum(one.id != one.former_id for one in new)
        return Added(merged, tuple(pair for pair in contradicted([*before, *new]) if pair[1] in known))


def _without_forgotten(root: Path, told: Sequence[Said]) -> Sequence[Said]:
    """People who were forgotten go by their pseudonyms."""
    listed = forgotten_people(root)

    def known(id_: str) -> str:
        return listed.pseudonym(id_) or id_

    if not listed:
        return told
    return [one.with_people(known) for one in told]


def _of_accounts(store: UsageStore, merges: Sequence[Merge]) -> Iterator[Merge]:
    """Those by record with the account that the record was last of; one that nothing was ever known of says nothing."""
    records = {one.former_id for one in merges if one.by_record} | {one.id for one in merges if one.into_record}
    whose = accounts_of_records(store, records) if records else {}
    for one in merges:
        system = one.source.partition(".")[0]
        account = whose.get((system, one.former_id)) if one.by_record else one.former_id
        into = whose.get((system, one.id)) if one.into_record else one.id
        if account is not None and into is not None and account != into:
            yield replace(one, former_id=account, id=into, by_record=False, into_record=False)


def accounts_of_records(store: UsageStore, records: Iterable[str]) -> dict[tuple[str, str], str]:
    """By system and record the account that it was last of."""
    said = known_facts(store, store.manifest()).of_fields([REMOTE_ID])
    rows = store.connect().execute(
        f"SELECT split_part(source, '.', 1) AS system, value, arg_max(account_id, (since, seen_at)) FROM {said} "
        f"WHERE user_id = '' AND value IN ({quote_list(records)}) GROUP BY ALL"
    )
    return {(system, record): account for system, record, account in rows.fetchall()}


def _said(one: Merge, told_at: datetime) -> Said:
    known = _naive(one.known_at or told_at)
    return Said(one.source, one.of, one.former_id, one.id, _naive(one.at), known, _naive(told_at))


def _new(before: Sequence[Said], told: Iterable[Said]) -> Iterator[Said]:
    """Those that their source had not said already: of a former id it had said the same last, as far as was known. What
    takes a merge back is new where anybody had said it."""
    elsewhere = {(one.former_id, one.user_id) for one in (*before, *told) if one.of == PART and one.id != one.former_id}
    by_former: dict[_Whose, list[Said]] = {}
    for one in before:
        by_former.setdefault(_whose(one), []).append(one)
    for one in sorted(told, key=lambda each: each.order):
        every = by_former.setdefault(_whose(one), [])
        mine = [each for each in every if one.id == one.former_id or each.source == one.source]
        last = max((each for each in mine if each.known_at <= one.known_at), key=lambda each: each.order, default=None)
        as_ever = None if (one.former_id, one.user_id) in elsewhere else one.former_id
        if one.id != (last.id if last else as_ever):
            every.append(one)
            yield one


_Whose = tuple[str, str, str, datetime | None]


def _whose(one: Said) -> _Whose:
    """What statements are about, of which the last counts: an id; of a part each moment by itself."""
    return one.of, one.former_id, one.user_id, one.at if one.of == PART else None


def changed(before: Sequence[Said], told: Sequence[Said], now: datetime) -> Iterator[Said]:
    """What a source says anew by telling all of its merges: those that it tells no longer are taken back, and those
    that it took back before and tells again count again."""
    if not told:
        return
    mine, named = (told[0].source, told[0].of), {_whose(one): one for one in told}
    newest: dict[_Whose, Said] = {}
    for one in sorted(before, key=lambda each: each.order):
        if (one.source, one.of) == mine:
            newest[_whose(one)] = one
    for whose, one in newest.items():
        is_back, again = one.id == one.former_id, named.get(whose)
        if again is None and not is_back:
            at = one.at if one.of == PART else now
            yield replace(one, id=one.former_id, at=at, known_at=now, said=now)
        elif again is not None and is_back and again.id != again.former_id and again.known_at <= one.known_at:
            yield replace(again, known_at=now)


def contradiction(was: Said, one: Said) -> str:
    """What is told of a merge that no longer counts; of people no ids are named."""
    if one.id == one.former_id:
        of = "one person" if one.of == "user" else f"account {one.former_id}"
        into = "" if one.of == "user" else f" into {was.id}"
        return f"{of} was merged{into}, says {was.source}; {one.source} takes it back: history is apart again"
    if one.of == "user":
        return f"one person has another id by {one.source} than by {was.source}; what was known last counts"
    return (
        f"account {was.former_id} was merged into {was.id}, says {was.source}; {one.source} says that {one.former_id} "
        f"was merged into {one.id}: what was known last counts"
    )


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
    found = store.connect().execute(f"SELECT * FROM {store.files([manifest.merges])}")
    names = [name for name, *_ in found.description or ()]  # a file of before has fewer
    return [Said(**dict(zip(names, row, strict=True))) for row in found.fetchall()]


def ids_known(store: UsageStore, manifest: Manifest, by: datetime) -> FormerIds:
    """Which former ids stand for which, as it is known at a moment."""
    return former_ids(merges_said(store, manifest), by) if manifest.merges else NOBODY


def ids_and_parts(store: UsageStore, manifest: Manifest, by: datetime) -> tuple[FormerIds, Parted]:
    """The same, and which accounts were split."""
    said = merges_said(store, manifest)
    ids = former_ids(said, by)
    return ids, parted(said, by, ids)


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


__all__ = [
    "Added",
    "accounts_of_records",
    "add_merges",
    "add_said",
    "changed",
    "contradiction",
    "ids_and_parts",
    "ids_known",
    "merges_said",
    "save_merges",
]
