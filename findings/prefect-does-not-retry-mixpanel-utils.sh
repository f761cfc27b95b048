#!/usr/bin/env bash
# mixpanel-utils with Prefect: a busy Mixpanel ends in a bare BaseException, so a task's retries are not used.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export NO_PROXY=127.0.0.1 PREFECT_HOME="$work/prefect" PREFECT_SERVER_ANALYTICS_ENABLED=false
export PREFECT_LOGGING_LEVEL=CRITICAL

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q prefect==3.9.1 mixpanel-utils==2.2.7
timeout 180 "$work/venv/bin/python" - 2>"$work/log" <<'PY' || { code=$?; tail -n 20 "$work/log"; exit "$code"; }
import asyncio
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version

from mixpanel_utils import MixpanelUtils
from prefect import flow, task
from prefect.testing.utilities import prefect_test_harness


class Busy(BaseHTTPRequestHandler):
    at = []

    def do_GET(self):
        Busy.at.append(time.monotonic())
        self.send_response(503)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


runs = {"export": 0, "other": 0}
server = HTTPServer(("127.0.0.1", 0), Busy)
threading.Thread(target=server.serve_forever, daemon=True).start()


@task(retries=2)
def export():
    runs["export"] += 1
    mixpanel = MixpanelUtils("none", project_id=1, service_account_username="none")
    mixpanel.raw_api = f"http://127.0.0.1:{server.server_port}"
    mixpanel.query_export({"from_date": "2026-03-01", "to_date": "2026-03-01"})


@task(retries=2)
def other():
    runs["other"] += 1
    raise OSError("the same, told with an Exception")


@flow
async def pull(step):
    try:
        step()
    except Exception:
        return "an Exception"
    except BaseException as error:
        return f"{type(error).__name__}, past 'except Exception'"


async def both():
    return await pull(other), await pull(export)


with prefect_test_harness(server_startup_timeout=90):
    ordinary, raised = asyncio.run(both())

took = Busy.at[-1] - Busy.at[0]
print(f"mixpanel-utils {version('mixpanel-utils')}, prefect {version('prefect')}; Mixpanel answers 503; @task(retries=2)")
print(f"a task that raises OSError: run {runs['other']} times, then {ordinary}")
print("expected: the export as well is run 3 times by Prefect, then an Exception")
print(f"seen:     the export is run {runs['export']} time, then {raised}")
print(f"seen:     {len(Busy.at)} requests within {took:.1f} s: its own retries do not pause")
sys.exit(0 if runs == {"export": 1, "other": 3} and raised.startswith("BaseException") else 1)
PY
