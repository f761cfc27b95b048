"""The flows over real HTTP and a real Prefect server. One file: one worker, one server."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from prefect.flow_engine import BaseFlowRunEngine

import flows.main
import flows.tasks
from expansion.records.ledger import FiringFilter, FiringRecord, RunRecord, StepFilter
from jobs import approve as approving
from jobs.decide import decide_all, evaluate, triggers_to_check
from jobs.place import Place
from tests import world
from tests.flows.afterwards import job
from tests.flows.conftest import Outside
from tests.flows.pausing import every_second, waits_for_a_person
from tests.flows.rails import planned, write_rails, written

pytestmark = [pytest.mark.flows, pytest.mark.usefixtures("prefect_server", "outside")]

LATER = world.AS_OF + timedelta(days=4)
_PERSON = """\
trigger: person
title: Somebody meets a paywall
owner: dana@seller.example
status: live
first_run: act
who: users
when:
  - {event: Paywall Viewed, at_least: 2, over: 14 days}
leads_to: plan_change
then: {playbook: call}
"""


async def run(**parameters: Any) -> Any:
    """The main flow over what is stored; its state."""
    from flows.main import expansion

    return await expansion(**{"as_of": world.AS_OF, "pull_sources": False, **parameters}, return_state=True)


def ask(question: Callable[[Place], Any]) -> Any:
    place = Place()
    try:
        return question(place)
    finally:
        place.close()


def steps(**narrow: Any) -> list[tuple[str, str, str]]:
    """(account, step, state), by account."""
    found = ask(lambda place: place.ledger.steps(StepFilter(**narrow)))
    return sorted((step.account_id, step.step_id, step.state) for step in found)


def states(step: str) -> Counter[str]:
    return Counter(state for _, name, state in steps() if name == step)


def last_run() -> RunRecord:
    return ask(lambda place: place.ledger.runs(1))[0]


async def sooner_or_later(question: Callable[[], Awaitable[Any]]) -> Any:
    """Prefect writes events and task runs down a moment after they happen."""
    for _ in range(60):
        if found := await question():
            return found
        await asyncio.sleep(0.25)
    pytest.fail("Prefect's server never knew")


# --- the main job -----------------------------------------------------------------------------------------------------


async def test_the_main_job_pulls_evaluates_decides_and_delivers_and_a_second_run_sends_nothing(
    outside: Outside,
) -> None:
    state = await run(pull_sources=True)
    assert (state.name, state.message) == (
        "Completed",
        "10 of 10 new firings acted on, worth $29,000 a year; 23 steps done",
    )
    assert states("tell") == {"done": 6}
    assert states("ask") == {"done": 9, "refused": 1}
    assert states("mark") == states("note") == {"done": 4}
    assert states("nudge") == {"waiting": 5, "skipped": 1}
    assert last_run().status == "completed"
    made = [*outside.applied("create_task").values(), *outside.applied("post_message").values()]
    assert sorted(made) == [1] * 15
    again = await run(pull_sources=True)
    assert again.message == "0 new firings; 0 steps done"
    assert sorted([*outside.applied("create_task").values(), *outside.applied("post_message").values()]) == made


async def test_prefect_shows_what_happened(outside: Outside) -> None:
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import ArtifactFilter, FlowRunFilter

    state = await run()
    id_ = state.state_details.flow_run_id
    async with get_client() as client:
        one = await client.read_flow_run(id_)
        assert one.name == "expansion as of 2026-03-02 09:00"
        assert set(one.parameters) == {"as_of", "triggers", "pull_sources"}
        ours = FlowRunFilter(parent_flow_run_id={"any_": [id_]})
        parts = await client.read_flow_runs(flow_run_filter=ours)
        assert sorted(part.name for part in parts) == ["call", "desk"]
        assert [sorted(part.parameters) for part in parts] == [["playbook", "run_id"]] * 2
        assert all(part.tags == ["expansion"] for part in parts)

        found = await client.read_artifacts(artifact_filter=ArtifactFilter(flow_run_id={"any_": [id_]}))
        artifacts = {artifact.key: artifact.data for artifact in found}
        fired, done = json.loads(artifacts["what-fired"]), json.loads(artifacts["what-was-done"])
        fired = [{**row, "trigger": row["what happens"].partition(":")[0]} for row in fired]
        assert {(row["account"], row["trigger"]) for row in fired} == {
            *((world.called(name), "paywall") for name in world.PAYWALL),
            *((world.called(name), "big") for name in world.BIG),
        }
        assert fired[0]["worth"] == "$3,800"
        assert "Paywall Viewed" in next(row["in words"] for row in fired if row["trigger"] == "paywall")
        assert len(done) == 30
        assert any(row["state"].startswith("[done](http") and "/lightning/r/Task/" in row["state"] for row in done)
        assert artifacts["run-report"].startswith("12 accounts asked about.")
        described = {artifact.key: artifact.description for artifact in found}
        assert described["run-report"] == "10 of 10 new firings acted on, worth $29,000 a year; 23 steps done"

        async def tasks() -> list[str]:
            runs = await client.read_task_runs(flow_run_filter=ours, limit=200)
            return sorted(task.name for task in runs) if len(runs) == 5 else []

        assert await sooner_or_later(tasks) == [
            "hubspot.create_task, batch 1",
            "intercom.send_event, batch 3",
            "salesforce.create_task, batch 1",
            "salesforce.update_fields, batch 2",
            "slack.post_message, batch 2",
        ]

        async def events() -> list[dict[str, Any]]:
            wanted = {"event": {"name": ["expansion.trigger.fired"]}, "related": {"id": [f"prefect.flow-run.{id_}"]}}
            reply = await client.request("POST", "/events/filter", json={"filter": wanted})
            return list(reply.json()["events"]) if reply.json()["total"] == 2 else []

        told = {e["resource"]["prefect.resource.id"]: e["payload"] for e in await sooner_or_later(events)}
        assert told["expansion.trigger.paywall"] == {"count": 6, "account_ids": world.PAYWALL[::-1]}
        assert told["expansion.trigger.big"]["count"] == 4


async def test_people_of_one_account_are_one_conversation_and_one_account_in_the_event(outside: Outside) -> None:
    Path("playbooks/triggers/person.yaml").write_text(_PERSON)
    state = await run(triggers=["person"])
    assert state.message == "12 of 12 new firings acted on, worth $15,000 a year; 11 steps done"
    firings = ask(lambda place: place.ledger.firings())
    assert {(firing.account_id, firing.user_name) for firing in firings} == {
        (account, person) for account in world.PAYWALL for person in ("ana", "bo")
    }
    assert Counter(firing.playbook for firing in firings) == {"call": 6, None: 6}
    assert states("tell") == {"done": 6}
    assert (await run(triggers=["person"])).message == "0 new firings; 0 steps done"
    assert sorted(outside.applied("post_message").values()) == [1] * 6

    from prefect.client.orchestration import get_client

    async with get_client() as client:

        async def event() -> dict[str, Any]:
            wanted = {"resource": {"id": ["expansion.trigger.person"]}}
            found = (await client.request("POST", "/events/filter", json={"filter": wanted})).json()["events"]
            return dict(found[0]["payload"]) if found else {}

        told = await sooner_or_later(event)
    assert (told["count"], sorted(told["account_ids"])) == (6, world.PAYWALL)


async def test_what_is_not_due_is_not_evaluated_again_today() -> None:
    await run(as_of=None)
    assert last_run().summary["not_due"] == []
    await run(as_of=None)
    assert last_run().summary["not_due"] == ["paywall"]
    await run(as_of=None, triggers=["paywall"])
    assert last_run().summary["not_due"] == []


# --- sources that fail ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "whose", "says"),
    [
        ({"kind": "status", "status": 401}, "settings", "MIXPANEL_SERVICE_ACCOUNT"),
        ({"kind": "status", "status": 429}, "their system", "too many calls"),
        ({"kind": "status", "status": 500}, "their system", "500"),
        ({"kind": "truncate"}, "their system", ""),
        ({"kind": "cut_before"}, "their system", ""),
    ],
    ids=["401", "429", "500", "half a page", "nothing"],
)
async def test_a_source_that_fails_says_so_in_its_pull(
    outside: Outside, fault: dict[str, Any], whose: str, says: str
) -> None:
    from flows.pull import pull

    outside.fault("mixpanel", path="export", times=99, **fault)
    state = await pull("mixpanel.export", as_of=world.AS_OF, return_state=True)
    assert state.is_failed()
    assert "Mixpanel" in state.message
    assert says in state.message
    record = last_run()
    assert (record.kind, record.status) == ("pull", "failed")
    assert [problem["whose"] for problem in record.summary["problems"]] == [whose]
    outside.recover()
    assert (await pull("mixpanel.export", as_of=world.AS_OF, return_state=True)).is_completed()


async def test_everything_else_goes_on_when_sources_fail_and_the_run_says_whose_problem_it_is(
    outside: Outside,
) -> None:
    outside.fault("mixpanel", "status", status=500, path="export", times=99)
    outside.fault("hubspot", "status", status=401, method="GET", path="companies", times=99)
    state = await run(pull_sources=True)
    assert state.is_failed()
    assert "23 steps done, 2 problems. hubspot (settings): " in state.message
    assert {(one["system"], one["whose"]) for one in last_run().summary["problems"]} == {
        ("hubspot", "settings"),
        ("mixpanel", "their system"),
    }


async def test_a_fault_of_ours_in_one_pull_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    real = flows.tasks.pull_one

    def broken(place: Any, pull: Any, *rest: Any) -> Any:
        if pull.source == "hubspot.company":
            raise LookupError("secret detail")
        return real(place, pull, *rest)

    monkeypatch.setattr(flows.tasks, "pull_one", broken)
    state = await run(pull_sources=True)
    assert state.is_failed()
    assert "23 steps done, 1 problem. hubspot (this program): the pull of hubspot.company facts broke off" in (
        state.message
    )


async def test_a_daily_trigger_is_evaluated_again_after_a_run_whose_sources_failed(outside: Outside) -> None:
    outside.fault("hubspot", "status", status=401, path="companies", times=99)
    await run(as_of=None, pull_sources=True)
    outside.recover()
    await run(as_of=None)
    assert last_run().summary["not_due"] == []


# --- actions that fail ------------------------------------------------------------------------------------------------


async def test_a_busy_action_is_tried_again_and_done_in_the_same_run(outside: Outside) -> None:
    tries = 5  # of one call: integrations/hubspot/actions.py
    outside.fault("hubspot", "status", method="POST", path="tasks/batch", status=503, times=tries)
    state = await run(triggers=["big"])
    assert (state.name, state.message) == (
        "Completed",
        "4 of 4 new firings acted on, worth $14,000 a year; 12 steps done",
    )
    assert list(outside.applied("create_task").values()) == [1] * 4


async def test_an_action_that_stays_busy_is_left_due_and_done_by_a_later_run(outside: Outside) -> None:
    from flows.main import follow_up

    outside.fault("hubspot", "status", method="POST", path="tasks/batch", status=503, times=99)
    state = await run()
    assert state.is_failed()
    assert "hubspot (their system): hubspot.create_task: 4 steps stay due for a later run" in state.message
    assert states("ask") == {"due": 4, "done": 5, "refused": 1}
    outside.recover()
    await asyncio.sleep(1)  # EXPANSION_RETRY_WAITS, doubled for the second try
    assert (await follow_up(return_state=True)).is_completed()
    assert states("ask") == {"done": 9, "refused": 1}
    assert states("note") == {"done": 4}


async def test_a_system_that_lets_nobody_in_holds_up_only_its_own_steps(outside: Outside) -> None:
    from flows.main import follow_up

    outside.fault("intercom", "status", status=401, times=99, body={"type": "error.list", "errors": []})
    state = await run()
    assert state.is_failed()
    assert "intercom (settings): " in state.message
    assert "INTERCOM_ACCESS_TOKEN" in state.message
    assert states("note") == {"due": 4}
    assert states("mark") == {"done": 4}
    outside.recover()
    assert (await follow_up(return_state=True)).is_completed()
    assert states("note") == {"done": 4}


async def test_a_system_without_settings_holds_up_only_its_own_steps(
    outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SLACK_BOT_TOKEN")
    state = await run(triggers=["paywall"])
    assert state.is_failed()
    assert "slack (settings): slack is not connected" in state.message
    assert states("tell") == {"due": 6}
    assert states("ask") == {"done": 5, "refused": 1}


async def test_a_refused_step_stops_those_after_it_unless_it_can_fail(outside: Outside) -> None:
    outside.fault(
        "slack", "status", status=200, path="chat.postMessage", body={"ok": False, "error": "is_archived"}, times=9
    )
    state = await run(triggers=["paywall"])
    assert state.is_completed()
    assert states("tell") == {"refused": 6}  # can_fail
    assert states("ask") == {"done": 5, "refused": 1}
    left = ask(lambda place: place.ledger.steps(StepFilter(account_id="ac-06")))
    assert [(step.state, step.reason) for step in left][-1] == ("skipped", "ask, the step before it, was refused")


async def test_a_fault_of_ours_in_one_action_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    real = flows.tasks.deliver_some

    def broken(place: Any, pieces: Any, action: str, *rest: Any) -> Any:
        if action == "slack.post_message":
            raise LookupError("secret detail")
        return real(place, pieces, action, *rest)

    monkeypatch.setattr(flows.tasks, "deliver_some", broken)
    state = await run()
    assert state.is_failed()
    assert "(this program): LookupError" in state.message
    assert "secret detail" not in state.message
    assert states("tell") == {"due": 6}
    assert states("note") == {"done": 4}


# --- steps that wait --------------------------------------------------------------------------------------------------


async def test_waiting_steps_wake_and_their_condition_is_asked_again(outside: Outside) -> None:
    from flows.main import follow_up
    from flows.pull import pull

    await run(triggers=["paywall"])
    account = outside.state.get("salesforce.Account", world.salesforce_id("ac-02")) or {}
    changed = {"Plan__c": "Enterprise", "LastModifiedDate": "2026-03-04T09:00:00.000+0000"}
    outside.state.put("salesforce.Account", world.salesforce_id("ac-02"), account | changed)
    assert (await pull("salesforce.account", as_of=LATER, return_state=True)).is_completed()
    assert (await follow_up(as_of=world.AS_OF, return_state=True)).is_completed()
    assert states("nudge") == {"waiting": 5, "skipped": 1}  # three days are not over
    assert (await follow_up(as_of=LATER, return_state=True)).is_completed()
    assert states("nudge") == {"done": 4, "skipped": 2}
    assert ("ac-02", "nudge", "skipped") in steps()
    assert len(outside.applied("tag")) == 4


# --- guard rails ------------------------------------------------------------------------------------------------------


async def test_what_is_paused_stays_due_and_is_sent_once_it_goes_on(outside: Outside) -> None:
    from flows.main import follow_up

    ask(lambda place: place.ledger.pause("integration", "slack", "dana", "an incident", world.AS_OF))
    state = await run(triggers=["paywall"])
    assert state.is_completed()
    assert states("tell") == {"due": 6}
    assert states("ask") == {"done": 5, "refused": 1}  # `tell` can fail, so the task goes on without it
    assert last_run().summary["paused"] == ["integration slack is paused by dana since 2 March 2026: an incident"]
    ask(lambda place: place.ledger.resume("integration", "slack", "dana", "", world.AS_OF))
    assert (await follow_up(return_state=True)).is_completed()
    assert states("tell") == {"done": 6}
    assert sorted(outside.applied("post_message").values()) == [1] * 6


async def test_what_was_left_alone_is_acted_on_once_the_reason_is_over(outside: Outside) -> None:
    policy = Path("playbooks/shared/policy.yaml")
    policy.write_text(f"{world.POLICY}suppress: [{{reason: A trial, when: [{{fact: plan, is: Team}}]}}]\n")
    assert (await run(triggers=["big"])).message == (
        "0 of 4 new firings acted on; left alone or held out: $14,000; 0 steps done"
    )
    policy.write_text(world.POLICY)
    state = await run(triggers=["big"], as_of=LATER)
    assert (
        state.message == "0 new firings; 4 of 4 firings of earlier runs acted on, worth $14,000 a year; 12 steps done"
    )
    assert list(outside.applied("create_task").values()) == [1] * 4
    assert (await run(triggers=["big"], as_of=LATER)).message == "0 new firings; 0 steps done"


async def test_the_follow_up_takes_back_what_no_longer_holds(outside: Outside) -> None:
    from flows.main import follow_up

    Path("playbooks/desk.yaml").write_text(
        "playbook: desk\ntitle: Desk\nsteps:\n"
        "  - {id: ask, do: hubspot.create_task, when_cleared: close, with: {subject: Hi}}\n"
    )
    await run(triggers=["big"])
    assert states("ask") == {"done": 4}
    with job(outside.state) as work:
        work.end("big", "ac-07", at=LATER)
    state = await follow_up(as_of=LATER, return_state=True)
    assert state.message == "1 step done"
    assert states("ask.cleared") == {"done": 1}


async def test_a_comparison_with_the_systems_is_a_run_with_a_table(outside: Outside) -> None:
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import ArtifactFilter, FlowRunFilter

    from flows.reconcile import reconcile

    await run(triggers=["big"])
    with job(outside.state) as work:
        work.portal().remove("tasks", work.step("ac-07", "ask").remote_id or "")
    state = await reconcile(return_state=True)
    assert state.message == "4 compared, 1 difference, 1 of them new, 8 could not be compared"
    assert last_run().kind == "reconcile"
    assert states("ask") == {"done": 4}, "nothing is repaired"
    async with get_client() as client:
        mine = FlowRunFilter(id={"any_": [state.state_details.flow_run_id]})
        found = await client.read_artifacts(artifact_filter=ArtifactFilter(), flow_run_filter=mine)
    [table] = [json.loads(one.data) for one in found if one.key == "differences"]
    assert [row["account"] for row in table] == [world.called("ac-07")]


# --- what ends a run --------------------------------------------------------------------------------------------------


async def test_wrong_playbooks_end_the_run_with_the_mistake_in_the_ledger(outside: Outside) -> None:
    Path("playbooks/call.yaml").write_text("playbook: call\ntitle: Call\nsteps: [{id: a, do: slack.pst_message}]\n")
    state = await run()
    assert state.is_failed()
    record = last_run()
    assert record.status == "failed"
    [problem] = record.summary["problems"]
    assert problem["whose"] == "definitions"
    assert "slack.pst_message" in problem["sentence"]


async def test_a_run_of_a_dead_process_is_closed_by_the_next(outside: Outside) -> None:
    place = Place()
    place.ledger.start_run("expansion", as_of=world.AS_OF, now=world.AS_OF, holder=place.holder.name)
    place.close()
    await run(triggers=["big"])
    first, second = sorted(ask(lambda place: place.ledger.runs(5)), key=lambda one: one.id)
    assert (first.status, second.status) == ("failed", "completed")
    assert first.summary == {"problem": "its process ended before it was done"}


async def test_a_playbook_can_be_run_alone(outside: Outside) -> None:
    from flows.playbook import playbook

    outside.fault("hubspot", "status", method="POST", path="tasks/batch", status=401, times=99)
    await run(triggers=["big"])
    outside.recover()
    state = await playbook("desk", return_state=True)
    assert (state.name, state.message) == ("Completed", "12 steps done")
    assert last_run().kind == "playbook"
    nobody = await playbook("desk", 4711, return_state=True)
    assert nobody.is_failed()
    assert "run 4711 is not at work in this process" in nobody.message


# --- approval ---------------------------------------------------------------------------------------------------------

APPROVAL = "approval: [{reason: Large deals go past Dana, worth_at_least: 1}]\n"


async def asked(answer: Callable[[list[FiringRecord]], dict[str, str]] | None, **parameters: Any) -> Any:
    """The flow `approval`, answered once it waits for it; its state."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowRunFilter
    from prefect.flow_runs import aresume_flow_run

    from flows.approval import approval

    given: Any = {"as_of": world.AS_OF, "looks_every": 1, "return_state": True, **parameters}
    flow = asyncio.ensure_future(approval(**given))
    paused = FlowRunFilter.model_validate({"state": {"name": {"any_": ["Paused"]}}})
    async with get_client() as client:
        for _ in range(120):
            if flow.done() or answer is None:
                break
            if found := await client.read_flow_runs(flow_run_filter=paused):
                waiting = ask(approving.waiting)
                await aresume_flow_run(found[0].id, answer(waiting))
                answer = None
            await asyncio.sleep(0.5)
    return await flow


