"""What is measured, and against what. A new benchmark is a line here and a job of the same name in jobs.py."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Bench:
    """One benchmark. `against`: the ratios to show, each to a benchmark of the same round."""

    name: str
    what: str
    against: tuple[str, ...] = ()


BENCHES = (
    Bench("parse_floor", "DuckDB parses five columns of the JSON lines and stores nothing"),
    Bench("ingest", "import all events into an empty store", ("parse_floor",)),
    Bench("ingest_one_day", "import one more day into a store that has all the others"),
    Bench("group_floor", "read the eight columns of the last 90 days as strings, group once by account"),
    Bench("rollup_build", "build the rollup columns of the thirty triggers", ("group_floor",)),
    Bench("rollup_refresh_one_day", "the same after one more day was imported", ("rollup_build",)),
    Bench("evaluate_30", "answer the thirty triggers for all accounts from rollups", ("group_floor", "hand_sql_30")),
    Bench("hand_sql_30", "one query by hand for each trigger over raw events in Parquet", ("group_floor",)),
    Bench("explain_one_account", "explain one trigger for one account, a hundred times"),
)

# Made once for each number of events, in this order, before the rounds.
PREPARATIONS = ("make_events", "make_stores")

# Two ways to the same answers: a difference is an error.
SAME_ANSWERS = ("evaluate_30", "hand_sql_30")
