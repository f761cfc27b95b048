"""What is measured, and against what. A new benchmark is a line here and a job of the same name in its module."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from benchmarks.engines import why_missing
from benchmarks.place import LINES_UP_TO, has_lines

Kind = Literal["floor", "product", "peer"]


@dataclass(frozen=True)
class Bench:
    """One benchmark. `against`: the ratios to show, each to a benchmark of the same round."""

    name: str
    kind: Kind
    what: str
    against: tuple[str, ...] = ()
    module: str = "benchmarks.jobs"
    reads_lines: bool = False  # all events as JSON lines
    needs: str | None = None  # a package that has an environment of its own

    def left_out(self, events: int) -> str | None:
        """Why it is not measured with so many events, if it is not."""
        if self.reads_lines and not has_lines(events):
            return f"above {LINES_UP_TO:,} events there are no JSON lines"
        return why_missing(self.needs) if self.needs else None


_FACTS, _HISTORY = "benchmarks.by_snapshots", "benchmarks.by_history"
BENCHES = (
    Bench("parse_floor", "floor", "DuckDB parses five columns of the JSON lines and stores nothing", reads_lines=True),
    Bench("ingest", "product", "import all events into an empty store", ("parse_floor",), reads_lines=True),
    Bench("ingest_one_day", "product", "import one more day into a store that has all the others"),
    Bench("group_floor", "floor", "read the eight columns of the last 90 days as strings, group once by account"),
    Bench("rollup_build", "product", "build the rollup columns of the thirty triggers", ("group_floor",)),
    Bench("rollup_refresh_one_day", "product", "the same after one more day was imported", ("rollup_build",)),
    Bench("new_column", "product", "build what a 31st trigger needs besides", ("rollup_build",)),
    Bench(
        "evaluate_30",
        "product",
        "answer the thirty triggers for all accounts from rollups",
        ("group_floor", "hand_sql_30"),
    ),
    Bench(
        "hand_sql_30",
        "peer",
        "one query by hand for each trigger over raw events in Parquet",
        ("group_floor", "evaluate_30"),
    ),
    Bench("polars_30", "peer", "the same in Polars", ("group_floor", "evaluate_30"), module="benchmarks.by_polars"),
    Bench(
        "clickhouse_30",
        "peer",
        "the same in ClickHouse",
        ("group_floor", "evaluate_30"),
        module="benchmarks.by_clickhouse",
        needs="chdb",
    ),
    Bench("copy_snapshots", "floor", "copy a year of daily snapshots of facts to Parquet", module=_FACTS),
    Bench("store_snapshots", "product", "store what they say", ("copy_snapshots",), module=_FACTS),
    Bench(
        "evaluate_snapshots",
        "product",
        "answer thirty triggers about them: levels, growth, dwell, ranks",
        ("hand_snapshots",),
        module=_FACTS,
    ),
    Bench("hand_snapshots", "peer", "for each moment they read one query by hand, of all measures", module=_FACTS),
    Bench(
        "history_300",
        "product",
        "answer the thirty triggers for all accounts at the end of each of 300 days, measured together",
        ("hand_sql_30", "evaluate_30"),
        module=_HISTORY,
    ),
    Bench(
        "history_loop",
        "peer",
        "the same by an evaluation for each day: of ten days, told of all",
        ("history_300",),
        module=_HISTORY,
    ),
    Bench("explain_one_account", "product", "explain one trigger for one account, a hundred times"),
    Bench("one_account", "product", "take an event, write it to disk, answer all for its account, 300 times"),
)
NAMED = {bench.name: bench for bench in BENCHES}

# Made once for each number of events, in this order, before the rounds.
PREPARATIONS = ("make_events", "make_stores", "make_snapshots")

# Ways to the same answers, the product first: a difference is an error.
SAME_ANSWERS = ("evaluate_30", "hand_sql_30", "polars_30", "clickhouse_30", "history_300")


def module_of(job: str) -> str:
    """Where a job is."""
    if job == "make_snapshots":
        return _FACTS
    return NAMED[job].module if job in NAMED else "benchmarks.jobs"
