#!/usr/bin/env bash
# hubspot-api-client: the README's retry for the rate limit does nothing for search, and without any retry a GET waits.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export NO_PROXY=127.0.0.1

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q hubspot-api-client==12.0.0 urllib3==2.8.0
timeout 60 "$work/venv/bin/python" - <<'PY'
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version

from hubspot import HubSpot
from hubspot.crm.companies import PublicObjectSearchRequest
from urllib3.util.retry import Retry


class Busy(BaseHTTPRequestHandler):
    requests = 0

    def answer(self):
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        Busy.requests += 1
        body = b'{"status":"error","errorType":"RATE_LIMIT","policyName":"SECONDLY"}'
        self.send_response(429)
        self.send_header("Retry-After", "1")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


def tried(call):
    Busy.requests, began = 0, time.monotonic()
    try:
        call()
    except Exception as error:
        return Busy.requests, round(time.monotonic() - began), type(error).__name__
    return Busy.requests, round(time.monotonic() - began), "no error"


server = HTTPServer(("127.0.0.1", 0), Busy)
threading.Thread(target=server.serve_forever, daemon=True).start()
host = f"http://127.0.0.1:{server.server_port}"
query = PublicObjectSearchRequest(filter_groups=[], properties=["name"], sorts=[], limit=1)
plain = HubSpot(access_token="none", host=host).crm.companies
readme = HubSpot(access_token="none", host=host, retry=Retry(total=5, status_forcelist=(429,))).crm.companies

rows = {
    "no retry asked for, list": (tried(plain.basic_api.get_page), "1 request, at once"),
    "README's Retry(total=5, status_forcelist=(429,)), list": (tried(readme.basic_api.get_page), "6 requests"),
    "README's Retry(total=5, status_forcelist=(429,)), search": (
        tried(lambda: readme.search_api.do_search(query)),
        "6 requests",
    ),
}
print(f"hubspot-api-client {version('hubspot-api-client')}, urllib3 {version('urllib3')}; 429 with Retry-After: 1")
for name, ((requests, seconds, error), expected) in rows.items():
    print(f"{name}\n  expected: {expected}\n  seen:     {requests} requests in {seconds} s, then {error}")

counts = [seen[0] for seen, _ in rows.values()]
sys.exit(0 if counts == [4, 6, 1] else 1)
PY
