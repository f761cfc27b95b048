"""prefect.yaml: deployed without a prompt, picked up by a process worker, seen to complete."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests import world
from tests.e2e.conftest import ROOT, Town

DEPLOYED = YAML(typ="safe").load(ROOT / "prefect.yaml")
NAMES = {"weekdays", "working-hours", "every-morning", "what-came-of-it", "what-waits"}


def test_schedules_are_in_the_time_zone_of_the_policy() -> None:
    policy = YAML(typ="safe").load(ROOT / "playbooks/shared/policy.yaml")
    zones = {schedule["timezone"] for each in DEPLOYED["deployments"] for schedule in each["schedules"]}
    assert zones == {policy["time_zone"]}


def test_the_zombie_automation_waits_for_three_heartbeats() -> None:
    automation = YAML(typ="safe").load(ROOT / "automations/zombies.yaml")
    for each in DEPLOYED["deployments"]:
        heartbeat = each["work_pool"]["job_variables"]["env"]["PREFECT_FLOWS_HEARTBEAT_FREQUENCY"]
        assert automation["trigger"]["within"] == 3 * int(heartbeat)


def test_the_zombie_automation_leaves_alone_what_waits_and_what_is_suspended() -> None:
    """What is paused goes on sending heartbeats; `Paused` must not stand in for them, or its death would go unseen.

    Prefect 3.9.1: a pause polls inside the flow (`flow_runs.apause_flow_run`), within `_send_heartbeats`, whose thread
    stops only at a final state (`flow_engine`). Every heartbeat opens the bucket anew (`server/events/triggers`,
    the "special case of a proactive trigger"). A suspended run has no process; its state's event is the last one.
    """
    trigger = YAML(typ="safe").load(ROOT / "automations/zombies.yaml")["trigger"]
    assert trigger["after"] == ["prefect.flow-run.heartbeat"]
    assert "prefect.flow-run.heartbeat" in trigger["expect"]
    assert "prefect.flow-run.Suspended" in trigger["expect"]
    assert "prefect.flow-run.Paused" not in trigger["expect"]


@pytest.mark.flows
def test_a_deployed_run_is_picked_up_and_completes(town: Callable[..., Town], prefect_api: dict[str, str]) -> None:
    here = town(**prefect_api)
    environment = {**here.environment, "EXPANSION_PROJECT_DIR": str(here.folder)}
    prefect(environment, "work-pool", "create", "expansion", "--type", "process", "--overwrite")
    prefect(environment, "--no-prompt", "deploy", "--all")
    prefect(environment, "automation", "create", "--from-file", "automations/zombies.yaml")
    deployments = {each["name"]: each for each in asked(environment, "deployments")}
    assert set(deployments) == NAMES
    main = deployments["weekdays"]
    assert main["concurrency_options"]["collision_strategy"] == "CANCEL_NEW"
    assert main["global_concurrency_limit"]["limit"] == 1
    [step] = main["pull_steps"]
    assert step["prefect.deployments.steps.set_working_directory"]["directory"] == str(here.folder)

    # A run that the schedule begins meanwhile, on the hour, would cancel this one.
    [schedule] = main["schedules"]
    prefect(environment, "deployment", "schedule", "pause", "expansion/weekdays", schedule["id"])
    with worker(environment, here.folder):
        as_of = f"as_of={world.AS_OF.isoformat()}"
        prefect(environment, "deployment", "run", "expansion/weekdays", "--param", as_of, "--watch")
    steps = here.steps()
    assert sum(step.state == "done" for step in steps) == 23
    runs = [each for each in asked(environment, "flow_runs") if each["deployment_id"] == main["id"]]
    [run] = [each for each in runs if "as_of" in each["parameters"]]  # the server is shared with other tests
    assert (run["state_name"], run["tags"]) == ("Completed", ["expansion"])
    made = [each for each in asked(environment, "automations") if "heartbeat" in each["name"]]
    assert {each["trigger"]["within"] for each in made} == {90}


@pytest.mark.long
@pytest.mark.flows
def test_what_is_deployed_is_scheduled_and_a_run_that_is_due_is_done_by_the_worker(
    town: Callable[..., Town], prefect_api: dict[str, str]
) -> None:
    """As prefect.yaml has it, but one of the schedules comes every minute, so that a test can wait for it."""
    here = town(**prefect_api)
    environment = {**here.environment, "EXPANSION_PROJECT_DIR": str(here.folder)}
    every_minute = here.folder / "prefect.yaml"
    text = (ROOT / "prefect.yaml").read_text(encoding="utf-8")
    assert text.count('cron: "15,45 9-17 * * 1-5"') == 1
    every_minute.write_text(text.replace('cron: "15,45 9-17 * * 1-5"', 'cron: "* * * * *"'), encoding="utf-8")
    prefect(environment, "work-pool", "create", "expansion", "--type", "process", "--overwrite")
    prefect(environment, "--no-prompt", "deploy", "--all", "--prefect-file", str(every_minute))
    ids = {each["id"]: each["name"] for each in asked(environment, "deployments")}

    def scheduled() -> set[str]:
        runs = asked(environment, "flow_runs", {"flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}})
        return {ids[run["deployment_id"]] for run in runs if run["auto_scheduled"]}

    def done() -> list[dict[str, Any]]:
        completed = {"flow_runs": {"state": {"name": {"any_": ["Completed"]}}}}
        runs = asked(environment, "flow_runs", completed)
        return [run for run in runs if run["auto_scheduled"] and ids[run["deployment_id"]] == "working-hours"]

    until(lambda: scheduled() == NAMES, 60, "no run was scheduled")
    with worker(environment, here.folder):
        until(lambda: bool(done()), 150, "no scheduled run was done")
    assert done()[0]["state"]["message"] == "0 steps done"


def until(so: Callable[[], bool], seconds: float, else_: str) -> None:
    deadline = time.monotonic() + seconds
    while not so():
        assert time.monotonic() < deadline, f"{else_} in {seconds:g} seconds"
        time.sleep(1)


def prefect(environment: Mapping[str, str], *arguments: str) -> None:
    command = [sys.executable, "-m", "prefect", *arguments]
    done = subprocess.run(
        command, check=False, cwd=ROOT, env=dict(environment), capture_output=True, text=True, timeout=150
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


def asked(environment: Mapping[str, str], what: str, which: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    """All of a kind that Prefect's server knows, or those that a filter names."""
    request = urllib.request.Request(
        f"{environment['PREFECT_API_URL']}/{what}/filter",
        json.dumps(which or {}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as reply:
        return list(json.loads(reply.read()))


@contextmanager
def worker(environment: Mapping[str, str], folder: Path) -> Iterator[None]:
    """A process worker, started elsewhere than in the project; ended as systemd would, and surely."""
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    with (folder / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "prefect", "worker", "start", "--pool", "expansion"],
            cwd=elsewhere,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            deadline = time.monotonic() + 20
            while process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.1)
            process.kill()
            process.wait()
