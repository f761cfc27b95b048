"""One pull, or what it is held against, in a process of its own: `python -m benchmarks.pulls.worker WHAT ADDRESS`."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from benchmarks.child import peak_mb
from benchmarks.pulls.servers import BEGINS, ENDS
from benchmarks.timing import timed

_COLUMNS = 8
_BLOCK = 4 << 20
_COPY = "COPY events TO STDOUT (FORMAT csv)"
_POLICY = """\
time_zone: UTC
currency: USD
working_hours: {days: [mon], from: "09:00", to: "17:00"}
account: {name: f0}
owners: {fallback: dana@seller.example}
tiers:
  add_on: {title: An add-on, worth: {flat: 1}, likely: 10%}
"""
_FACTS = """\
events:
  - {from: SOURCE, account: company_id}
facts:
  f0: {from: files.accounts, field: name, kind: text}
"""
_MAP = """\
from: {table: events, cursor: loaded_at}
events:
  id: id
  event: name
  time: occurred_at
  received_at: loaded_at
  account: account_id
  user: user_id
  properties: [rows, feature]
"""


Work = Callable[[], int]


def postgres_floor(address: str) -> Work:
    """COPY of the same columns, into columns of text."""
    import psycopg
    import pyarrow as pa
    from pyarrow import csv

    names = [f"c{place}" for place in range(_COLUMNS)]
    read = csv.ReadOptions(column_names=names)
    texts = csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()))

    def parsed(block: bytearray) -> int:
        return csv.read_csv(pa.py_buffer(bytes(block)), read, convert_options=texts).num_rows if block else 0

    def work() -> int:
        count, block = 0, bytearray()
        with psycopg.connect(address) as con, con.cursor() as cursor, cursor.copy(_COPY) as copy:
            while some := copy.read():
                block += some
                if len(block) > _BLOCK:
                    count += parsed(block)
                    block.clear()
        return count + parsed(block)

    return work


def mixpanel_floor(address: str) -> Work:
    """The same export, each line parsed."""
    import httpx

    from sandbox.mixpanel.app import PROJECT_ID, SECRET, SERVICE_ACCOUNT

    days = {"from_date": f"{BEGINS:%Y-%m-%d}", "to_date": f"{ENDS:%Y-%m-%d}", "project_id": PROJECT_ID}
    login, path = (SERVICE_ACCOUNT, SECRET), f"{address}/mixpanel/api/2.0/export"

    def work() -> int:
        with httpx.stream("GET", path, params=days, auth=login, timeout=600) as reply:
            reply.raise_for_status()
            return sum(1 for line in reply.iter_lines() if json.loads(line))

    return work


def postgres_pull(address: str) -> Work:
    os.environ["EXPANSION_WAREHOUSE_URL"] = address
    Path("sources").mkdir()
    Path("sources/events.yaml").write_text(_MAP)
    return _pull("warehouse.events")


def mixpanel_pull(address: str) -> Work:
    from sandbox.mixpanel.app import Mixpanel

    os.environ.update(Mixpanel.environment(address))
    return _pull("mixpanel.export")


def _pull(source: str) -> Work:
    """As a run does it; the ledger and the system are open before the clock starts."""
    from jobs.place import Place
    from jobs.pull import pull_one, pulls

    shared = Path("playbooks/shared")
    shared.mkdir(parents=True)
    Path("playbooks/triggers").mkdir()
    (shared / "policy.yaml").write_text(_POLICY)
    (shared / "facts.yaml").write_text(_FACTS.replace("SOURCE", source))
    place = Place()
    (wanted,) = [one for one in pulls(place) if one.source == source]
    place.ledger.cursor(source)
    place.systems.source(source)

    def work() -> int:
        done = pull_one(place, wanted, ENDS)
        if done.problem:
            raise RuntimeError(done.problem)
        return done.stored

    return work


WORK: dict[str, Callable[[str], Work]] = {
    "postgres floor": postgres_floor,
    "postgres pull": postgres_pull,
    "mixpanel floor": mixpanel_floor,
    "mixpanel pull": mixpanel_pull,
}


def main(what: str, address: str) -> None:
    with tempfile.TemporaryDirectory(prefix="expansion-bench-") as name:
        os.chdir(name)
        took, count = timed(WORK[what](address))
    print(json.dumps({**asdict(took), "peak_mb": peak_mb(), "count": count}))


if __name__ == "__main__":
    main(*sys.argv[1:])
