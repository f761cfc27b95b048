"""The queries of by_hand.sql in ClickHouse, within this process (chdb), over the same Parquet files.

Nothing of the product and no DuckDB is imported: this runs in an environment of its own, see engines.py.
"""

from __future__ import annotations

import os
from pathlib import Path

from benchmarks.place import Place
from benchmarks.queries import by_hand
from benchmarks.timing import Found, Job, Took, note_fired, timed


def clickhouse_30(place: Place, events: int) -> tuple[Took, Found]:
    """`count(DISTINCT …)` is exact in ClickHouse as it is set up; that is said here all the same."""
    from chdb.session import Session

    queries = by_hand()

    def ask(folder: Path) -> dict[str, list[str]]:
        session = Session(str(folder))
        session.query(f"SET max_threads = {os.cpu_count()}, count_distinct_implementation = 'uniqExact'")
        session.query(f"CREATE VIEW events AS SELECT * FROM file('{place.raw.absolute()}', Parquet)")
        return {name: str(session.query(query, "TSV")).split() for name, query in queries.items()}

    with place.scratch() as folder:
        took, fired = timed(lambda: ask(folder))
    note_fired(place, "clickhouse_30", fired)
    return took, {}


JOBS: dict[str, Job] = {"clickhouse_30": clickhouse_30}
