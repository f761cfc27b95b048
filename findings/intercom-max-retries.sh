#!/usr/bin/env bash
# python-intercom: the README promises two retries by default; there is none, nor with max_retries 1 or 2.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export NO_PROXY=127.0.0.1

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q python-intercom==5.0.1
timeout 60 "$work/venv/bin/python" - <<'PY'
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version

from intercom import Intercom
from intercom.core.api_error import ApiError


class Busy(BaseHTTPRequestHandler):
    requests = 0

    def do_GET(self):
        Busy.requests += 1
        self.send_response(429)
        self.send_header("Retry-After", "1")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


def requests_with(options):
    Busy.requests = 0
    try:
        client.admins.list(request_options=options)
    except ApiError:
        pass
    return Busy.requests


server = HTTPServer(("127.0.0.1", 0), Busy)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = Intercom(token="none", base_url=f"http://127.0.0.1:{server.server_port}")

print(f"python-intercom {version('python-intercom')}; every answer is 429 with Retry-After: 1")
print("README: 'automatic retries ... retry limit (default: 2)', 'use the max_retries request option'")
seen = {"default": requests_with(None)}
seen |= {f"max_retries {count}": requests_with({"max_retries": count}) for count in (1, 2, 3)}
for (name, requests), expected in zip(seen.items(), (3, 2, 3, 4)):
    print(f"{name}: expected {expected} requests, seen {requests}")
sys.exit(0 if list(seen.values()) == [1, 1, 1, 2] else 1)
PY