def test_a_form_in_prefect_lets_go_and_declines(outside: Outside) -> None:
    Path("playbooks/shared/policy.yaml").write_text(world.POLICY + APPROVAL)
    asyncio.run(run())
    held = ask(approving.waiting)
    assert len(held) > 1
    assert steps() == []

    def answers(waiting: list[FiringRecord]) -> dict[str, str]:
        first, *others = (f"firing_{one.id}" for one in waiting)
        return {"by": "Dana", "note": "looked at it", first: "approve and send"} | dict.fromkeys(others, "decline")

    assert asyncio.run(asked(answers)).message == f"1 approved, sent with the next run, {len(held) - 1} declined"
    assert ask(approving.waiting) == []
    assert {account for account, _, _ in steps()} == {held[0].account_id}
    (let_go,) = ask(lambda place: place.ledger.firings(FiringFilter(decisions=("acting",))))
    assert let_go.approved_by == "Dana: looked at it"
    assert asyncio.run(asked(None)).message == "nothing waits for a person"


def test_a_form_that_nobody_answers_changes_nothing(outside: Outside) -> None:
    Path("playbooks/shared/policy.yaml").write_text(world.POLICY + APPROVAL)
    asyncio.run(run())
    held = ask(approving.waiting)
    state = asyncio.run(asked(None, hours=0.0005))
    assert state.is_completed()
    assert state.message == f"nobody answered; {len(held)} firings go on waiting"
    assert ask(approving.waiting) == held


