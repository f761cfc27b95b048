"""Facts: a year of daily snapshots of twenty measures, stored, and asked by thirty triggers; and the same by hand.

There is an account for every 200 events of the run, 5,000 of them at a million: then it is 36 million values.
"""

from __future__ import annotations

import random
import shutil
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.definitions import policy, trigger
from benchmarks.place import Place
from benchmarks.timing import Found, Job, Took, timed
from expansion.evaluate.engine import Vocabulary
from expansion.explain.evaluator import evaluator
from expansion.language.model.models import Facts, Trigger
from expansion.usage.forms.duck import connect, quote
from expansion.usage.forms.properties import column_of
from expansion.usage.statements import add_statements
from expansion.usage.storage.store import UsageStore

DAYS, MEASURES = 365, 20
SOURCE = "files.accounts"
FIRST = datetime(2025, 1, 1, tzinfo=UTC)
AS_OF = FIRST + timedelta(days=DAYS - 1, hours=12)
NAMES = [f"measure_{number}" for number in range(MEASURES)]
_COLUMNS = [column_of(name) for name in NAMES]
_BACK = (7, 28, 30, 90)  # days that growth is compared over
_DWELL = 14


def accounts(events: int) -> int:
    return max(20, min(5_000, events // 200))


# --- preparations -----------------------------------------------------------------------------------------------------


def make_snapshots(place: Place, events: int) -> tuple[Took, Found]:
    return timed(lambda: _make(place, events))[0], {}


def _make(place: Place, events: int) -> None:
    """Numbers that grow slowly, each account at its pace, and change on most days."""
    levels = ", ".join(
        f"CAST(50 + hash(account, {n}) % 400 + day * (hash({n}, account) % 5) // 7 + hash(account, day // 3, {n}) % 4 "
        f"AS VARCHAR) AS {column}"
        for n, column in enumerate(_COLUMNS)
    )
    rows = (
        "SELECT format('account-{:05d}', account) AS account_id, '' AS user_id, "
        f"TIMESTAMP '{FIRST:%Y-%m-%d}' + to_days(CAST(day AS INTEGER)) AS since, NULL::TIMESTAMP AS until, "
        f"TIMESTAMP '{FIRST:%Y-%m-%d}' + to_days(CAST(day AS INTEGER)) AS known, {levels} "
        f"FROM range({DAYS}) AS days(day), range({accounts(events)}) AS accounts(account)"
    )
    connect().execute(f"COPY ({rows}) TO {quote(str(place.snapshots))} (FORMAT parquet, COMPRESSION snappy)")
    shutil.rmtree(place.stated, ignore_errors=True)
    _store(place, UsageStore(place.stated))


def _store(place: Place, store: UsageStore) -> int:
    rows = f"SELECT * FROM read_parquet({quote(str(place.snapshots))})"
    return add_statements(store, store.connect(), rows, SOURCE, NAMES, AS_OF)


# --- storing ----------------------------------------------------------------------------------------------------------


def copy_snapshots(place: Place, events: int) -> tuple[Took, Found]:
    """The same rows as a plain file, in no order."""
    with place.scratch() as folder:
        folder.mkdir()
        rows = f"SELECT * FROM read_parquet({quote(str(place.snapshots))})"
        copy = f"COPY ({rows}) TO {quote(str(folder / 'copy.parquet'))} (FORMAT parquet, COMPRESSION snappy)"
        return timed(lambda: connect().execute(copy))[0], {}


def store_snapshots(place: Place, events: int) -> tuple[Took, Found]:
    with place.scratch() as folder:
        took, stored = timed(lambda: _store(place, UsageStore(folder)))
    if stored != accounts(events) * DAYS * MEASURES:
        raise RuntimeError(f"{stored:,} values were stored, so nothing was measured")
    return took, {"counted": stored}


# --- asking -----------------------------------------------------------------------------------------------------------


def evaluate_snapshots(place: Place, events: int) -> tuple[Took, Found]:
    store, asked, known = UsageStore(place.stated), triggers(), vocabulary()
    took, answers = timed(lambda: evaluator(store, known, AS_OF).answers(asked))
    told = sum(len(answer.unknown) for answer in answers.values())
    return took, {"cannot_tell": told, "fired": sum(len(answer.yes) for answer in answers.values())}


def hand_snapshots(place: Place, events: int) -> tuple[Took, Found]:
    """For each moment that the triggers read one query, which takes all measures at once."""
    newest = ", ".join(f"arg_max({column}, since) AS {column}" for column in _COLUMNS)
    rows = f"read_parquet({quote(str(place.snapshots))})"

    def ask() -> int:
        con = connect()
        return sum(
            len(con.execute(_hand(newest, rows, moment)).fetchnumpy()["account_id"]) for moment in sorted(moments())
        )

    took, read = timed(ask)
    if read != accounts(events) * len(moments()):
        raise RuntimeError("not every account was read at every moment, so nothing was measured")
    return took, {"moments": len(moments())}


def _hand(newest: str, rows: str, moment: datetime) -> str:
    return f"SELECT account_id, {newest} FROM {rows} WHERE since <= TIMESTAMP '{moment:%Y-%m-%d %H:%M:%S}' GROUP BY 1"


def moments() -> set[datetime]:
    """The ends of the days that the triggers look at."""
    return {AS_OF - timedelta(days=days) for days in (*range(_DWELL), *_BACK)}


def vocabulary() -> Vocabulary:
    facts = {name: {"from": SOURCE, "field": name, "kind": "number"} for name in NAMES}
    return Vocabulary(Facts.model_validate({"facts": facts}), policy())


def triggers() -> list[Trigger]:
    """Levels, growth, dwell and ranks, of each measure some."""
    draw = random.Random(7)
    clauses: list[dict[str, Any]] = []
    clauses += [{"fact": name, "at_least": draw.randint(100, 500)} for name in NAMES[:10]]
    clauses += [
        {"fact": name, "grew_at_least": f"{draw.randint(1, 30)}%", "over": f"{_BACK[n % len(_BACK)]} days"}
        for n, name in enumerate(NAMES[6:14])
    ]
    clauses += [{"fact": name, "at_least": 300, "for": f"{_DWELL} days"} for name in NAMES[10:18]]
    clauses += [{"fact": name, "among_top": "10%"} for name in NAMES[16:20]]
    return [trigger(f"snapshot-{number}", {"when": [clause]}) for number, clause in enumerate(clauses)]


JOBS: dict[str, Job] = {
    "make_snapshots": make_snapshots,
    "copy_snapshots": copy_snapshots,
    "store_snapshots": store_snapshots,
    "evaluate_snapshots": evaluate_snapshots,
    "hand_snapshots": hand_snapshots,
}
