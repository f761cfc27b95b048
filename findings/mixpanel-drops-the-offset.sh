#!/usr/bin/env bash
# mixpanel (Python): a datetime loses its time zone on the way out, and is not turned into UTC.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q mixpanel==5.4.1
timeout 60 "$work/venv/bin/python" - <<'PY'
import json
import sys
from datetime import datetime, timedelta, timezone
from importlib.metadata import version

from mixpanel import Mixpanel


class Kept:
    """A consumer that keeps what would be sent."""

    def send(self, _endpoint, message, *_):
        self.message = json.loads(message)


def sent(moment):
    kept = Kept()
    Mixpanel("none", consumer=kept).group_set("company", "acme", {"renews_at": moment})
    return kept.message["$set"]["renews_at"]


utc = datetime(2026, 3, 2, 3, 30, tzinfo=timezone.utc)
new_york = utc.astimezone(timezone(timedelta(hours=-5)))
assert utc == new_york
print(f"mixpanel {version('mixpanel')}")
print(f"one moment, written twice: {utc.isoformat()} and {new_york.isoformat()}")
print("expected: both are sent as the same moment, with the offset or in UTC (Mixpanel asks for UTC)")
print(f"seen:     {sent(utc)} and {sent(new_york)}")
sys.exit(0 if (sent(utc), sent(new_york)) == ("2026-03-02T03:30:00", "2026-03-01T22:30:00") else 1)
PY
