"""Five real hours of public GitHub activity, through the whole job: a task for each account that plain loops name."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.salesforce.app import Salesforce
from tests.e2e.conftest import Town
from tests.realdata.test_github_hours import EXAMPLE, HOURS, _events, expected

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.flows,
    pytest.mark.long,
    pytest.mark.skipif(not HOURS, reason="the GitHub hours are not beside the checkout, in ../shared/data"),
]
AS_OF = "2015-02-23T00:00:00Z"
REVOPS = {"Id": "0055e0000000009AAA", "Email": "revops@acme.example", "Name": "Revenue operations", "IsActive": True}


def expansion(town: Town, *arguments: str) -> Any:
    """A command of the product, with its JSON."""
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", *arguments, "--json"],
        check=False,
        cwd=town.folder,
        env=dict(town.environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_stand_ins_hold_one_task_per_firing(town: Callable[..., Town], prefect_api: dict[str, str]) -> None:
    here = town(**prefect_api, EXPANSION_PLAYBOOKS=str(EXAMPLE / "playbooks"))
    Salesforce(here.state).load({"salesforce": {"users": [REVOPS]}})
    imported = expansion(here, "import", *map(str, HOURS), "--map", str(EXAMPLE / "map.yaml"))
    assert sum(one["not_readable"] for one in imported["files"]) == 0
    report = expansion(here, "run", "--as-of", AS_OF)
    events = [event for hour in HOURS for event in _events(hour)]
    wanted = expected(events, "2015-02-22T21:00:00Z", AS_OF)
    fired = {(row["account_id"], row["trigger"]) for row in report["firings"]}
    assert fired == {(account, trigger) for trigger, accounts in wanted.items() for account in accounts}
    tasks = [task for _, task in here.state.items("salesforce.Task")]
    # Two firings of one account are one piece of work: the task of the more valuable one.
    assert len(tasks) == len({account for account, _ in fired})
    assert set(here.applied("create_task").values()) == {1}
    assert {step["state"] for step in report["steps"]} == {"done"}
    again = expansion(here, "run", "--as-of", AS_OF)
    assert again["firings"] == []
    assert set(here.applied("create_task").values()) == {1}
