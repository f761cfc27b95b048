#!/usr/bin/env bash
# simple-salesforce: None clears a field over REST and bulk, and over bulk2 goes out as "leave it as it is".
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q simple-salesforce==1.12.10
timeout 60 "$work/venv/bin/python" - <<'PY'
import json
import sys
from importlib.metadata import version

import requests
from requests.adapters import BaseAdapter
from simple_salesforce import Salesforce

JOB = {"id": "750000000000001", "state": "JobComplete", "numberRecordsProcessed": 1, "numberRecordsFailed": 0}
BATCH = {"id": "751000000000001", "jobId": "750000000000001", "state": "Completed"}


class InProcess(BaseAdapter):
    """Salesforce's part of the talk, without a network; keeps what was uploaded."""

    def __init__(self):
        super().__init__()
        self.uploads = []

    def send(self, request, **_):
        answer = BATCH if "/batch" in request.url and "/ingest" not in request.url else JOB
        if request.method == "POST" and request.url.endswith("/ingest"):
            answer = JOB | {"state": "Open"}
        if request.url.endswith("/result"):
            answer = [{"success": True, "created": False, "id": "001000000000001", "errors": []}]
        if request.body and "Phone" in str(request.body):
            self.uploads.append(request.body)
        reply = requests.Response()
        reply.status_code = 201 if request.method == "PUT" else 200
        reply.request, reply.url = request, request.url
        reply._content = json.dumps(answer).encode()
        reply.headers["Content-Type"] = "application/json"
        return reply

    def close(self):
        pass


def uploaded(update):
    session, wire = requests.Session(), InProcess()
    session.mount("https://", wire)
    update(Salesforce(instance="example.my.salesforce.com", session_id="none", session=session))
    body = wire.uploads[-1]
    return body.decode() if isinstance(body, bytes) else body


cleared = [{"Id": "001000000000001", "Phone": None}]
rest = uploaded(lambda sf: sf.Account.update("001000000000001", {"Phone": None}))
bulk = uploaded(lambda sf: sf.bulk.Account.update(cleared))
bulk2 = uploaded(lambda sf: sf.bulk2.Account.update(records=cleared))
header, row = (line.split(",") for line in bulk2.strip("\n").splitlines())
cell = dict(zip(header, row))["Phone"].strip('"')

print(f"simple-salesforce {version('simple-salesforce')}: the same record, Phone None, three ways")
print(f"REST sends  {rest}\nbulk sends  {bulk}\nbulk2 sends {bulk2!r}")
print("expected: all three clear the field; in a Bulk API 2.0 CSV that is written #N/A")
print(f"seen:     bulk2 writes {cell!r}, an empty cell: leave the field as it is")
sys.exit(0 if cell == "" and json.loads(rest)["Phone"] is None and json.loads(bulk)[0]["Phone"] is None else 1)
PY
