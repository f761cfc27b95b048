"""Plans for Avro, whose records are handed on as JSON, since they hold others. An extra reads them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from datetime import date, datetime, time
from itertools import islice
from struct import error as struct_error
from typing import Any

import pyarrow as pa

from expansion.files.read.csv_layout import NoLayout
from expansion.files.read.plans import Plan
from expansion.files.read.row_batches import RowBatches, text_cells
from expansion.files.read.whole import Whole

_TOGETHER = 10_000  # records of a batch
_NEEDS = "is Avro, which an extra reads: pip install 'expansion-triggers[avro]'"


def avro_plan(whole: Whole) -> Plan:
    """How a file of Avro is read. Raises NoLayout where it is none, or the extra is missing."""
    try:
        import fastavro
    except ImportError as error:
        raise NoLayout(_NEEDS) from error
    damaged = f"{whole.file.name}: is no Avro that can be read"
    try:
        with whole.path.open("rb") as file:
            fastavro.reader(file)
    except Exception as error:  # whatever a damaged heading makes of it
        raise NoLayout(f"is no Avro that can be read ({error}); write it again at its source") from error

    def batches(to: RowBatches) -> Iterator[pa.RecordBatch]:
        with whole.path.open("rb") as file:
            records, done = fastavro.reader(file), 0
            try:
                while some := [_json(record) for record in islice(records, _TOGETHER)]:
                    yield to.rows(range(done + 1, done + 1 + len(some)), [pa.array(some, pa.string())])
                    done += len(some)
            except (EOFError, ValueError, IndexError, TypeError, KeyError, struct_error) as error:
                raise OSError(f"{damaged} ({error})") from error

    return Plan(whole, ("json",), None, tuple(text_cells(None)), batches, told={"kind": "avro"})


def _json(record: Any) -> str:
    try:
        return json.dumps(record, default=_plain, allow_nan=False)
    except ValueError:  # a number that JSON does not have
        return json.dumps(_without_nan(record), default=_plain)


def _plain(value: Any) -> str:
    """What JSON has no word for, as text."""
    match value:
        case datetime() | date() | time():
            return value.isoformat()
        case bytes():
            return value.decode("utf-8", "backslashreplace")
    return str(value)


def _without_nan(value: Any) -> Any:
    match value:
        case float() if not math.isfinite(value):
            return None
        case dict():
            return {key: _without_nan(each) for key, each in value.items()}
        case list():
            return [_without_nan(each) for each in value]
    return value