async def test_a_run_that_waits_for_a_person_goes_on_saying_that_it_lives(
    outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the automation in automations/zombies.yaml would call it crashed; `make zombies` plays that as a whole."""
    beats: list[str] = []
    every_second(monkeypatch)
    monkeypatch.setattr(BaseFlowRunEngine, "_emit_flow_run_heartbeat", lambda self, *_: beats.append(self.flow.name))
    Path("playbooks/shared/policy.yaml").write_text(world.POLICY + APPROVAL)
    await run()
    async with waits_for_a_person() as flow_run_id:
        before = len(beats)
        await asyncio.sleep(3.5)
        assert beats[before:].count("approval") >= 2
        assert flow_run_id


# --- the dry run ------------------------------------------------------------------------------------------------------


def files(folder: Path) -> dict[str, bytes]:
    """All that lies there, but for the locks of those who read."""
    found = (path for path in folder.rglob("*") if path.is_file() and path.suffix not in (".lock", ".db-shm"))
    return {str(path): path.read_bytes() for path in found}


async def test_a_dry_run_says_what_the_run_then_does_and_leaves_no_trace(
    outside: Outside, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under budgets, quiet hours, holdouts, suppressions, approval, brakes; three days, each decided as foretold."""
    from cli.preview import preview
    from cli.run import _printed

    async def nothing_yet(run: Any) -> None: ...

    write_rails()
    ask(lambda place: place.ledger)
    decisions: set[str] = set()
    for days in (0, 1, 4):
        at = world.AS_OF + timedelta(days=days)
        before, asked = files(Path("home")), len(outside.app.faults.requests)
        dry = ask(
            lambda place, at=at: decide_all(
                place, evaluate(place, place.definitions, triggers_to_check(place.definitions), at, build=False), at
            )
        )
        capsys.readouterr()
        preview(at, [], json_=True)
        said = json.loads(capsys.readouterr().out)
        assert files(Path("home")) == before, "a dry run writes nothing"
        assert len(outside.app.faults.requests) == asked, "and asks nobody"

        with monkeypatch.context() as patch:
            patch.setattr(flows.main, "start_playbooks", nothing_yet)
            state = await run(as_of=at)
        ran = last_run()
        firings = ask(lambda place, ran=ran: place.ledger.firings(FiringFilter(run_id=ran.id)))
        of_run = ask(lambda place, ran=ran: place.ledger.steps_of_run(ran.id))
        foretold = planned([*dry.firings, *(each.firing for each in dry.again)])
        assert written(firings, of_run) == foretold
        decisions |= {one.decision for one in firings}

        capsys.readouterr()
        assert _printed(str(state.state_details.flow_run_id), json_=True)
        real = json.loads(capsys.readouterr().out)
        told = said["firings"] + said["decided_again"]
        assert sorted(map(_plain, told)) == sorted(map(_plain, real["firings"]))
        assert said["became"] == real["became"]
        assert sorted(map(_plain, said["steps"])) == sorted(map(_plain, real["steps"]))
        await run(as_of=at)  # and what is due is sent
    assert decisions == {"acting", "watching", "suppressed", "held_out", "flood", "quiet", "carried", "approval"}


def _plain(row: dict[str, Any]) -> str:
    """Without what only the ledger knows: ids, moments of the clock, who approved."""
    waits = row.get("state") == "waiting"
    kept = {name: cell for name, cell in row.items() if name not in _OF_LEDGER and (name != "not_before" or waits)}
    return json.dumps(kept, sort_keys=True)


_OF_LEDGER = {
    "id",
    "run_id",
    "firing_id",
    "decided_at",
    "decided_in",
    "updated_at",
    "git_revision",
    "tries",
    "maybe_done",
}
