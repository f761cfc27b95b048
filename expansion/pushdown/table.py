"""Where a warehouse keeps events: the table, and which of its columns is what."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path

from pydantic import Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from expansion.language.conditions import Strict
from expansion.pushdown.spellings import Portable
from expansion.usage.mapping import MapError
from expansion.usage.properties import column_of


class EventTable(Strict):
    """One row per event, moments in UTC; an event that was sent twice is there once."""

    table: str = Field(description="The table or view, with its schema: `analytics.events`.")
    id: str = Field(description="The column with the event's id.")
    event: str = Field(description="The column with its name.")
    time: str = Field(description="When it happened: a timestamp in UTC.")
    account: str = Field(description="The account's id.")
    user: str | None = Field(None, description="The user's id; left out: nobody is known.")
    received_at: str | None = Field(None, description="When it arrived; left out: when it happened.")
    properties: dict[str, str] = Field(default_factory=dict, description="Property names, each with its column.")

    def events(self, spelling: Portable, properties: Collection[str], where: str) -> str:
        """SQL for events as the rollup query takes them; `where` is about `ts`, `seen_at` and `account_id`."""
        name = spelling.identifier
        time, received = spelling.as_moment(name(self.time)), self.received_at
        late = spelling.as_moment(name(received)) if received else time
        user = f"COALESCE({spelling.as_text(name(self.user))}, '')" if self.user else "''"
        columns = [
            f"{spelling.as_text(name(self.id))} AS event_id",
            f"{spelling.as_text(name(self.event))} AS event",
            f"{time} AS ts",
            f"CASE WHEN {late} > {time} THEN {late} ELSE {time} END AS seen_at",
            f"{spelling.as_text(name(self.account))} AS account_id",
            f"{user} AS user_id",
            *(f"{self._property(spelling, one)} AS {column_of(one)}" for one in sorted(properties)),
        ]
        return (
            f"(SELECT * FROM (SELECT {', '.join(columns)} FROM {name(self.table)} AS raw) AS every_event WHERE {where})"
        )

    def _property(self, spelling: Portable, name: str) -> str:
        column = self.properties.get(name)
        if column is None:
            return f"CAST(NULL AS {spelling.text_type})"
        return f"NULLIF({spelling.as_text(spelling.identifier(column))}, '')"


def load_table(path: Path) -> EventTable:
    """Read the map of a warehouse's events; raises MapError with one sentence per mistake."""
    try:
        raw = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
        return EventTable.model_validate(raw)
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        raise MapError(f"{path}: cannot be read as YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        lines = [f"{path}: {'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
        raise MapError("\n".join([*lines, "", "hint: docs/warehouse.md shows a map with every word"])) from error


def naive_utc(moment: datetime) -> datetime:
    """A moment as warehouses are asked about it."""
    return moment.astimezone(UTC).replace(tzinfo=None)
