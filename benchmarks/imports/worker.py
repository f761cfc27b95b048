"""One import, or one CREATE TABLE AS, in a process of its own: `python -m benchmarks.imports.worker WHAT FILE`."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.child import peak_mb
from benchmarks.timing import timed
from expansion.usage.forms.duck import quote


def ours(path: Path, folder: Path) -> Callable[[], int]:
    """Into an empty store."""
    from expansion.files.import_files import import_files
    from expansion.usage.storage.store import UsageStore

    map_path = path.with_name(f"{path.name}.map.yaml")

    def work() -> int:
        result = import_files(UsageStore(folder), [str(path)], map_path, datetime(2026, 6, 1, tzinfo=UTC))
        if failed := [file.failure for file in result.files if file.failure]:
            raise RuntimeError(failed[0])
        return result.stored

    return work


def table(path: Path, folder: Path) -> Callable[[], int]:
    """The floor: DuckDB's own table, on disk as well."""
    import duckdb

    source = f"{path}/*.csv" if path.is_dir() else str(path)

    def work() -> int:
        con = duckdb.connect(str(folder / "table.db"))
        con.execute(f"CREATE TABLE t AS SELECT * FROM {quote(source)}")
        (count,) = con.execute("SELECT count(*) FROM t").fetchone() or (0,)
        con.close()
        return int(count)

    return work


def main(what: str, file: str) -> None:
    with tempfile.TemporaryDirectory(prefix="expansion-bench-") as name:
        took, count = timed({"ours": ours, "table": table}[what](Path(file), Path(name)))
    print(json.dumps({**asdict(took), "peak_mb": peak_mb(), "count": count}))


if __name__ == "__main__":
    main(*sys.argv[1:])
