"""kill -9 anywhere in a run; after the next one, every step was done once, and the ledger says so."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Callable

import pytest

from tests import world
from tests.e2e.conftest import RUN, Town, finish, kill_when

SEED = int(os.environ.get("EXPANSION_TEST_SEED", "7"))
# How many kills at a moment that only chance knows, with and without Prefect.
MORE = int(os.environ.get("EXPANSION_TEST_KILLS", "2"))

# In the order in which a run comes to them: the name of a point, and how a test outside knows that it is reached.
POINTS: dict[str, Callable[[Town], bool]] = {
    "while accounts are read": lambda town: town.asked("/query") > 0,
    "while events are read": lambda town: town.asked("/export") > 0,
    "when events are stored": lambda town: len(list(town.home.glob("usage/events/*.parquet"))) > 0,
    "when firings are written": lambda town: town.in_ledger("firings") > 0,
    "when the first tasks are made": lambda town: len(town.applied("create_task")) > 0,
    "when the first message is posted": lambda town: len(town.applied("post_message")) > 0,
    "when the desk has its tasks": lambda town: len(town.applied("create_task")) > 5,
    "when the last system is told": lambda town: len(town.applied("event")) > 1,
}

# Nothing is busy in these worlds, so nothing may wait as long as for a busy system: a step that did would be left over.
PATIENT = {"EXPANSION_RETRY_WAITS": "[60]"}


def all_is_done_once(town: Town) -> None:
    """Outside and in the ledger."""
    created = town.applied("create_task") | town.applied("post_message")
    assert set(created.values()) == {1}, "something was done twice"
    steps = town.steps()
    sent = {step.key for step in steps if step.step_id in ("ask", "tell") and step.state == "done"}
    assert set(created) == sent
    assert Counter((step.step_id, step.state) for step in steps) == {
        ("tell", "done"): 6,
        ("ask", "done"): 9,
        ("ask", "refused"): 1,
        ("nudge", "waiting"): 5,
        ("nudge", "skipped"): 1,
        ("mark", "done"): 4,
        ("note", "done"): 4,
    }
    for account in world.BIG:
        record = town.state.get("salesforce.Account", world.salesforce_id(account)) or {}
        assert record["Expansion_Signal__c"] == "A large customer"


@pytest.mark.parametrize("point", POINTS)
def test_a_job_that_is_killed_is_finished_by_the_next(point: str, town: Callable[..., Town]) -> None:
    here = town(**PATIENT)
    here.fault("slack", "slow", seconds=0.3)
    assert kill_when(here.job(), lambda: POINTS[point](here)), here.said()
    assert finish(here.job()) == 0, here.said()
    all_is_done_once(here)


@pytest.mark.parametrize("number", range(4 * MORE))
def test_a_job_that_is_killed_at_any_moment_is_finished_by_the_next(number: int, town: Callable[..., Town]) -> None:
    here, chance = town(**PATIENT), random.Random(SEED * 1000 + number)
    for _ in range(2):
        kill_when(here.job(), after(chance.uniform(0, 1.5), lambda: here.asked("") > 0))
    assert finish(here.job()) == 0, here.said()
    all_is_done_once(here)


@pytest.mark.long
@pytest.mark.flows
def test_runs_that_are_killed_one_after_the_other_are_finished_by_the_last(
    town: Callable[..., Town], prefect_api: dict[str, str]
) -> None:
    here = town(**prefect_api)
    for vendor in ("slack", "hubspot", "intercom"):
        here.fault(vendor, "slow", method="POST", seconds=0.3)
    reached = [POINTS[point] for point in list(POINTS)[::2]] + [POINTS["when the last system is told"]]
    killed = [kill_when(here.start(*RUN), lambda point=point: point(here)) for point in reached]
    assert sum(killed) >= 4, here.said()
    assert here.start(*RUN).wait(120) == 0, here.said()
    all_is_done_once(here)


@pytest.mark.long
@pytest.mark.flows
@pytest.mark.parametrize("number", range(MORE // 2))
def test_a_run_that_is_killed_at_any_moment_is_finished_by_the_next(
    number: int, town: Callable[..., Town], prefect_api: dict[str, str]
) -> None:
    here, chance = town(**prefect_api), random.Random(SEED * 2000 + number)
    kill_when(here.start(*RUN), after(chance.uniform(0, 8), lambda: here.asked("") > 0))
    assert here.start(*RUN).wait(120) == 0, here.said()
    all_is_done_once(here)


def after(seconds: float, begun: Callable[[], bool]) -> Callable[[], bool]:
    """True once it is so long since `begun` was true for the first time."""
    since: list[float] = []

    def now() -> bool:
        if not since and begun():
            since.append(time.monotonic())
        return bool(since) and time.monotonic() - since[0] >= seconds

    return now
