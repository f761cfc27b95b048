"""Facts with their history: what each source said of each account and person, and since when it was so.

Only changes are kept. A value holds from `since` until the next one. `since` is when the source says it became so (a
record that was last modified in January has had its present values since January), never earlier than the last pull
that saw another value. A source that knows the past may give several values of one fact, each with its moment.

That a field was answered and empty is kept, too: as NULL. What a source does not tell any more has a mark (marks.py);
what makes one is in answers.py.
"""

from __future__ import annotations

import json
import math
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import duckdb
import pyarrow as pa

from expansion.contract import CohortMembers, FactRecord
from expansion.private_files import private_folder, settle, sync
from expansion.usage.forms.duck import one, quote
from expansion.usage.identity.former_ids import former_ids
from expansion.usage.identity.members import user_accounts_sql
from expansion.usage.identity.merges import merges_said
from expansion.usage.identity.renamed_facts import renamed_facts
from expansion.usage.identity.renaming import Renaming
from expansion.usage.storage import manifest as manifests
from expansion.usage.storage.answers import NEWEST_VALUE, REMOTE_ID, Answer, Full, Row
from expansion.usage.storage.fact_relations import NOBODY, files_of, known_facts
from expansion.usage.storage.forgotten import forgotten_people
from expansion.usage.storage.manifest import FactFile, Manifest
from expansion.usage.storage.marks import mark, unmarked
from expansion.usage.storage.store import UsageStore

COHORT = NOBODY  # whether a cohort itself is there
FACT_COLUMNS = "source, field, account_id, user_id, value, since, seen_at"

_SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("source", "field", "account_id", "user_id", "value")]
    + [("since", pa.timestamp("us")), ("seen_at", pa.timestamp("us"))]
)


def facts_sql(store: UsageStore, manifest: Manifest) -> str:
    """SQL for all that was ever said, oldest and newest, a value a row; see fact_relations.py."""
    return known_facts(store, manifest).changes()


def _changes_sql(store: UsageStore, manifest: Manifest) -> str:
    """SQL for all changes that pulls found."""
    if files := files_of(manifest, "changes"):
        return store.files(file.file for file in files)
    types = {"since": "TIMESTAMP", "seen_at": "TIMESTAMP"}
    nothing = ", ".join(f"NULL::{types.get(name, 'VARCHAR')} AS {name}" for name in FACT_COLUMNS.split(", "))
    return f"(SELECT {nothing} WHERE false)"


def add_facts(
    store: UsageStore,
    source: str,
    records: Iterable[FactRecord],
    pulled_at: datetime,
    *,
    asked: Sequence[str] = (),
    full: Full | None = None,
    pushed: bool = False,
) -> int:
    """Store what changed. All records are read before anything is stored: half a pull would look like missing values.

    `asked` are the fields that the source was asked for: one that other records have, and a record has not, is empty
    there. Where the answer is `full`, what was known of records that it does not hold ends. What was `pushed` knows the
    moment of each value, and may come late. Returns how many changes were new.
    """
    listed = forgotten_people(store.root)
    known = (record for each in records if (record := listed.fact(each))) if listed else records
    answer = Answer(source, naive(pulled_at), tuple(asked), full)
    rows = answer.rows(list(known), as_text)
    with manifests.writing(store.root):
        return _add(store, source, rows, pulled_at, answer, pushed=pushed)


def add_cohort(store: UsageStore, members: CohortMembers, pulled_at: datetime) -> int:
    """Store who joined and who left a cohort that another system keeps."""
    field, now = cohort_field(members.name), naive(pulled_at)
    with manifests.writing(store.root):
        known = _members(store, members.source, field)
        left = () if members.less else known
        states = dict.fromkeys(left, "false") | dict.fromkeys(members.account_ids, "true")
        if COHORT in known:
            states[COHORT] = "true"  # it is there again
        rows: list[Row] = [
            (members.source, field, account, "", state, now, now) for account, state in sorted(states.items())
        ]
        return _add(store, cohort_key(members.source, members.name), rows, pulled_at)


