#!/usr/bin/env bash
# Prefect 3.8.8 with SQLAlchemy 2.1: schedules are on and no run ever appears; its own pins allow the pair.
set -euo pipefail
work=$(mktemp -d)
server=
stop() { if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; server=; fi; }
trap 'stop; rm -rf "$work"' EXIT
export NO_PROXY=127.0.0.1 PREFECT_SERVER_ANALYTICS_ENABLED=false
export PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS=5

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q prefect==3.8.8 'fastapi<0.151' sqlalchemy==2.1.9
cat >"$work/ask.py" <<'PY'
"""Make a deployment with a schedule, wait for runs of it, print what there is."""

import asyncio
import sys
from datetime import timedelta
from importlib.metadata import version

from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterId
from prefect.client.schemas.schedules import IntervalSchedule


@flow
def hourly():
    pass


async def runs_within(seconds):
    async with get_client() as client:
        schedule = DeploymentScheduleCreate(schedule=IntervalSchedule(interval=timedelta(hours=1)), active=True)
        made = await client.create_deployment(await client.create_flow(hourly), name="hourly", schedules=[schedule])
        kept = await client.read_deployment(made)
        ours = DeploymentFilter(id=DeploymentFilterId(any_=[made]))
        for _ in range(seconds):
            found = await client.read_flow_runs(deployment_filter=ours)
            if found:
                break
            await asyncio.sleep(1)
        return kept.schedules[0].active and not kept.paused, len(found)


on, count = asyncio.run(runs_within(int(sys.argv[1])))
print(f"prefect {version('prefect')}, SQLAlchemy {version('sqlalchemy')}: schedule on: {on}; scheduled runs: {count}")
sys.exit(0 if on else 2)
PY

# What a fresh server schedules within so many seconds, in a home of its own.
scheduled() {
  local port
  port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  export PREFECT_HOME="$work/$1" PREFECT_API_URL="http://127.0.0.1:$port/api"
  timeout 240 "$work/venv/bin/prefect" server start --host 127.0.0.1 --port "$port" --no-ui >"$work/$1.log" 2>&1 &
  server=$!
  for _ in $(seq 90); do
    python3 -c 'import sys, urllib.request; urllib.request.urlopen(sys.argv[1], timeout=1)' \
      "$PREFECT_API_URL/health" 2>/dev/null && break
    sleep 1
  done
  timeout 150 "$work/venv/bin/python" "$work/ask.py" "$2"
  stop
}

new=$(scheduled new 60)
told=$(grep -c "Can't evaluate bulk DML statement" "$work/new.log" || true)
"$work/venv/bin/pip" install -q 'sqlalchemy<2.1'
old=$(scheduled old 60)

echo "expected: with either SQLAlchemy, runs appear within a few seconds (the scheduler looks every 5 s here)"
echo "seen:     $old"
echo "seen:     $new in 60 s, and $told times \"Can't evaluate bulk DML statement\" in the server's log"
[[ $new == *"on: True; scheduled runs: 0" && $told -gt 0 && $old != *"scheduled runs: 0" ]]
