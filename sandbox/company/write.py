"""A whole company into a folder, block after block: events, tables, the maps to import them by, and the truth."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow.compute as pc
import pyarrow.csv as csv
import pyarrow.parquet as pq

from sandbox.company.arrays import Floats
from sandbox.company.asked import Asked
from sandbox.company.behaviours import PLANTED
from sandbox.company.block import SIZE, block
from sandbox.company.events import events
from sandbox.company.tables import tables
from sandbox.company.truth import truth

MAPS = Path(__file__).parent / "maps"
_TIMES = ("time", "received_at")


def write(out: Path, asked: Asked) -> dict[str, Any]:
    """The truth of it, which lies in truth.json as well. A folder with something in it is refused."""
    if out.exists() and any(out.iterdir()):
        raise ValueError(f"{out} is not empty: give a new folder, so that no old file is taken for a part of this")
    (out / "events").mkdir(parents=True)
    counted: Counter[str] = Counter()
    cells = np.zeros((3, 2 ** len(PLANTED)))
    with _Tables(out) as files:
        for number in range(-(-asked.accounts // SIZE)):
            cells += _block(out, asked, number, files, counted)
    shutil.copytree(MAPS, out / "maps")
    told = truth(asked, cells, counted)
    (out / "truth.json").write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    return told


def _block(out: Path, asked: Asked, number: int, files: _Tables, counted: Counter[str]) -> Floats:
    world = block(asked, number)
    made, planted = events(world, number)
    _write_events(out / "events" / f"events-{number:04d}.{asked.form}", made, asked.form)
    counted.update(planted)
    for name, table in tables(world, number).items():
        files.add(name, table)
        counted[name] += len(table)
    return world.cells


def _write_events(path: Path, made: Any, form: str) -> None:
    if form == "parquet":
        pq.write_table(made, path, compression="zstd")
        return
    for name in _TIMES:
        said = pc.strftime(made[name], format="%Y-%m-%dT%H:%M:%SZ")
        made = made.set_column(made.column_names.index(name), name, said)
    with duckdb.connect(config={"threads": 1}) as con:
        con.register("made", made)
        con.execute("COPY made TO ? (FORMAT json)", [str(path)])


class _Tables:
    """One CSV file for each table, to which every block adds."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._open: dict[str, Any] = {}

    def __enter__(self) -> _Tables:
        return self

    def __exit__(self, *_: object) -> None:
        for writer in self._open.values():
            writer.close()

    def add(self, name: str, table: Any) -> None:
        if name not in self._open:
            options = csv.WriteOptions(quoting_style="needed")
            self._open[name] = csv.CSVWriter(str(self._out / f"{name}.csv"), table.schema, write_options=options)
        self._open[name].write_table(table)
