"""Tables as connectors and exports write them, with made-up rows: for each ready map one that it is for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from expansion.files.propose.looking import Table
from expansion.files.propose.ready import Ready

ROWS = 12
_MARKS = {
    "fivetran": "_fivetran_synced",
    "airbyte": "_airbyte_extracted_at",
    "dlt": "_dlt_id",
    "singer": "_sdc_batched_at",
}


def table_for(ready: Ready) -> Table:
    """A table of a ready map: its columns, with rows that say what each word asks for."""
    rows = [_row(ready, at) for at in range(ROWS)]
    columns = tuple(dict.fromkeys(name for row in rows for name in row))
    return Table(ready.name.partition("/")[2], columns, rows)


def _row(ready: Ready, at: int) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for word, way in _ways(ready.content[ready.kind]):
        _put(row, way, _said(word, at))
    has = {name.lower() for name in row}
    for name in ready.known_by:
        if name not in has:
            row[name] = "false" if name.startswith("is_") else f"{name} {at % 3}"
    for name, wanted in ready.content[ready.kind].get("only", {}).items():
        row[name] = str(wanted[0] if isinstance(wanted, list) else wanted).lower()
    if mark := _MARKS.get(ready.connector):
        row[mark] = f"2025-03-20 04:00:{at:02}"
    return row


def _said(word: str, at: int) -> Any:
    """What a row says where the map names a column with this word."""
    moment = f"2025-03-{at + 1:02} 10:30:{at:02}"
    said: dict[str, Any] = {
        "id": f"i-{at}", "event": ("Opened", "Closed")[at % 2], "account": ("acme", "beta", "cara")[at % 3],
        "user": f"u-{at % 5}", "time": moment, "at": moment, "received_at": f"2025-03-{at + 1:02} 10:31:{at:02}",
        "until": "9999-12-31 23:59:59", "name": ("plan", "seats")[at % 2], "value": str(at),
        "newest": moment, "largest": str(at), "leave_out": "", "deleted_when": "",
    }  # fmt: skip
    return said.get(word, str(100 * at))


def _ways(content: Mapping[str, Any]) -> Iterator[tuple[str, list[Any]]]:
    """Each column that a map names, with its word; the last one of a column counts."""
    order = (
        "properties",
        "fields",
        "leave_out",
        "deleted_when",
        "several_rows",
        "id",
        "name",
        "value",
        "until",
        "received_at",
        "at",
    )
    order += ("user", "account", "event", "time")
    for word in order:
        if word == "several_rows" and word in content:
            yield from ((rule, [column]) for rule, column in content[word].items())
        elif word in content:
            for way in _columns(content[word], is_test=word in ("leave_out", "deleted_when")):
                yield word, way


def _columns(value: Any, *, is_test: bool = False) -> Iterator[list[Any]]:
    match value:
        case Mapping() if is_test:
            yield from ([name] for name in value)
        case str() if value != "row":
            yield [int(part) if part.isdigit() else part for part in value.split(".")]
        case list():
            for one in value:
                yield from _columns(one)
        case {"always": _}:
            return
        case {"path": [*parts]}:
            yield list(parts)
        case {"from": str(name), "key": str(key)}:
            yield [name, (key,)]
        case {"from": name}:
            yield from _columns(name)
        case Mapping():
            for one in value.values():
                yield from _columns(one)


def _put(row: dict[str, Any], way: list[Any], value: Any) -> None:
    """Say something at a way inside a row: in an object, in a list, or in a list of keys and values."""
    first, *rest = way
    if rest and isinstance(rest[0], tuple):
        row[first] = [{"key": rest[0][0], "value": {"string_value": value, "int_value": None}}]
        return
    row[first] = _inside(row.get(first), rest, value) if rest else value


def _inside(known: Any, way: list[Any], value: Any) -> Any:
    if not way:
        return value
    first, *rest = way
    if isinstance(first, int):
        return [_inside(known[0] if isinstance(known, list) else None, rest, value)]
    inside = dict(known) if isinstance(known, Mapping) else {}
    inside[first] = _inside(inside.get(first), rest, value)
    return inside