def end_cohort(store: UsageStore, source: str, name: str, at: datetime) -> int:
    """Note that a system has no such cohort any more: of no account can anybody tell whether it would be in it."""
    field, now, key = cohort_field(name), naive(at), cohort_key(source, name)
    with manifests.writing(store.root):
        if key not in store.manifest().pulls:
            return 0
        return _add(store, key, [(source, field, COHORT, "", mark("no cohort"), now, now)], at)


def cohort_is_as_it_was(store: UsageStore, source: str, name: str, at: datetime) -> None:
    """Note that a system was asked for a cohort, and said that it is the same as at the pull before."""
    with manifests.writing(store.root):
        manifests.save(store.root, store.manifest().with_pull(cohort_key(source, name), at.astimezone(UTC)))


def add_changes(store: UsageStore, told: list[Row]) -> int:
    """Store what a source pushed of records, as it was told: it knows the moment of each change. Nothing is taken for
    repeated but the very same, so that no order plays a part; and the source was not asked. How much was new."""
    with manifests.writing(store.root):
        manifest, con = store.manifest(), store.connect()
        con.register("told", pa.table([list(column) for column in zip(*told, strict=True)] or [[]] * 7, schema=_SCHEMA))
        same = " AND ".join(
            f"t.{name} IS NOT DISTINCT FROM k.{name}" for name in (*_KEYS.split(", "), "value", "since")
        )
        once = f"SELECT {_KEYS}, value, since, min(seen_at) AS seen_at FROM told GROUP BY ALL"
        stored = _changes_sql(store, manifest)
        con.execute(f"CREATE TEMP TABLE changed AS SELECT * FROM ({once}) AS t ANTI JOIN {stored} AS k ON {same}")
        if count := one(con, "SELECT count(*) FROM changed"):
            manifests.save(store.root, replace(manifest, facts=(*manifest.facts, _write(store, con, count))))
        return count


def _members(store: UsageStore, source: str, field: str) -> set[str]:
    """Who is in it as far as is known, and `COHORT` once it was missing."""
    were = store.connect().execute(
        f"SELECT account_id FROM {_changes_sql(store, store.manifest())} WHERE source = $1 AND field = $2 "
        f"GROUP BY account_id HAVING {NEWEST_VALUE} <> 'false'",
        [source, field],
    )
    return {account for (account,) in were.fetchall()}


def cohort_key(source: str, name: str) -> str:
    """The key under which the pulls of a cohort are noted."""
    return f"{source}:{name}"


def cohort_field(name: str) -> str:
    """The field under which membership of a cohort is kept."""
    return f"@member {name}"


def user_accounts(store: UsageStore) -> dict[str, str]:
    """The account of each person who belongs to exactly one now, by every id; for events that name no account."""
    con, manifest = store.connect(), store.manifest()
    facts, said = known_facts(store, manifest), merges_said(store, manifest)
    if not said:
        return dict(con.execute(user_accounts_sql(facts)).fetchall())
    by = max(max(one.at, one.known_at) for one in said).replace(tzinfo=UTC)
    ids = former_ids(said, by)
    facts = renamed_facts(con, facts, Renaming.on(con, ids), by)
    found: dict[str, str] = dict(con.execute(user_accounts_sql(facts)).fetchall())
    return found | {was: found[one.id] for was, one in ids.users.items() if one.id in found}


def as_text(value: Any) -> str | None:
    """A source's value as stored: text that reads back exactly. What holds nothing is none: blanks, an empty list."""
    match value:
        case None | "":
            return None
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.isoformat()
        case float():
            return str(value) if math.isfinite(value) else None
        case list() | tuple() | dict():
            return json.dumps(value, default=str) if value else None
    return unmarked(str(value)) if str(value).strip() else None


