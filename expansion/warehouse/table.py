"""Where a warehouse keeps events: the table, and which of its columns is what."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from expansion.language.model.conditions import Strict
from expansion.usage.forms.failures import MapError
from expansion.usage.forms.properties import column_of
from expansion.warehouse.dialects import Portable

# As in an import: what lies outside is no moment at which anybody used the product.
FIRST, LAST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Between:
    """From when to when, both included; and what else is asked of `ts`, `seen_at` and `account_id`."""

    first: datetime = FIRST
    last: datetime = LAST
    where: tuple[str, ...] = ()


class EventTable(Strict):
    """One row per event; an event that was sent twice is there once."""

    table: str = Field(description="The table or view, with its schema: `analytics.events`.")
    id: str = Field(description="The column with the event's id.")
    event: str = Field(description="The column with its name.")
    time: str = Field(description="When it happened: a timestamp, in UTC where it has no zone.")
    account: str = Field(description="The account's id.")
    user: str | None = Field(None, description="The user's id; left out: nobody is known.")
    received_at: str | None = Field(None, description="When it arrived; left out: when it happened.")
    source: str | None = Field(
        None, description="Which source an event came from, as facts.yaml calls it; left out: all came from all."
    )
    partition: str | None = Field(
        None, description="A column of days (of `time`, in UTC) that the table is partitioned by: fewer are read."
    )
    properties: dict[str, str] = Field(default_factory=dict, description="Property names, each with its column.")

    def events(self, spelling: Portable, properties: Collection[str], between: Between) -> str:
        """SQL for events as the rollup query takes them. What an import would reject is left out."""
        kept = ("account_id <> ''", "event_id <> ''", "event <> ''")
        first, last = (spelling.moment(naive_utc(moment)) for moment in (between.first, between.last))
        where = " AND ".join((f"ts >= {first}", f"ts <= {last}", *between.where, *kept))
        columns = ", ".join(f"{sql} AS {name}" for name, sql in self._columns(spelling, properties))
        rows = f"SELECT {columns} FROM {spelling.identifier(self.table)} AS held{self._days(spelling, between)}"
        return f"(SELECT * FROM ({rows}) AS every_event WHERE {where})"

    def _columns(self, spelling: Portable, properties: Collection[str]) -> Iterator[tuple[str, str]]:
        """Each column that the rollup query knows, and the warehouse's own that it is made of.

        Those are named with their table: ClickHouse takes a bare name for a new column of that name, if there is one.
        """
        time = spelling.as_moment(_held(spelling, self.time))
        received = spelling.as_moment(_held(spelling, self.received_at)) if self.received_at else time
        yield "event_id", spelling.as_text(_held(spelling, self.id))
        yield "event", spelling.as_text(_held(spelling, self.event))
        yield "ts", time
        yield "seen_at", f"CASE WHEN {received} > {time} THEN {received} ELSE {time} END" if self.received_at else time
        yield "account_id", spelling.as_text(_held(spelling, self.account))
        yield "user_id", f"COALESCE({spelling.as_text(_held(spelling, self.user))}, '')" if self.user else "''"
        if self.source:
            yield "source_name", spelling.as_text(_held(spelling, self.source))
        for name in sorted(properties):
            yield column_of(name), self._property(spelling, name)

    def _property(self, spelling: Portable, name: str) -> str:
        column = self.properties.get(name)
        if column is None:
            return f"CAST(NULL AS {spelling.text_type})"
        return f"NULLIF(NULLIF({spelling.as_text(_held(spelling, column))}, ''), '[]')"

    def _days(self, spelling: Portable, between: Between) -> str:
        if self.partition is None:
            return ""
        days = (naive_utc(moment).date() for moment in (between.first, between.last + timedelta(microseconds=1)))
        first, last = (f"DATE {spelling.text(str(day))}" for day in days)
        return f" WHERE {_held(spelling, self.partition)} BETWEEN {first} AND {last}"


def _held(spelling: Portable, column: str) -> str:
    return f"held.{spelling.identifier(column)}"


def load_table(path: Path) -> EventTable:
    """Read the map of a warehouse's events; raises MapError with one sentence per mistake."""
    try:
        raw = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
        return EventTable.model_validate(raw)
    except FileNotFoundError as error:
        raise MapError(f"{path}: there is no such file; docs/warehouse.md says what to write into it") from error
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        raise MapError(f"{path}: cannot be read as YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        lines = [f"{path}: {'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
        raise MapError("\n".join([*lines, "", "hint: docs/warehouse.md shows a map with every word"])) from error


def naive_utc(moment: datetime) -> datetime:
    """A moment as warehouses are asked about it."""
    return moment.astimezone(UTC).replace(tzinfo=None)
