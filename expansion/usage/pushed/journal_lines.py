"""What was pushed, as lines of a journal: a JSON object each, of which `row` says what it is; an event has none."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from types import UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import orjson

from expansion.contract import Arrived, Aside, CohortPush, EventRow, FactRecord, Merge, Outcome

T = TypeVar("T", bound=Arrived)

_KINDS: dict[str, type[Arrived]] = {
    "event": EventRow,
    "fact": FactRecord,
    "cohort": CohortPush,
    "outcome": Outcome,
    "merge": Merge,
    "aside": Aside,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}
_LINE = orjson.OPT_APPEND_NEWLINE | orjson.OPT_NON_STR_KEYS


def lines_of(rows: Iterable[Arrived]) -> bytes:
    """The lines of some rows."""
    return b"".join(map(_line, rows))


def _line(row: Arrived) -> bytes:
    try:
        if isinstance(row, EventRow):
            return orjson.dumps(row, default=_plain, option=_LINE)
        return orjson.dumps({"row": _NAMES[type(row)], **vars(row)}, default=_plain, option=_LINE)
    except (TypeError, orjson.JSONEncodeError):  # an integer of more than 64 bits, half a surrogate
        kind = {} if isinstance(row, EventRow) else {"row": _NAMES[type(row)]}
        return json.dumps({**kind, **asdict(row)}, default=_plain, separators=(",", ":")).encode() + b"\n"


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, frozenset | set) else str(value)


def rows_of(path: Path, kind: type[T] | None = None) -> Iterator[T]:
    """The rows of a file, or those of one kind; half a line was never acknowledged, and is left out."""
    with path.open("rb") as lines:  # parted at line ends alone: a text may hold other signs that part lines
        for line in lines:
            if kind is not None and not _is_of(line, kind):
                continue  # most lines are events, which take longest to read
            if (row := _row(line)) is not None:
                yield cast("T", row)


def _is_of(line: bytes, kind: type[Any]) -> bool:
    if kind is EventRow:
        return not line.startswith(b'{"row":')
    return line.startswith(b'{"row":"%s"' % _NAMES[kind].encode())


def _row(line: bytes) -> Arrived | None:
    try:
        raw = _read(line)
        kind = _KINDS[raw.pop("row", "event")]
        return kind(**raw) if kind is EventRow else _of_kind(kind, raw)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _read(line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return json.loads(line.decode("utf-8", "replace"))


def _of_kind(kind: type[Arrived], raw: dict[str, Any]) -> Arrived:
    """A row with its moments, amounts and sets, which JSON does not know."""
    types = get_type_hints(kind)
    return kind(**{one.name: _typed(raw[one.name], types[one.name]) for one in fields(kind) if one.name in raw})


def _typed(value: Any, kind: Any) -> Any:
    if value is None:
        return None
    kinds = get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)
    if datetime in kinds:
        return datetime.fromisoformat(value)
    if Decimal in kinds:
        return Decimal(value)
    return frozenset(value) if any(get_origin(one) is frozenset for one in kinds) else value


def parted(rows: Iterable[T], most: int) -> Iterator[Sequence[T]]:
    """So many rows at a time."""
    left = iter(rows)
    while some := list(islice(left, most)):
        yield some
