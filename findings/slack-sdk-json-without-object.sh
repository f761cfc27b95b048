#!/usr/bin/env bash
# slack-sdk: an answer of 200 whose JSON is no object raises AttributeError, outside of all SlackClientErrors.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export NO_PROXY=127.0.0.1

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q slack-sdk==3.48.0
timeout 60 "$work/venv/bin/python" - <<'PY'
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version

from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError


class Gateway(BaseHTTPRequestHandler):
    body = b""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_):
        pass


def raised_for(body):
    Gateway.body = body
    try:
        client.chat_postMessage(channel="C0123456789", text="hello")
    except Exception as error:
        return type(error)
    return None


server = HTTPServer(("127.0.0.1", 0), Gateway)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = WebClient("none", base_url=f"http://127.0.0.1:{server.server_port}/api/")

answers = [b"not JSON at all", b"null", b'["temporarily unavailable"]', b'"temporarily unavailable"']
seen = {body: raised_for(body) for body in answers}
print(f"slack-sdk {version('slack-sdk')}")
print("expected: each odd answer with status 200 raises a SlackClientError (SlackApiError is one)")
for body, kind in seen.items():
    print(f"seen:     {body.decode():30} {kind and kind.__name__}")

caught = [kind is not None and issubclass(kind, SlackClientError) for kind in seen.values()]
sys.exit(0 if caught[:2] == [True, True] and list(seen.values())[2:] == [AttributeError] * 2 else 1)
PY
