"""Made-up usage, the same for the same number of events: 300 days, 60 event names, a few accounts with most of it.

People come in visits: one to three sessions on a day, each a burst of about 15 events. What a rollup per day saves
depends on that (here some 18 events per user and day; sparser traffic saves less), so docs/benchmarks.md says it too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from benchmarks.place import Place, has_lines
from expansion.usage.forms.duck import connect, quote, quote_list

DAYS = 300
LAST_DAY = date(2025, 12, 31)
FIRST_DAY = LAST_DAY - timedelta(days=DAYS - 1)

_AREAS = ["report", "dashboard", "export", "api_key", "integration", "automation", "template", "comment", "share_link"]
_AREAS += ["seat_invite", "paywall", "audit"]
_VERBS = ["viewed", "created", "edited", "shared", "deleted"]
EVENT_NAMES = [f"{area}_{verb}" for verb in _VERBS for area in _AREAS]
FEATURES = ["search", "filters", "charts", "alerts", "webhooks", "premium_export", "premium_sso", "premium_roles"]
FEATURES += ["sandbox", "import", "mobile", "beta"]
DEPARTMENTS = ["sales", "marketing", "finance", "product", "engineering", "support", "legal", "operations"]

MOST_IN_A_PART = 10_000_000  # events

Ranks = npt.NDArray[np.int64]

_PER_VISIT = 24  # events: 1.6 sessions of 15
_PER_PERSON = 20  # visits in all the days
_HEAD = 3.0  # flattens the head of the zipf curve: the largest account has some 3 % of the events


def accounts_for(events: int) -> int:
    """How many accounts share the events: 10,000 at one million, 50,000 at ten, 250,000 at a hundred."""
    return max(50, int(10_000 * (events / 1_000_000) ** 0.7))


@dataclass(frozen=True)
class Part:
    """A stretch of days in a file of its own."""

    number: int
    events: int
    first: date
    days: int


def parts_of(events: int) -> list[Part]:
    """Equal stretches of time with at most 10 million events each, so that no job has to hold more of them at once."""
    count = -(-events // MOST_IN_A_PART)
    ends = [(events * i // count, DAYS * i // count) for i in range(count + 1)]
    return [
        Part(number, upto - begins, FIRST_DAY + timedelta(days=first), end - first)
        for number, ((begins, first), (upto, end)) in enumerate(pairwise(ends))
    ]


def make_events(place: Place, events: int, seed: int = 2) -> None:
    """Write the events as Parquet, to query by hand, and as JSON lines, to import; and one more day of them."""
    con = connect(threads=1)  # with more, those that wait for their turn to write hold 3 GB at 10 million (measured)
    con.execute("SET preserve_insertion_order = true")  # files come from their source by time
    rng = np.random.default_rng(seed)
    accounts = accounts_for(events)
    for old in place.parts:
        old.unlink()
    for part in parts_of(events):
        table = sessions(rng, part.events, accounts, part.first, part.days)
        _write(con, table, place.part(part.number), seed + 1000 * part.number)
    if has_lines(events):
        _as_lines(con, place.raw, place.lines)
    _write(con, sessions(rng, events // DAYS, accounts, LAST_DAY + timedelta(days=1), 1), place.day_raw, seed + 1)
    _as_lines(con, place.day_raw, place.day_lines)


def sessions(rng: np.random.Generator, events: int, accounts: int, first: date, days: int) -> pa.Table:
    """Sessions in order of time: who, when, and how many events; together exactly `events`."""
    visits = events // _PER_VISIT + events // 200 + 10  # a few more than needed; cut below
    account = _zipf(rng, visits, np.full(visits, accounts))
    share = np.log1p(1 / (account + _HEAD)) / np.log1p(accounts / _HEAD)
    visits_in_all = events / _PER_VISIT * DAYS / days
    team = 1 + account % 4 + (share * visits_in_all / _PER_PERSON).astype(np.int64)
    user = _zipf(rng, visits, team)
    many = rng.choice([1, 2, 3], visits, p=[0.55, 0.3, 0.15])
    day = rng.integers(0, days, visits)
    start = np.repeat(day, many) * 86_400 + rng.integers(6 * 3600, 21 * 3600, many.sum())
    length = rng.integers(1, 30, many.sum())
    length = np.diff(np.minimum(np.cumsum(length), events), prepend=0)
    order = np.argsort(start, kind="stable")
    columns = {"account": np.repeat(account, many), "user": np.repeat(user, many), "start": start, "length": length}
    table = pa.table({name: pa.array(values[order]) for name, values in columns.items()})
    epoch = pa.array(np.full(len(table), np.datetime64(first.isoformat(), "us")))
    numbered = table.append_column("session", pa.array(np.arange(len(table)))).append_column("first", epoch)
    return numbered.filter(pa.array(length[order] > 0))


def _zipf(rng: np.random.Generator, size: int, upto: Ranks) -> Ranks:
    """Ranks below `upto`, the low ones most often: about 1 / (rank + head)."""
    ranks = _HEAD * ((upto / _HEAD + 1) ** rng.random(size) - 1)
    below: Ranks = np.minimum(ranks.astype(np.int64), upto - 1)
    return below


def _write(con: duckdb.DuckDBPyConnection, table: pa.Table, path: object, seed: int) -> None:
    con.register("sessions", table)
    con.execute(f"COPY ({_events_sql(seed)}) TO {quote(str(path))} (FORMAT parquet, COMPRESSION zstd)")
    con.unregister("sessions")


def _events_sql(seed: int) -> str:
    """Every draw is a hash of session, event and seed: the same in any order of work."""
    return f"""
    WITH drawn AS (
      SELECT account AS a, "user" AS u, session, n, first + to_microseconds(
               (start * 1000000 + n * 21000000 + hash(session, n, {seed}, 0) % 20000000)::BIGINT) AS moment,
             {_draw(seed, 1)} AS d1, {_draw(seed, 2)} AS d2, {_draw(seed, 3)} AS d3, {_draw(seed, 4)} AS d4
      FROM (SELECT *, unnest(range(length)) AS n FROM sessions)
    )
    SELECT CAST(md5(concat_ws('-', {seed}, session, n)) AS UUID)::VARCHAR AS id,
           moment AS time, CAST(moment AS DATE) AS day,
           {_pick(EVENT_NAMES, "power(d1, 1.8)")} AS event,
           format('acc-{{:06d}}', a) AS account,
           CASE WHEN d4 > 0.02 THEN format('usr-{{:06d}}-{{:05d}}', a, u) END AS "user",
           CASE WHEN d2 < 0.9 THEN {_pick(FEATURES, "power(d2 / 0.9, 1.5)")} END AS feature,
           {_pick(DEPARTMENTS, "(hash(a, u) % 1000) / 1000.0")} AS department,
           CAST(round(1 + 499 * power(d3, 4), 2) AS DECIMAL(10, 2)) AS value
    FROM drawn
    """


def _draw(seed: int, stream: int) -> str:
    return f"(hash(session, n, {seed}, {stream}) % 1000003) / 1000003.0"


def _pick(words: list[str], share: str) -> str:
    return f"[{quote_list(words)}][1 + CAST(floor({len(words)} * {share}) AS INTEGER)]"


def _as_lines(con: duckdb.DuckDBPyConnection, raw: object, lines: object) -> None:
    con.execute(
        f"COPY (SELECT id, strftime(time, '%Y-%m-%dT%H:%M:%S.%fZ') AS time, event, account, \"user\", feature, "
        f"department, value FROM read_parquet({quote(str(raw))})) TO {quote(str(lines))} (FORMAT json)"
    )
