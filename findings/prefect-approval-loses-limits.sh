#!/usr/bin/env bash
# Prefect: RunInput.with_initial_data drops the limits of the fields it fills, in the form and in the check.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PREFECT_HOME="$work/prefect" PREFECT_SERVER_ANALYTICS_ENABLED=false

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q prefect==3.9.1
timeout 120 "$work/venv/bin/python" - <<'PY'
import sys
from importlib.metadata import version

from prefect.input import RunInput
from pydantic import Field, ValidationError


class Approval(RunInput):
    credits: int = Field(ge=1, le=500, description="how many credits to grant, at most 500")


def takes(model, credits):
    try:
        model(credits=credits)
    except ValidationError:
        return False
    return True


filled = Approval.with_initial_data(credits=100)
field = filled.model_json_schema()["properties"]["credits"]
print(f"prefect {version('prefect')}: an approval whose field holds 1 to 500, asked with and without a first value")
print("expected: both refuse 9999, and the form of both says maximum 500")
print(f"seen:     without a first value, 9999 is {'taken' if takes(Approval, 9999) else 'refused'}")
print(f"seen:     with_initial_data(credits=100), 9999 is {'taken' if takes(filled, 9999) else 'refused'}")
print(f"seen:     its form says {field}")
lost = "maximum" not in field and takes(filled, 9999)
sys.exit(0 if lost and not takes(Approval, 9999) else 1)
PY
