"""Does the warehouse answer, are the table and the columns of the map there, in UTC, and may its user only read?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from expansion.contract import Failure
from expansion.usage.forms.failures import MapError
from expansion.warehouse.dialects import SPELLINGS, Portable
from expansion.warehouse.table import EventTable, load_table
from integrations.kit.declare import Finding
from integrations.kit.doctor import works
from integrations.kit.rights import LISTED
from integrations.warehouse.client import SqlWarehouse

# How a session tells its time zone. The others are told UTC with each moment, and have no zone to ask for.
_ZONE = {
    "postgres": "SELECT current_setting('TIMEZONE')",
    "redshift": "SELECT current_setting('TIMEZONE')",
    "spark": "SELECT current_timezone()",
    "databricks": "SELECT current_timezone()",
}
_UTC = {"UTC", "Etc/UTC", "GMT", "Z"}
_WRITING = ("INSERT", "UPDATE", "DELETE")


def check(connect: Callable[[], SqlWarehouse], map_: Path) -> list[Finding]:
    """Asks with SELECTs alone; no row of the table comes back."""
    try:
        warehouse = connect()
    except Failure as failure:
        return [Finding("the warehouse answers", False, str(failure))]
    try:
        answers = works("the warehouse answers", lambda: list(warehouse.rows("SELECT 1 AS one")))
        return [answers, *_Asked(warehouse).findings(map_)] if answers.ok else [answers]
    finally:
        warehouse.close()


@dataclass(frozen=True)
class _Asked:
    warehouse: SqlWarehouse

    @property
    def spelling(self) -> Portable:
        return SPELLINGS[self.warehouse.dialect]

    def findings(self, map_: Path) -> Iterator[Finding]:
        yield from self._zone()
        try:
            table = load_table(map_)
        except MapError as error:
            yield Finding(f"{map_} says where events are", False, str(error))
            return
        may_read = works(f"may read {table.table}", lambda: self._reads("1 AS one", table))
        yield may_read
        if may_read.ok:
            yield self._columns(table)
            yield from self._writes(table)

    def _zone(self) -> Iterator[Finding]:
        if (query := _ZONE.get(self.warehouse.dialect)) is not None:
            zone = str(next(iter(self.warehouse.rows(query)))[0])
            remedy = "the session was told to keep UTC and does not: does a proxy stand between?"
            yield Finding(f"sessions keep {zone}", zone in _UTC, None if zone in _UTC else remedy)

    def _columns(self, table: EventTable) -> Finding:
        """Each by itself, so that all that are missing are named."""
        missing = [name for name in columns_named(table) if not self._has(name, table)]
        if missing:
            what = f"{table.table} has no column {', '.join(missing)} that can be read"
            return Finding(what, False, "mend the map, or let its user read them")
        return Finding("every column of the map is there", True)

    def _has(self, name: str, table: EventTable) -> bool:
        return works(name, lambda: self._reads(f"held.{self.spelling.identifier(name)} AS one", table)).ok

    def _reads(self, what: str, table: EventTable) -> None:
        held = self.spelling.identifier(table.table)
        list(self.warehouse.rows(f"SELECT {what} FROM {held} AS held WHERE 1 = 0"))  # noqa: S608  # quoted above

    def _writes(self, table: EventTable) -> Iterator[Finding]:
        """What its user may do beyond reading, where the warehouse tells."""
        if self.warehouse.dialect != "postgres":
            yield Finding("whether its user may write is not asked", True, f"it needs SELECT alone; {LISTED}", "note")
            return
        name = self.spelling.text(self.spelling.identifier(table.table))
        asked = ", ".join(f"has_table_privilege({name}, '{right}')" for right in _WRITING)
        held = next(iter(self.warehouse.rows(f"SELECT {asked}")))
        more = [right for right, has in zip(_WRITING, held, strict=True) if has]
        if more:
            remedy = f"give it a user that may only SELECT; {LISTED}"
            yield Finding(f"more rights than needed: {', '.join(more)} on {table.table}", True, remedy, "warning")


def columns_named(table: EventTable) -> list[str]:
    """The warehouse's columns that a map names, each once."""
    own = (table.id, table.event, table.time, table.account, table.user, table.received_at, table.source)
    named = [*own, table.partition, *table.properties.values()]
    return list(dict.fromkeys(name for name in named if name is not None))
