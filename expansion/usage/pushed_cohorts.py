"""Who is in cohorts that other systems push: people, with the moment at which each came in or left.

What was told is kept as it was told, a person a row, so that neither the order in which it arrives nor a repeat plays a
part. At a moment that counts which was told of the last one before it. Where all who are in a cohort were told, whoever
is not among them is out from then on. Which accounts that means is asked when it is read: an account is in a cohort
while one of its people is.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import duckdb
import pyarrow as pa

from expansion.contract import CohortPush
from expansion.private_files import private_folder, settle, sync
from expansion.usage.facts import cohort_field, cohort_key, naive
from expansion.usage.forms.duck import one, quote
from expansion.usage.identity.members import members_sql
from expansion.usage.identity.renaming import Renaming
from expansion.usage.storage import manifest as manifests
from expansion.usage.storage.fact_relations import CHANGES, FactRelations, files_of, stored
from expansion.usage.storage.manifest import FactFile, Manifest
from expansion.usage.storage.store import UsageStore

_WHOLE = ""  # the person of a row that says: all who are in it were told
_TABLE = "pushed_members"
_SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("source", "field", "account_id", "user_id", "value")]
    + [("since", pa.timestamp("us")), ("seen_at", pa.timestamp("us"))]
)

_Row = tuple[str, str, str, str, str, datetime, datetime]  # as in _SCHEMA; no account is told


def add_pushes(store: UsageStore, pushes: Sequence[CohortPush]) -> int:
    """Store what was told; how much of it was new. All pages of a session that tells the whole come together."""
    rows = [row for push in pushes for row in _rows(push)]
    with manifests.writing(store.root):
        manifest, con = store.manifest(), store.connect()
        con.register("told", pa.table([list(column) for column in zip(*rows, strict=True)] or [[]] * 7, schema=_SCHEMA))
        con.execute(f"CREATE OR REPLACE TEMP TABLE new_members AS {_new(store, manifest)}")
        if count := one(con, "SELECT count(*) FROM new_members"):
            manifest = replace(manifest, facts=(*manifest.facts, _write(store, con, count)))
        manifests.save(store.root, _noted(manifest, pushes))
        return count


def _rows(push: CohortPush) -> Iterator[_Row]:
    seen = naive(push.known_at)
    since = min(naive(push.at), seen)
    people = dict.fromkeys(push.left, "false") | dict.fromkeys(push.joined, "true")
    if push.whole:
        people[_WHOLE] = "true"
    for user, is_in in sorted(people.items()):
        yield push.source, cohort_field(push.name), "", user, is_in, since, seen


def _new(store: UsageStore, manifest: Manifest) -> str:
    """SQL for what was not told of the same moment before."""
    once = "SELECT * REPLACE (min(seen_at) AS seen_at) FROM told GROUP BY ALL"
    if not (told := told_sql(store, manifest)):
        return once
    return f"SELECT * FROM ({once}) ANTI JOIN {told} AS t USING (source, field, user_id, value, since)"


def _write(store: UsageStore, con: duckdb.DuckDBPyConnection, rows: int) -> FactFile:
    folder = private_folder(store.root / "facts")
    path = folder / f"{uuid.uuid4().hex[:16]}.parquet"
    con.execute(f"COPY new_members TO {quote(str(path))} (FORMAT parquet, COMPRESSION zstd)")
    settle(path)
    sync(folder)
    return FactFile(f"facts/{path.name}", rows, "pushed")


def _noted(manifest: Manifest, pushes: Sequence[CohortPush]) -> Manifest:
    """Since when it is known who is in each cohort, and who is not."""
    for push in pushes:
        if push.whole or not push.session:
            manifest = manifest.with_pull(cohort_key(push.source, push.name), push.known_at.astimezone(UTC))
    return manifest


def told_sql(store: UsageStore, manifest: Manifest) -> str:
    """SQL for all that was told of people in pushed cohorts; "" where nothing was."""
    files = files_of(manifest, "pushed")
    return store.files(file.file for file in files) if files else ""


# --- read -------------------------------------------------------------------------------------------------------------


def with_pushed_cohorts(
    con: duckdb.DuckDBPyConnection, facts: FactRelations, told: str, renaming: Renaming, by: datetime | None
) -> FactRelations:
    """The facts, and for each pushed cohort since when each account is in it or out; `by`: as it is known then."""
    if not told:
        return facts
    con.execute(f"CREATE OR REPLACE TEMP TABLE {_TABLE} AS {_accounts(facts, renaming.rows(told), by)}")
    return replace(facts, pulled=f"(SELECT {CHANGES} FROM {facts.pulled} UNION ALL SELECT {CHANGES} FROM {_TABLE})")


def _accounts(facts: FactRelations, told: str, by: datetime | None) -> str:
    """SQL with CHANGES: how many people of each account are in a cohort, moment by moment, as a yes or a no."""
    key = "source, field, account_id"
    steps = " UNION ALL ".join(
        f"SELECT {key}, {moment} AS moment, {step} AS step FROM spans JOIN members USING (user_id) "
        f"WHERE {moment} IS NOT NULL"
        for moment, step in (("since", 1), ("next", -1))
    )
    together = f"SELECT {key}, moment, sum(step) AS step FROM ({steps}) GROUP BY ALL"
    counts = f"SELECT *, sum(step) OVER (PARTITION BY {key} ORDER BY moment) AS people FROM ({together})"
    return (
        f"WITH {_spans(told, by)}, members AS (SELECT * FROM {members_sql(facts, by)}) "
        f"SELECT {key}, '' AS user_id, CASE WHEN people > 0 THEN 'true' ELSE 'false' END AS value, "
        f"moment AS since, moment AS seen_at, NULL::TIMESTAMP AS until, moment AS said FROM ({counts})"
    )


def _spans(told: str, by: datetime | None) -> str:
    """SQL that names `spans`: from when to when each person was in a cohort."""
    known = f" WHERE seen_at <= {stored(by)}" if by else ""
    return (
        f"told AS (SELECT * FROM {told}{known}), "
        "said AS (SELECT source, field, user_id, since, arg_max(value, (seen_at, value)) AS value "
        f"FROM told WHERE user_id <> '{_WHOLE}' GROUP BY ALL), "
        f"wholes AS (SELECT DISTINCT source, field, since FROM told WHERE user_id = '{_WHOLE}'), "
        "others AS (SELECT source, field, user_id, since, 'false' AS value FROM "
        "(SELECT DISTINCT source, field, user_id FROM said) JOIN wholes USING (source, field) "
        "ANTI JOIN said USING (source, field, user_id, since)), "
        "ordered AS (SELECT *, lead(since) OVER (PARTITION BY source, field, user_id ORDER BY since) AS next "
        "FROM (SELECT * FROM said UNION ALL SELECT * FROM others)), "
        "spans AS (SELECT * FROM ordered WHERE value = 'true')"
    )


__all__ = ["add_pushes", "told_sql", "with_pushed_cohorts"]
