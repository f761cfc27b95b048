"""Files, as they come, as rows that SQL can read."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow as pa

from expansion.files.read.avro_plans import avro_plan
from expansion.files.read.bounds import BLOCK, MOST_TOGETHER, TOGETHER
from expansion.files.read.csv_layout import NoLayout
from expansion.files.read.found import FoundFile
from expansion.files.read.orc_plans import orc_plan
from expansion.files.read.parquet_plans import ParquetPlans, parquet_relation, parquet_rows
from expansion.files.read.plans import Plan
from expansion.files.read.row_batches import RowBatches, schema_of
from expansion.files.read.rows import Rows, Unusable
from expansion.files.read.sheet_plans import sheet_plan
from expansion.files.read.text_plans import csv_plan, json_plan
from expansion.files.read.whole import Whole, whole
from expansion.files.read.words import ReadWords
from expansion.usage.forms.duck import quote, quote_list

__all__ = ["ReadWords", "Rows", "Unusable", "reading"]


def reading(
    con: duckdb.DuckDBPyConnection, files: Sequence[FoundFile], words: ReadWords, scratch: Path, *, block: int = BLOCK
) -> Iterator[Rows | Unusable]:
    """The rows of files: those that are laid out alike and follow each other as one; and the files that give none.

    A relation can be read until the next one is asked for.
    """
    together: list[Plan] = []
    size = 0
    try:
        for plan in plans(con, files, words, scratch, block):
            if isinstance(plan, Unusable):
                yield plan
                continue
            size += plan.whole.stamp[0]
            if together and not (_alike(plan, together[0]) and size <= TOGETHER and len(together) < MOST_TOGETHER):
                yield from given(con, together)
                together, size = [], plan.whole.stamp[0]
            together.append(plan)
        yield from given(con, together)
    finally:
        for plan in together:
            plan.whole.gone()


def plans(
    con: duckdb.DuckDBPyConnection,
    files: Sequence[FoundFile],
    words: ReadWords,
    scratch: Path,
    block: int,
    beginning: int | None = None,
) -> Iterator[Plan | Unusable]:
    """How each file is to be read, or why it cannot be; of a packed text no more than its `beginning` is unpacked."""
    tables = ParquetPlans(con)
    for file in files:
        for each in whole(file, scratch, beginning):
            if isinstance(each, Unusable):
                yield each
                continue
            try:
                yield _plan(con, each, words, tables, block)
            except NoLayout as error:
                each.gone()
                yield Unusable(each.file, f"{each.file.name}: {error}")
            except OSError as error:
                each.gone()
                yield Unusable(each.file, _unread(each, error))


def _plan(con: duckdb.DuckDBPyConnection, each: Whole, words: ReadWords, tables: ParquetPlans, block: int) -> Plan:
    match each.kind:
        case "text":
            return csv_plan(each, words, block)
        case "json":
            return json_plan(each, words, block)
        case "parquet":
            return tables.plan(each)
        case "xlsx":
            return sheet_plan(each, words)
        case "avro":
            return avro_plan(each)
    return orc_plan(con, each)


def _alike(one: Plan, other: Plan) -> bool:
    return one.key == other.key and set(one.whole.file.parts) == set(other.whole.file.parts)


def given(con: duckdb.DuckDBPyConnection, plans: Sequence[Plan]) -> Iterator[Rows | Unusable]:
    """The rows of files that are laid out alike; their working copies go when the next is asked for."""
    if not plans:
        return
    counted: dict[int, int] = dict.fromkeys(range(len(plans)), 0)
    problems: dict[int, str] = {}
    damage: list[str] = []

    def damaged(error: Exception) -> bool:
        if plans[0].batches is None and any(str(plan.whole.path) in str(error) for plan in plans):
            damage.append(" ".join(str(error).split())[:200])
        return bool(damage)

    try:
        with _relation(con, plans, counted, problems) as relation:
            yield replace(_with_parts(relation, plans, counted, problems), damaged=damaged)
        if damage and len(plans) == 1:
            file = plans[0].whole.file
            yield Unusable(file, f"{file.name}: is damaged ({damage[0]}); fetch or write the file again")
        elif damage:
            for plan in plans:
                yield from given(con, [plan])
    finally:
        for plan in plans:
            plan.whole.gone()


@contextmanager
def _relation(
    con: duckdb.DuckDBPyConnection,
    plans: Sequence[Plan],
    counted: MutableMapping[int, int],
    problems: MutableMapping[int, str],
) -> Iterator[str]:
    if plans[0].batches is None:
        counted.update({at: parquet_rows(plan.whole) for at, plan in enumerate(plans)})
        yield parquet_relation([plan.whole for plan in plans], plans[0].columns or ())
        return
    schema = schema_of(plans[0].cells)
    name = f"files_{uuid.uuid4().hex[:12]}"
    con.register(name, Stream(pa.RecordBatchReader.from_batches(schema, _batches(plans, schema, counted, problems))))
    try:
        yield f"SELECT * FROM {name}" if plans[0].columns is not None else _valid_json(name)
    finally:
        con.unregister(name)


class Stream:
    """A reader as DuckDB takes it without a scanner between, which would read ahead."""

    def __init__(self, reader: pa.RecordBatchReader) -> None:
        self._reader = reader

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._reader.__arrow_c_stream__(requested_schema)


def _batches(
    plans: Sequence[Plan], schema: pa.Schema, counted: MutableMapping[int, int], problems: MutableMapping[int, str]
) -> Iterator[pa.RecordBatch]:
    for at, plan in enumerate(plans):
        assert plan.batches is not None
        try:
            yield from plan.batches(RowBatches(schema, at, counted))
        except (OSError, pa.ArrowException) as error:
            problems[at] = _unread(plan.whole, error)


def _valid_json(name: str) -> str:
    """Whether a text is JSON is told by who reads it; that it is no more than an object is told before."""
    valid = "broken IS NULL AND json_valid(row)"
    return (
        f"SELECT file, line, CASE WHEN NOT good THEN coalesce(broken, 'not valid JSON') END AS broken, "
        f"CASE WHEN NOT good THEN coalesce(text, rtrim(row, chr(10) || chr(13))) END AS text, "
        f"CASE WHEN good THEN row END AS row FROM (SELECT *, {valid} AS good FROM {name})"
    )


def _with_parts(relation: str, plans: Sequence[Plan], counted: Mapping[int, int], problems: Mapping[int, str]) -> Rows:
    """The rows, with the columns that the files' folders name, unless the files have them."""
    first, files = plans[0], tuple(plan.whole.file for plan in plans)
    columns = first.columns

    def told() -> dict[int, str]:
        changed = ((at, plan.whole.changed()) for at, plan in enumerate(plans) if not plan.whole.staged)
        return {**{at: sentence for at, sentence in changed if sentence}, **problems}

    parts = [part for part in files[0].parts if columns is None or part not in columns]
    if parts:
        relation = _parts(relation, parts, files, None if columns is None else len(columns))
        columns = None if columns is None else (*columns, *parts)
    return Rows(relation, files, columns, first.types, lambda: counted, told)


def _parts(relation: str, parts: Sequence[str], files: Sequence[FoundFile], width: int | None) -> str:
    values = {part: f"[{quote_list(file.parts[part] for file in files)}][file + 1]" for part in parts}
    if width is not None:
        added = "".join(f", {value} AS c{width + at}" for at, value in enumerate(values.values()))
        return f"SELECT *{added} FROM ({relation})"
    whole = ", ".join(f"{quote(part)}, {value}" for part, value in values.items())
    return f"SELECT * REPLACE (json_merge_patch(json_object({whole}), row)::VARCHAR AS row) FROM ({relation})"


def _unread(each: Whole, error: Exception) -> str:
    return f"{each.file.name}: cannot be read to its end ({error}); fetch or write the file again"
