"""What files and tables say of facts, kept as it was said: nothing is overwritten, and no order of imports matters.

A row is a statement: from `since` on (until `until`, where it says so) these are the values of its account or person,
as was known from `known` on; `said` is the moment of the import. Which of them holds is asked when they are read, see
fact_relations.py. Left out is what says nothing: a row that repeats what was said last of the very same `since` and
`known`. Two rows of one import that contradict each other leave a mark.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from expansion.private_files import private_folder, settle, sync
from expansion.usage.forgetting import facts_without_forgotten
from expansion.usage.forms.duck import one, quote
from expansion.usage.forms.properties import column_of
from expansion.usage.said_before import Batch, Earlier, Held, held_before
from expansion.usage.storage import manifest as manifests
from expansion.usage.storage.fact_relations import NOBODY, STATEMENT, known_facts, stored
from expansion.usage.storage.manifest import FactFile, FactKind, Manifest
from expansion.usage.storage.store import UsageStore

# Read again and again, by a few of its columns: half as large again as with zstd, and faster to write and to read.
WIDE = "(FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE 122880)"
_KEYS = ("account_id", "user_id")
_MEMORY = 300_000_000  # bytes


def add_statements(
    store: UsageStore,
    con: duckdb.DuckDBPyConnection,
    relation: str,
    source: str,
    fields: Sequence[str],
    now: datetime,
    *,
    complete: bool = False,
) -> int:
    """Store what the rows of `relation` say. Returns how many values were new: not what held before at their moment.

    It gives account_id, user_id ('' for facts of accounts), since, until (or NULL), known, all as stored, and a text
    for each field in `column_of(field)`: NULL says that there is none, a mark that nobody knows. A row of an account,
    or person, differs from every other in `since` or `known`. Where it is `complete`, its rows of one `since` are all
    there were: of others nothing is known from then on.
    """
    names = tuple(sorted(dict.fromkeys(fields)))
    columns = [column_of(name) for name in names]
    known = facts_without_forgotten(store, con, relation, columns)
    with manifests.writing(store.root), _bounded(con):
        adding = _Adding(store, con, source, names, now, _KEYS, tuple(columns), "wide", complete)
        return adding.add(f"SELECT account_id, user_id, since, until, known, {', '.join(columns)} FROM ({known})")


def add_named_statements(
    store: UsageStore, con: duckdb.DuckDBPyConnection, relation: str, source: str, now: datetime
) -> int:
    """Store what the rows of a long table say, each of one field: with `field` and `value` in place of the columns of
    fields, see add_statements.
    """
    known = facts_without_forgotten(store, con, relation, ["value"], also=["field"])
    with manifests.writing(store.root), _bounded(con):
        adding = _Adding(store, con, source, (), now, (*_KEYS, "field"), ("value",), "named", complete=False)
        return adding.add(f"SELECT account_id, user_id, field, since, until, known, value FROM ({known})")


@contextmanager
def _bounded(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """To put 36 million values in order takes 1.3 GB, or a third more time and the disk (measured)."""
    ((before, most),) = con.execute(
        f"SELECT current_setting('memory_limit'), greatest(1, least(parse_formatted_bytes("
        f"current_setting('memory_limit')), {_MEMORY}))"
    ).fetchall()
    con.execute(f"SET memory_limit = '{most} bytes'")
    try:
        yield
    finally:
        con.execute(f"SET memory_limit = {quote(before)}")


@dataclass(frozen=True)
class _Adding:
    store: UsageStore
    con: duckdb.DuckDBPyConnection
    source: str
    fields: tuple[str, ...]
    now: datetime
    keys: tuple[str, ...]
    cells: tuple[str, ...]
    kind: FactKind
    complete: bool

    def add(self, rows: str) -> int:
        folder, name = private_folder(self.store.root / "facts"), uuid.uuid4().hex[:16]
        staged, path = folder / f"{name}.staged", folder / f"{name}.parquet"
        try:
            self._stage(rows, staged)
            batch = self._batch(staged)
            manifest = self.store.manifest().with_pull(self.source, self._pulled(batch))
            if not batch.rows:
                manifests.save(self.store.root, manifest)
                return 0
            earlier = self._earlier(manifest, batch)
            file, new = self._settled(batch, earlier, staged, path)
            if file is not None:
                sync(folder)
                manifest = replace(manifest, facts=(*manifest.facts, file))
            manifests.save(self.store.root, manifest)
            return new
        finally:
            staged.unlink(missing_ok=True)

    @property
    def _said(self) -> datetime:
        """The moment of the import, without microseconds: they tell apart what it says of one moment."""
        return self.now.replace(microsecond=self.now.microsecond // 1000 * 1000)

    def _stage(self, rows: str, staged: Path) -> None:
        cells = ", ".join(self.cells)
        said = (
            f"SELECT {', '.join(self.keys)}, since, until, known, {stored(self._said)} AS said, {cells} FROM ({rows})"
        )
        if self.complete:
            nobody = ", ".join(f"NULL::VARCHAR AS {cell}" for cell in self.cells)
            said += (
                f" UNION ALL SELECT '{NOBODY}', '', since, NULL, min(known), {stored(self._said)}, {nobody} "
                f"FROM ({rows}) GROUP BY since"
            )
        self.con.execute(f"COPY ({said} ORDER BY account_id, since) TO {quote(str(staged))} {WIDE}")

    def _batch(self, staged: Path) -> Batch:
        relation = f"read_parquet({quote(str(staged))})"
        ((rows, first, last, known, ends, people, plain),) = self.con.execute(
            "SELECT count(*), min(since), max(since), max(known), coalesce(bool_or(until IS NOT NULL), false), "
            "coalesce(bool_or(user_id <> ''), false), coalesce(bool_and(known = since), true) "
            f"FROM {relation} WHERE account_id <> '{NOBODY}'"
        ).fetchall()
        if (
            people
            and self.kind == "wide"
            and one(self.con, f"SELECT count(*) FROM {relation} WHERE account_id <> '{NOBODY}' AND user_id = ''")
        ):
            raise ValueError("one relation of statements tells of accounts or of people, not of both")
        return Batch(relation, self.keys, self.cells, self._said, rows, first, last, known, ends, people, plain)

    def _pulled(self, batch: Batch) -> datetime:
        newest = batch.last.replace(tzinfo=UTC) if batch.rows else self.now
        return min(self.now.astimezone(UTC), newest)

    def _earlier(self, manifest: Manifest, batch: Batch) -> list[Earlier]:
        """What was said before of the same fields, and may be of the same moments or hold at them."""
        until = str(batch.last)
        some = [file for file in manifest.facts if file.source == self.source and file.first <= until]
        return [
            part
            for file in some
            if file.kind == "named" or file.of_people == batch.of_people or self.kind == "named"
            for part in self._parts(file)
        ]

    def _parts(self, file: FactFile) -> list[Earlier]:
        relation, ends = self.store.files([file.file]), (file.first, file.last)
        common = [name for name in file.fields if name in self.fields]
        match file.kind, self.kind:
            case "wide", "wide":
                cells = tuple(column_of(name) for name in common)
                return [Earlier(file.layout, relation, cells, *ends, file.is_plain)] if cells else []
            case "named", "wide":
                keyed = "account_id, user_id, since, until, seen_at AS known, said"
                return [
                    Earlier(
                        ("named", name),
                        f"(SELECT {keyed}, value AS {column_of(name)} FROM {relation} WHERE field = {quote(name)})",
                        (column_of(name),),
                        *ends,
                    )
                    for name in common
                ]
            case "named", "named":
                return [Earlier(file.layout, f"(SELECT *, seen_at AS known FROM {relation})", ("value",), *ends)]
        long = " UNION ALL ".join(
            f"SELECT {STATEMENT}, {quote(name)} AS field, {column_of(name)} AS value FROM {relation}"
            for name in file.fields
        )
        return [Earlier(file.layout, f"({long})", ("value",), *ends)] if long else []

    def _settled(
        self, batch: Batch, earlier: Sequence[Earlier], staged: Path, path: Path
    ) -> tuple[FactFile | None, int]:
        """The file, on disk for good, without what says nothing (None where nothing is left); and how many were new."""
        new, rows = batch.rows * len(self.cells), batch.rows
        rewritten = self.kind == "named"
        if earlier:
            held = self._kept(batch, earlier, held_before(self.con, batch, earlier))
            new = held.count_new()
            rewritten = rewritten or held.says_less()
            if rewritten:
                self._write(held.rows(), path)
        elif rewritten:
            self._write(f"SELECT * FROM {batch.relation}", path)
        if rewritten:
            rows = one(self.con, f"SELECT count(*) FROM read_parquet({quote(str(path))})")
            if not rows:
                path.unlink()
                return None, new
        else:
            staged.replace(path)
        settle(path)
        return self._described(batch, path, rows), new

    def _write(self, rows: str, path: Path) -> None:
        if self.kind == "named":
            columns = "field, account_id, user_id, value, since, known AS seen_at, until, said"
            rows = f"SELECT {quote(self.source)} AS source, {columns} FROM ({rows}) ORDER BY account_id, field, since"
        else:
            rows = f"SELECT {STATEMENT}, {', '.join(self.cells)} FROM ({rows}) ORDER BY account_id, since"
        self.con.execute(f"COPY ({rows}) TO {quote(str(path))} {WIDE}")

    def _kept(self, batch: Batch, earlier: Sequence[Earlier], held: Held) -> Held:
        """Rows that say what others may be known by are kept, also where they say nothing new themselves."""
        facts = known_facts(self.store, self.store.manifest())
        if self.complete:
            held = replace(held, keep=f"since IN ({self._snapshots_kept(batch, earlier)})")
        elif snapshots := facts.snapshots():  # what one of them ended is there again
            mine = f"source = {quote(self.source)} AND of_people = {batch.of_people}"
            held = replace(held, keep=f"(since, known) IN (SELECT since, known FROM ({snapshots}) WHERE {mine})")
        if batch.of_people:
            kept = self._people_kept(facts.people(), held)
            held = replace(held, keep=f"{held.keep} OR (user_id, since, known) IN ({kept})")
        return held

    def _people_kept(self, people: str | None, held: Held) -> str:
        """SQL for the moments of people who are named under other accounts than before, or of whom something is new:
        the accounts that one import names count together.
        """
        accounts = "list_sort(list(DISTINCT account_id)) AS accounts"
        now = f"SELECT user_id, since, known, bool_or(says) AS says, {accounts} FROM ({held.saying()}) GROUP BY ALL"
        if people is None:
            return f"SELECT user_id, since, known FROM ({now})"
        mine = f"SELECT * FROM {people} SEMI JOIN now USING (user_id, since, known) WHERE source = {quote(self.source)}"
        last = f"SELECT * FROM ({mine}) QUALIFY said = max(said) OVER (PARTITION BY user_id, since, known)"
        return (
            f"WITH now AS ({now}), last AS (SELECT user_id, since, known, {accounts} FROM ({last}) GROUP BY ALL) "
            "SELECT user_id, since, known FROM now LEFT JOIN last USING (user_id, since, known) "
            "WHERE says OR now.accounts IS DISTINCT FROM last.accounts"
        )

    def _snapshots_kept(self, batch: Batch, earlier: Sequence[Earlier]) -> str:
        """SQL for the moments of snapshots whose set of accounts is another one than before, or new."""
        layout = ("wide", self.source, self.fields, batch.of_people, True)
        before = " UNION ALL ".join(f"SELECT * FROM {part.relation}" for part in earlier if part.layout == layout)
        if not before:
            return f"SELECT since FROM {batch.relation}"
        whose = "since, account_id, user_id"
        now = f"SELECT {whose} FROM {batch.relation} WHERE account_id <> '{NOBODY}'"
        last = (
            "SELECT since, known, max(b.said) AS said FROM before AS b "
            f"SEMI JOIN (SELECT since, known FROM {batch.relation} WHERE account_id = '{NOBODY}') AS n "
            f"ON b.since = n.since AND b.known = n.known WHERE account_id = '{NOBODY}' GROUP BY ALL"
        )
        there = (
            f"SELECT DISTINCT b.since, account_id, user_id FROM before AS b JOIN last ON b.since = last.since "
            f"AND (b.known, b.said) >= (last.known, last.said) WHERE account_id <> '{NOBODY}'"
        )
        return (
            f"WITH before AS ({before}), last AS ({last}), now AS ({now}), there AS ({there}) "
            f"SELECT since FROM (FROM now EXCEPT FROM there) UNION SELECT since FROM (FROM there EXCEPT FROM now) "
            f"UNION SELECT since FROM now WHERE since NOT IN (SELECT since FROM last)"
        )

    def _described(self, batch: Batch, path: Path, rows: int) -> FactFile:
        return FactFile(
            f"facts/{path.name}",
            rows,
            self.kind,
            self.source,
            self._fields_in(path),
            self.kind == "wide" and batch.of_people,
            self.complete,
            batch.ends,
            self.kind == "wide" and batch.is_plain,
            str(batch.first),
            str(batch.last),
        )

    def _fields_in(self, path: Path) -> tuple[str, ...]:
        if self.kind == "wide":
            return self.fields
        found = self.con.execute(f"SELECT DISTINCT field FROM read_parquet({quote(str(path))}) ORDER BY 1").fetchall()
        return tuple(name for (name,) in found)


__all__ = ["WIDE", "add_named_statements", "add_statements"]
