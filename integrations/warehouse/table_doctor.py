"""Is each table there, with the columns of its map, how new is its newest row, and may its user only read?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from expansion.contract import Failure
from expansion.files.columns import Columns
from expansion.files.read.rows import Rows
from expansion.tables.maps import TableMap, read_maps
from expansion.tables.marks import Seen
from expansion.usage.forms.failures import ImportFailed
from integrations.kit.declare import Finding, Names
from integrations.kit.rights import LISTED
from integrations.warehouse.opening import opened
from integrations.warehouse.tables import ReadTable


def check(folder: Path, urls: Mapping[str, str], used: Names | None) -> list[Finding]:
    """Asks with SELECTs alone; of each table its columns and the ends of its cursor come back, and no row."""
    if used is not None and not used:
        return []
    maps = read_maps(folder)
    found = [Finding(f"the map {path} can be used", False, said) for path, said in maps.mistakes.items()]
    for one in maps.every:
        if (used is None or one.source in used) and one.place.files is None:
            found += _asked(one, urls)
    return found


def _asked(one: TableMap, urls: Mapping[str, str]) -> list[Finding]:
    try:
        with opened(one.place, urls) as table:
            seen = table.look()
            return [_reads(one, seen), _columns(one, seen), *_cursor(one, seen), *_writes(one, table)]
    except Failure as failure:
        return [Finding(f"{one.name} can be read", False, str(failure))]


def _reads(one: TableMap, seen: Seen) -> Finding:
    newest = f"; its newest `{one.place.cursor}` is {seen.highest}" if one.place.cursor and seen.highest else ""
    return Finding(f"{one.name} can be read{newest}", True)


def _columns(one: TableMap, seen: Seen) -> Finding:
    mapping = one.fitted(seen.kinds)
    try:
        Columns(Rows("", (one.file,), tuple(seen.kinds)), ()).need(mapping.columns())
    except ImportFailed as failure:
        return Finding(f"{one.name} {failure}", False, "mend the map, or let its user read the column")
    return Finding(f"{one.name} has every column of its map", True)


def _cursor(one: TableMap, seen: Seen) -> Iterator[Finding]:
    if one.place.cursor and seen.highest is None:
        remedy = "a table that is filled says nothing here; else name a column that every row fills"
        yield Finding(f"{one.name} has no value of `{one.place.cursor}`", True, remedy, "warning")


def _writes(one: TableMap, table: ReadTable) -> Iterator[Finding]:
    more = table.writes()
    if more is None:
        said = f"whether the user of `{one.place.connection}` may write is not asked"
        yield Finding(said, True, f"it needs SELECT alone; {LISTED}", "note")
    elif more:
        remedy = f"give it a user that may only SELECT; {LISTED}"
        yield Finding(f"more rights than needed: {', '.join(more)} on {one.place.table}", True, remedy, "warning")


__all__ = ["check"]
