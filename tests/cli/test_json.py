"""`--json` is one language: held here for every command, with something to tell in each."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cli.main import COMMANDS, Commands
from cli.main import cli as group
from cli.scripts import written
from expansion.contract import Disposition, Outcome
from expansion.ledger import verdicts
from expansion.ledger.store import open_ledger
from tests.cli.conftest import AS_OF
from tests.ledger.builders import NOON, a_firing, claim, key_of, record

URL = "sqlite:///.expansion/ledger.db"
KEY = re.compile(r"[a-z][a-z0-9_]*")
MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d")
NUMBER = re.compile(r"-?\d+([.,]\d+)?")
# Below these the keys are the customers', the vendors' or JSON Schema's own.
FOREIGN = {"evidence", "input", "recipe", "input_schema"}
NAMES = re.compile(r".*(_id|id|key|name|hash|version|holder)$|seen|wanted|value|detail|flips")  # digits may be a name

ASKED = {
    "accounts": [("accounts",), ("accounts", "north")],
    "actions": [("actions",)],
    "alerts": [],  # wants a Prefect server: tests/e2e/test_alerts.py
    "approve": [("approve",), ("approve", "--account", "Beta", "--decline")],
    "audit": [("audit",), ("audit", "--verify"), ("audit", "--heads")],
    "check": [("check",)],
    "clock": [("clock",)],
    "diff": [],  # wants runs by commits: tests/cli/test_diff.py
    "doctor": [("doctor",)],
    "events": [("events",), ("events", "Export Blocked")],
    "explain": [("explain", "export-limit", "a-100", "--as-of", AS_OF)],
    "facts": [("facts",)],
    "forecast": [("forecast", "--as-of", "2026-03-05")],
    "forget": [("forget", "ana", "--yes")],
    "import": [("import", "new.csv", "--map", "sample/events.map.yaml")],
    "init": [("init", "new-folder")],
    "ledger": [("ledger",), *(("ledger", f"--{view}") for view in ("steps", "runs", "clocks", "answers", "history"))],
    "lift": [("lift",)],
    "map": [
        ("map", "sample/events.csv"),
        ("map", "sample"),
        ("map", "--ready"),
        ("map", "--ready", "own/ga4-bigquery"),
    ],
    "outcome": [
        ("outcome",),
        ("outcome", "add", "a-100", "--contraction", "--amount", "900.50", "--at", "2026-03-01"),
        ("outcome", "seat-limit", "acme", "--useful"),
    ],
    "pause": [("pause", "trigger", "export-limit"), ("pause",)],
    "plan": [],  # wants a folder under git: tests/cli/test_plan.py
    "pull": [("pull",)],
    "reconcile": [("reconcile",)],
    "rank": [("rank", "--as-of", AS_OF)],
    "report": [("report", "--as-of", AS_OF), ("report", "--since", "2026-01-01")],
    "resume": [("resume", "trigger", "export-limit")],
    "run": [("run", "--dry-run", "--as-of", AS_OF)],
    "triggers": [("triggers", "--as-of", AS_OF)],
    "backtest": [("backtest", "--from", "2026-02-26", "--to", "2026-02-27")],
    "discover": [],  # the same: tests/cli/test_discover.py
    "tune": [],  # wants a history with outcomes: tests/cli/test_tune.py
    "unsure": [("unsure",)],
}


@pytest.fixture
def full(folder, change) -> Path:
    """A ledger with something of everything, and a file of which a row cannot be read."""
    change("triggers/export-limit.yaml", "status: watching", "status: live\nfirst_run: act")
    ledger = open_ledger(URL)
    record(
        ledger,
        a_firing(steps=[{"step_id": "tell", "action": "slack.post_message"}, {"step_id": "ask", "state": "waiting"}]),
        a_firing("beta", decision="flood", reason="flood brake: 30 new firings in one run", playbook=None),
        a_firing("cara", decision="held_out", worth=None, playbook=None),
    )
    claim(ledger, "slack.post_message")
    ledger.resolve([verdicts.unsure(key_of(step_id="tell"), "Slack's answer was cut off")], "me", NOON)
    ledger.pause("integration", "slack", "dana", "", NOON)
    ledger.add_outcomes(
        [Outcome("crm", "a-100", "expansion", NOON, "deal-1", amount=Decimal(900), currency="USD")], NOON
    )
    ledger.dispose(Disposition("slack.buttons", key_of(step_id="tell"), "claimed", "U0ANA", NOON, "click"), NOON)
    ledger.close()
    rows = ["event_id,event,happened_at,account_id,user_id", "n-1,Signed in,soon,a-100,ana"]
    Path("new.csv").write_text("\n".join(rows), encoding="utf-8")
    return folder


def test_every_command_is_asked():
    has_json = {
        name
        for name in COMMANDS
        for command in [Commands().get_command(click.Context(group), name)]
        if command and "--json" in [option for parameter in command.params for option in parameter.opts]
    }
    assert has_json <= set(ASKED), "a new command: write here how it is asked"


@pytest.mark.parametrize("arguments", [each for some in ASKED.values() for each in some], ids=" ".join)
def test_every_command_speaks_one_language(full, run, arguments):
    run("pause", "trigger", "export-limit") if arguments[0] == "resume" else None
    ran = run(*arguments, "--json")
    assert ran.code in (0, 1), ran.err
    said = json.loads(ran.out, parse_float=Decimal)
    assert said or arguments in [("pull",), ("ledger", "--clocks")], "it has something to tell"
    for where, key, value in _all(said):
        assert KEY.fullmatch(key), f"{where}: {key!r} is no key"
        if isinstance(value, str):
            assert not MOMENT.match(value), f"{where}: {value!r} is no ISO moment"
            assert not NUMBER.fullmatch(value) or NAMES.fullmatch(key), f"{where}: {value!r} is a number"
            assert value != "", f"{where}: nothing known is null"
        if key.endswith("_at") or key == "as_of":
            assert value is None or datetime.fromisoformat(value).tzinfo, f"{where}: {value!r}"


def _all(value: Any, where: str = "") -> Iterator[tuple[str, str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield f"{where}.{key}", key, inner
            if key not in FOREIGN:
                yield from _all(inner, f"{where}.{key}")
    elif isinstance(value, list):
        kinds = {type(one) for one in value}
        assert len(kinds) <= 1, f"{where}: a list of one kind"
        for place, inner in enumerate(value):
            yield from _all(inner, f"{where}[{place}]")


@pytest.mark.parametrize(
    "arguments",
    [
        ("explain", "export-limt", "a-100"),
        ("explain", "export-limit", "nobody-here"),
        ("ledger", "--trigger", "nosuch"),
        ("ledger", "--account", "nosuch"),
        ("approve", "--trigger", "nosuch"),
        ("run", "--dry-run", "--trigger", "nosuch"),
        ("pull", "salesfroce"),
        ("unsure", "zzz", "done"),
        ("ledger", "--limit", "0"),
        ("ledger", "--nosuch"),
        ("pause", "export-limit"),
        ("stauts",),
    ],
    ids=" ".join,
)
def test_an_error_is_one_object_on_the_last_line_of_stderr(full, run, arguments):
    ran = run(*arguments, "--json")
    assert ran.code in (1, 2)
    assert ran.out == ""
    (said,) = json.loads(ran.err.splitlines()[-1]).values()
    assert said["exit_code"] == ran.code
    assert said["message"]
    assert said["hint"]
    assert len(ran.err.splitlines()) == 1


def test_mistakes_are_listed_in_the_error(full, run, change):
    change("triggers/export-limit.yaml", "at_least: 3 ", "at_lest: 3 ")
    (mistake,) = json.loads(run("facts", "--json").err)["error"]["mistakes"]
    assert (mistake["file"].endswith("export-limit.yaml"), mistake["hint"]) == (True, "did you mean `at_least`?")


def test_nothing_of_an_amount_is_lost(full, run):
    amount = Decimal("12345678901234567890.12")
    ledger = open_ledger(URL)
    record(ledger, a_firing("dune", "seat-limit", worth=amount))
    ledger.close()
    said = json.loads(run("ledger", "--account", "dune", "--json").out, parse_float=Decimal)
    assert said[0]["worth"] == amount


def test_a_firing_and_a_step_have_the_same_fields_everywhere(full, run):
    dry = run("run", "--dry-run", "--as-of", AS_OF, "--json").json
    (firing,) = run("ledger", "--account", "acme", "--json").json
    step = run("ledger", "--steps", "--account", "acme", "--json").json[0]
    assert dry["firings"][0].keys() == firing.keys() - {"evidence"} == run("approve", "--json").json[0].keys()
    assert dry["steps"][0].keys() == step.keys() == run("unsure", "--json").json[0].keys()


def test_the_amounts_of_the_rows_add_up_to_the_totals(full, run):
    said = json.loads(run("ledger", "--json").out, parse_float=Decimal)
    dry = json.loads(run("run", "--dry-run", "--as-of", AS_OF, "--json").out, parse_float=Decimal)
    counted = sum(one["worth"] for one in dry["firings"] if one["worth_counts"])
    assert counted == sum(one["worth"] for one in dry["became"])
    assert all(isinstance(one["worth"], (Decimal, int)) or one["worth"] is None for one in said)


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.decimals(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(ANY)
def test_what_is_written_is_read_back(value: Any) -> None:
    def plain(one: Any) -> Any:
        if isinstance(one, dict):
            return {key: plain(inner) for key, inner in one.items()}
        if isinstance(one, list):
            return [plain(inner) for inner in one]
        return Decimal(one) if isinstance(one, (Decimal, int)) and not isinstance(one, bool) else one

    for indent in (2, None):
        assert json.loads(written(value, indent), parse_float=Decimal, parse_int=Decimal) == plain(value)


def test_moments_days_and_durations() -> None:
    east = timezone(timedelta(hours=2))
    said = {"at": datetime(2026, 3, 2, 9, tzinfo=east), "day": date(2026, 3, 2), "spent": timedelta(minutes=1.5)}
    assert json.loads(written(said)) == {"at": "2026-03-02T09:00:00+02:00", "day": "2026-03-02", "spent": 90}
    assert written([datetime(2026, 3, 2, 9, tzinfo=UTC)], None) == '["2026-03-02T09:00:00+00:00"]'
    assert written([Decimal("1E+3"), Decimal("NaN"), float("inf")], None) == "[1000, null, null]"
