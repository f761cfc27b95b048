"""Every ready map as a map of a table: what a connector wrote into a database comes in without hand work."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from expansion.files.columns import Columns
from expansion.files.propose.ready import Ready, ready_maps
from expansion.files.read.rows import Rows
from expansion.tables.maps import SOURCES, table_map
from tests.files.made_tables import table_for
from tests.warehouse.tables import Desk

FACTS = """\
events:
  - {from: warehouse.events, account: account_id}
facts:
  f0: {from: warehouse.accounts, field: plan, kind: text}
  f1: {from: warehouse.people, field: role, kind: text, who: users}
"""


def _some() -> list[Ready]:
    """Of each connector one map of each kind, each of a table of its own, that says whose its rows are: a pull of a
    hundred and fifty tables takes minutes.
    """
    found: dict[tuple[str, str], Ready] = {}
    for ready in ready_maps():
        words = ready.content[ready.kind]
        taken = {one.content[one.kind]["table"] for one in found.values()}
        if words["table"] not in taken and ("account" in words or ready.kind == "merges"):
            found.setdefault((ready.connector, words.get("source", ready.kind)), ready)
    return list(found.values())


def _filled(path: Path, every: Sequence[Ready]) -> None:
    with closing(sqlite3.connect(path)) as con, con:
        for number, ready in enumerate(every):
            table = table_for(ready)
            names = ", ".join(f'"{name}"' for name in table.columns)
            con.execute(f"CREATE TABLE t{number} ({names})")
            marks = ", ".join("?" * len(table.columns))
            rows = [tuple(_cell(row.get(name)) for name in table.columns) for row in table.rows]
            con.executemany(f"INSERT INTO t{number} VALUES ({marks})", rows)


def _cell(value: object) -> object:
    return json.dumps(value) if isinstance(value, (dict, list)) else value


def test_a_ready_map_brings_the_rows_of_its_table(tmp_path: Path) -> None:
    some = _some()
    _filled(tmp_path / "all.db", some)
    desk = Desk(tmp_path, {"warehouse": f"sqlite:///{tmp_path}/all.db"}, FACTS)
    for number, ready in enumerate(some):
        desk.map(f"m{number}", f"from: {{table: t{number}}}\nready: {ready.name}\n")
    done = {one.pull.names[0]: one for one in desk.well()}
    assert len(done) == len(some) > 10
    assert [some[int(name[1:])].name for name, one in done.items() if not one.stored and not one.repeats] == []


@pytest.mark.parametrize("ready", ready_maps(), ids=lambda one: one.name)
def test_every_column_of_a_ready_map_is_found_in_its_table(ready: Ready) -> None:
    one = table_map(f"from: {{table: a}}\nready: {ready.name}\n", "a", "sources/a.yaml")
    table = table_for(ready)
    mapping = one.fitted(table.columns)
    Columns(Rows("", (one.file,), table.columns), ()).need(mapping.columns())
    assert one.source in SOURCES
