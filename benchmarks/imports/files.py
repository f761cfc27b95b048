"""The files that are imported. Nothing but the standard library: a child's peak memory begins at its parent's."""

from __future__ import annotations

from dataclasses import dataclass

_EVENTS = """
events: {id: event_id, event: name, time: happened_at, account: account_id, user: user_id, properties: [plan, rows]}
"""
_FACTS = "facts: {account: account_id}\n"
_DAILY = "events: {id: event_id, event: name, time: happened_at, account: account_id}\n"


@dataclass(frozen=True)
class File:
    """A file to import, or a folder of so many, with its map."""

    name: str
    map_text: str
    rows: int
    has_floor: bool = True  # DuckDB reads it, too


FILES = (
    File("events.csv", _EVENTS, 2_000_000),
    File("one-bad.csv", _EVENTS, 2_000_000, has_floor=False),
    File("events.jsonl", _EVENTS, 2_000_000),
    File("events.parquet", _EVENTS, 2_000_000),
    File("facts-5.csv", _FACTS, 400_000),
    File("facts-20.csv", _FACTS, 200_000),
    File("daily", _DAILY, 400),
)
