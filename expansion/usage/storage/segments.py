"""Files of events as relations: which column holds which property differs from file to file."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from expansion.usage.forms.duck import quote_list
from expansion.usage.forms.properties import REST, column_of, text_in, without
from expansion.usage.storage.manifest import Segment

EVENT_COLUMNS = "event_id, event, ts, seen_at, account_id, user_id"


def listed(*parts: str) -> str:
    """Columns of SQL, those that are there."""
    return ", ".join(part for part in parts if part)


def columns_of(properties: Iterable[str]) -> str:
    return listed(*map(column_of, properties))


def files_of(root: Path, names: Iterable[str]) -> str:
    """SQL for these files of a store as one relation."""
    return f"read_parquet([{quote_list(str(root / name) for name in names)}])"


def events_of(root: Path, segments: Iterable[Segment], properties: Collection[str] = ()) -> str | None:
    """SQL for the events of these segments, with a column for each of these properties; None where are none."""
    names = sorted(properties)
    return _relation(root, ((one, [_taken(name, one.properties, rest=one.rest) for name in names]) for one in segments))


def whole_rows(root: Path, segments: Iterable[Segment], properties: Sequence[str]) -> str | None:
    """SQL for these segments' events with `whole`."""
    return _relation(root, ((one, whole(properties, one.properties, rest=one.rest)) for one in segments))


def whole(properties: Sequence[str], columns: Collection[str], *, rest: bool) -> list[str]:
    """SQL for a column for each of these properties and one of JSON for all others, of rows that have these columns."""
    others = without(properties, REST) if rest else "'{}'"
    return [*(_taken(name, columns, rest=rest) for name in properties), f"{others} AS {REST}"]


def _relation(root: Path, taken: Iterable[tuple[Segment, list[str]]]) -> str | None:
    alike: dict[tuple[str, ...], list[str]] = {}
    for segment, columns in taken:
        alike.setdefault(tuple(columns), []).append(segment.file)
    parts = [f"SELECT {listed(EVENT_COLUMNS, *some)} FROM {files_of(root, names)}" for some, names in alike.items()]
    return f"({' UNION ALL '.join(parts)})" if parts else None


def _taken(name: str, columns: Collection[str], *, rest: bool) -> str:
    """SQL for the column of a property in rows that have these columns."""
    column = column_of(name)
    if name in columns:
        return column
    return f"{text_in(REST, name) if rest else 'NULL::VARCHAR'} AS {column}"
