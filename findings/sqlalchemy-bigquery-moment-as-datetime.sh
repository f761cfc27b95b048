#!/usr/bin/env bash
# sqlalchemy-bigquery: a moment in a zone is sent as a DATETIME, which BigQuery does not compare with a TIMESTAMP column.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q sqlalchemy-bigquery==1.17.3 SQLAlchemy==2.1.9 google-cloud-bigquery==3.47.0
timeout 60 "$work/venv/bin/python" - <<'PY'
import re
import sys
from datetime import datetime, timedelta, timezone
from importlib.metadata import version

from google.cloud.bigquery import ScalarQueryParameter
from sqlalchemy import TIMESTAMP, create_engine, literal, literal_column

# The client is the caller's, so that nobody is asked for a key.
dialect = create_engine("bigquery://project/dataset?user_supplied_client=true").dialect
moment = datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=2)))
column = literal_column("updated_at")


def sent(value):
    compiled = (column >= value).compile(dialect=dialect)
    kind = re.search(r":(\w+)\)s", str(compiled))[1]
    return kind, ScalarQueryParameter("p", kind, moment).to_api_repr()["parameterValue"]["value"]


plain, typed = sent(literal(moment)), sent(literal(moment, TIMESTAMP(timezone=True)))
print(f"sqlalchemy-bigquery {version('sqlalchemy-bigquery')}, SQLAlchemy {version('SQLAlchemy')}")
print(f"updated_at >= literal({moment.isoformat()})")
print("  expected: a TIMESTAMP, which is what BigQuery calls a moment in a zone; its own rows give such a value back")
print(f"  seen:     {plain[0]} {plain[1]}")
print(f"  with literal(…, TIMESTAMP(timezone=True)): {typed[0]} {typed[1]}")
sys.exit(0 if plain[0] == "DATETIME" and typed[0] == "TIMESTAMP" else 1)
PY
