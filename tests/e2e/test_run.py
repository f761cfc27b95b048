"""`expansion run` as a person starts it and ends it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from expansion.ledger.store import open_ledger
from expansion.records.ledger import RunRecord
from tests import world
from tests.e2e.conftest import RUN, Town, ended
from tests.e2e.test_kill import all_is_done_once

pytestmark = pytest.mark.flows


def run_record(town: Town) -> RunRecord:
    ledger = open_ledger(f"sqlite:///{town.home / 'ledger.db'}")
    try:
        return ledger.runs(1)[0]
    finally:
        ledger.close()


@pytest.mark.parametrize(
    ("number", "code", "point"),
    [
        (signal.SIGINT, 130, lambda town: town.asked("/query") > 0),
        (signal.SIGTERM, 143, lambda town: len(town.applied("create_task")) > 0),
    ],
    ids=["Ctrl-C while reading", "SIGTERM while sending"],
)
def test_a_run_that_is_ended_lets_go_and_the_next_goes_on(
    number: int,
    code: int,
    point: Callable[[Town], bool],
    town: Callable[..., Town],
    prefect_api: dict[str, str],
) -> None:
    here = town(**prefect_api)
    here.fault("salesforce", "slow", path="/query", seconds=0.5)
    here.fault("slack", "slow", method="POST", seconds=0.5)
    process = here.start(*RUN)
    while not point(here):
        assert not ended(process), here.said()
    process.send_signal(number)
    assert process.wait(60) == code, here.said()
    record = run_record(here)
    assert record.status == "failed"
    assert [problem["sentence"] for problem in record.summary["problems"]] == [
        f"stopped by {'Ctrl-C' if code == 130 else 'SIGTERM'}; the next run goes on from there"
    ]
    assert {step.state for step in here.steps()} <= {"due", "waiting", "done", "refused", "skipped"}
    assert "Traceback" not in here.said()
    assert here.start(*RUN).wait(120) == 0, here.said()
    all_is_done_once(here)


def test_a_run_needs_no_server_and_says_only_data_on_stdout(town: Callable[..., Town], tmp_path: Path) -> None:
    here = town(PREFECT_HOME=str(tmp_path / "fresh"))
    done = subprocess.run(
        [sys.executable, *RUN, "--json"],
        check=False,
        cwd=here.folder,
        env=dict(here.environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=150,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["status"] == "completed"
    assert len(report["firings"]) == 10
    assert len(report["steps"]) == 30
    assert report["problems"] == []
    for noise in ("Warning", "Traceback", "Error"):
        assert noise not in done.stderr
    assert world.called("ac-01") in done.stderr  # what happens is told as it happens
