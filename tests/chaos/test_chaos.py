"""A few worlds of chaos in every run of the tests; `make chaos` plays 500. And: does it see a broken product?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.chaos.__main__ import postgres
from tests.chaos.breaking import BROKEN
from tests.chaos.faults import Fault
from tests.chaos.plan import RIGHT, Ending, Plan, Step, Wrong, draw, read, shorter
from tests.chaos.run import Stage, run, stages

POST = (Step("slack.post_message"),)
FINDABLE = (Step("salesforce.create_task"),)

# What each broken product does wrong, shown by the shortest plan that shows it.
SHOWS = {
    "repeats what may have happened": Plan(1, "sqlite", 1, (POST,), (Fault("cut", "slack", "cut_after"),)),
    "believes the first look": Plan(
        2, "sqlite", 1, (POST,), (Fault("slow", "slack", "slow", seconds=0.55),), (), history=True
    ),
    "forgets what the dead had": Plan(3, "sqlite", 1, (POST,), (), (Ending("kill", "sending"),)),
    # The second worker wakes up when the first waits for what became of its post, more than a second before that is
    # carried out: Slack takes one a second.
    "goes by its own clock": Plan(
        4,
        "postgresql",
        2,
        (POST,),
        (Fault("slow", "slack", "slow", seconds=3.0),),
        (Ending("kill", "asked", 99), Ending("stop", "commit", asleep=0.9)),
        clocks=(RIGHT, Wrong(7200.0)),
        settle=4.0,
    ),
}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("chaos")
    with postgres(SHOWS.values()) as server, stages(1, folder, server) as [lane]:
        yield lane


@pytest.fixture
def broken(stage: Stage) -> Iterator[Callable[[str], Stage]]:
    def break_it(name: str) -> Stage:
        stage.broken, stage.peace = name, 2.0
        return stage

    whole = stage.peace
    yield break_it
    stage.broken, stage.peace = None, whole


@pytest.mark.parametrize("seed", [23, 31])
def test_a_drawn_run_contradicts_nothing(stage: Stage, seed: int) -> None:
    outcome = run(draw(seed, ("sqlite",)), stage)
    assert outcome.wrong == [], outcome.dump
    assert sum(outcome.states.values()) > 0


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_product_is_seen(name: str, broken: Callable[[str], Stage], stage: Stage) -> None:
    plan = SHOWS[name]
    # Which worker is first is chance.
    assert any(run(plan, broken(name)).wrong for _ in range(4)), "nothing was noticed"
    stage.broken = None
    assert run(plan, stage).wrong == []


def test_a_worker_whose_disk_is_full_ends_and_the_next_one_finishes(stage: Stage) -> None:
    plan = replace(draw(9003, ("sqlite",)), endings=(Ending("full", "answered"),), workers=1, clocks=())
    outcome = run(plan, stage)
    assert outcome.wrong == [], outcome.dump
    assert outcome.fulls == 1, "it was played"


def test_a_plan_is_the_same_for_its_seed_and_can_be_written_down_and_cut() -> None:
    plan = draw(7)
    assert plan == draw(7) == read(plan.to_json())
    assert plan != draw(8)
    assert all(len(less.to_json()) < len(plan.to_json()) or less.workers == 1 for less in shorter(plan))


def test_every_kind_of_fault_and_end_is_drawn(tmp_path: Path) -> None:
    plans = [draw(seed) for seed in range(300)]
    assert {fault.kind for plan in plans for fault in plan.faults} == {
        "status", "slow", "cut_before", "cut_after", "truncate"
    }  # fmt: skip
    assert {ending.how for plan in plans for ending in plan.endings} == {"kill", "stop", "full"}
    assert {plan.key_property for plan in plans} == {"unique", "searched", "none"}
    off = [plan for plan in plans if plan.clocks]
    assert {plan.database for plan in off} == {"sqlite", "postgresql"}
    assert {wrong.ahead > 0 for plan in off for wrong in plan.clocks if wrong.ahead} == {True, False}
    assert {wrong.by > 0 for plan in off for wrong in plan.clocks if wrong.by} == {True, False}
    assert {plan.workers for plan in plans if plan.database == "postgresql"} == {1, 2, 3, 4}