def naive(moment: datetime) -> datetime:
    """A moment as stored: UTC, without saying so."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def _add(
    store: UsageStore,
    source: str,
    rows: list[Row],
    pulled_at: datetime,
    answer: Answer | None = None,
    *,
    pushed: bool = False,
) -> int:
    manifest = store.manifest()
    con = store.connect()
    stored = _changes_sql(store, manifest)
    if answer is not None and files_of(manifest, "changes"):
        rows = [*rows, *answer.ended(con, stored, rows)]
    con.register("pulled", pa.table([list(column) for column in zip(*rows, strict=True)] or [[]] * 7, schema=_SCHEMA))
    before = manifest.pulls.get(source)
    changes = _changes(stored, naive(before.last) if before else None, pushed=pushed)
    con.execute(f"CREATE TEMP TABLE changed AS {changes}")
    count = one(con, "SELECT count(*) FROM changed")
    files = (*manifest.facts, _write(store, con, count)) if count else manifest.facts
    manifests.save(store.root, replace(manifest, facts=files).with_pull(source, pulled_at.astimezone(UTC)))
    return count


_KEYS = "source, field, account_id, user_id"


def _changes(stored: str, last_pull: datetime | None, *, pushed: bool) -> str:
    """SQL for the pulled rows that say something new.

    The newest of a key is what holds now: if the last pull saw another value, it became so after that pull. Older ones,
    and what a file knew before what is stored, are history: kept where the one before them, stored or among these, says
    otherwise. All that was pushed is history.
    """
    before = f"TIMESTAMP {quote(str(last_pull))}" if last_pull else "NULL::TIMESTAMP"
    once = f"SELECT * FROM pulled QUALIFY row_number() OVER (PARTITION BY {_KEYS}, since ORDER BY value) = 1"
    by_key = f"OVER (PARTITION BY {_KEYS} ORDER BY since"
    aged = f"SELECT *, row_number() {by_key} DESC) AS age, lag(value) {by_key}) AS earlier, "
    aged += f"lag(since) {by_key}) AS earlier_since, row_number() {by_key}) > 1 AS has_earlier FROM ({once})"
    known = f"SELECT {_KEYS}, since, {NEWEST_VALUE} AS value FROM {stored} SEMI JOIN pulled USING ({_KEYS})"
    latest = f"SELECT {_KEYS}, arg_max_null(value, since) AS value, max(since) AS since FROM known GROUP BY ALL"
    same = " AND ".join(f"p.{key} = k.{key}" for key in _KEYS.split(", "))
    is_now = "false" if pushed else "age = 1 AND p.seen_at >= l.since"

    return (
        f"WITH known AS ({known} GROUP BY ALL), latest AS ({latest}), aged AS ({aged}) "
        f"SELECT p.source, p.field, p.account_id, p.user_id, p.value, CASE WHEN {is_now} "
        f"AND p.since <= {before} THEN p.seen_at ELSE p.since END AS since, p.seen_at FROM aged p "
        f"LEFT JOIN latest l USING ({_KEYS}) ASOF LEFT JOIN known k ON {same} AND p.since >= k.since "
        f"WHERE CASE WHEN {is_now} THEN {_differs('l')} ELSE {_differs('k')} END"
    )


def _differs(before: str) -> str:
    """SQL for: a pulled row says something else than the one before it, stored (`before`) or pulled with it."""
    is_pulled = f"has_earlier AND ({before}.source IS NULL OR earlier_since >= {before}.since)"
    stored = f"{before}.source IS NULL OR p.value IS DISTINCT FROM {before}.value"
    return f"CASE WHEN {is_pulled} THEN p.value IS DISTINCT FROM earlier ELSE {stored} END"


def _write(store: UsageStore, con: duckdb.DuckDBPyConnection, rows: int) -> FactFile:
    folder = private_folder(store.root / "facts")
    path = folder / f"{uuid.uuid4().hex[:16]}.parquet"
    con.execute(f"COPY changed TO {quote(str(path))} (FORMAT parquet, COMPRESSION zstd)")
    settle(path)
    sync(folder)
    return FactFile(f"facts/{path.name}", rows)


__all__ = [
    "COHORT",
    "FACT_COLUMNS",
    "REMOTE_ID",
    "add_changes",
    "add_cohort",
    "add_facts",
    "as_text",
    "cohort_field",
    "cohort_is_as_it_was",
    "cohort_key",
    "end_cohort",
    "facts_sql",
    "naive",
    "user_accounts",
]
