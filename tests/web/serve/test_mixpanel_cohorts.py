"""Mixpanel's cohort sync: who may call, which body is understood, and what its pages become."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from expansion.contract import Aside, CohortPush, FactRecord
from expansion.explain.evaluator import evaluator
from expansion.language.model.models import Facts
from expansion.usage.facts import add_facts
from expansion.usage.storage.store import UsageStore
from integrations.kit.inbound import InboundBase
from integrations.kit.world import World
from integrations.mixpanel.cohorts import Cohorts
from tests.evaluate.words import trigger, vocabulary
from tests.web.serve.receiver import NOW, WORLD, Receiver, door

PASSWORD = "a password of the webhook"
MINE = ("expansion", PASSWORD)
PATH = "/mixpanel/cohorts"
PARAMETERS = {
    "mixpanel_project_id": "7",
    "mixpanel_cohort_id": "42",
    "mixpanel_cohort_name": "Power users",
    "mixpanel_cohort_description": "",
    "mixpanel_session_id": "s-1",
    "page_info": {"total_pages": 1, "page_count": 1},
}


@pytest.fixture
def mixpanel(tmp_path: Path) -> Receiver:
    return Receiver.of(tmp_path, door(Cohorts, cohorts_password=PASSWORD))


def sync(action: str, *people: Any, page: int = 1, of: int = 1, **changed: Any) -> dict[str, Any]:
    members = [{"mixpanel_distinct_id": one, "email": "x@acme.example", "first_name": "X"} for one in people]
    info = {"total_pages": of, "page_count": page}
    return {"action": action, "parameters": {**PARAMETERS, "page_info": info, "members": members, **changed}}


def post(to: Receiver, body: Any, auth: Any = MINE) -> tuple[int, Any]:
    reply = to.ask("POST", PATH, json=body, auth=auth)
    return reply.status_code, reply.json()


def pushes(receiver: Receiver) -> list[CohortPush]:
    return [row for row in receiver.rows if isinstance(row, CohortPush)]


def inside(receiver: Receiver, at: datetime = NOW) -> set[str]:
    """Which accounts are in the cohort, as a trigger sees it."""
    receiver.fold()
    cohorts = {"power": {"from": "mixpanel.cohorts", "name": "Power users"}}
    words = vocabulary(facts=Facts.model_validate({"cohorts": cohorts}).model_dump(by_alias=True, exclude_unset=True))
    found = evaluator(UsageStore(receiver.root), words, at).answers([trigger(when=[{"cohort": "power"}])])["t"]
    return {*map(str, found.yes), *(f"{one}?" for one in map(str, found.unknown))}


def belong(receiver: Receiver, **accounts: str) -> None:
    records = [FactRecord("crm", account, {"account": account}, None, user) for user, account in accounts.items()]
    add_facts(UsageStore(receiver.root), "crm", records, NOW - timedelta(days=9))


# --- who may call, and how it is answered -----------------------------------------------------------------------------


def test_a_yes_names_the_action(mixpanel: Receiver) -> None:
    for action in ("members", "add_members", "remove_members"):
        assert post(mixpanel, sync(action, "ana")) == (200, {"action": action, "status": "success"})


@pytest.mark.parametrize("auth", [None, ("expansion", "another"), (PASSWORD, ""), ("", "")])
def test_without_the_password_nothing_is_taken(mixpanel: Receiver, auth: Any) -> None:
    status, told = post(mixpanel, sync("members", "ana"), auth)
    assert (status, told["status"], told["action"], mixpanel.rows) == (401, "failure", "members", [])
    assert "MIXPANEL_COHORTS_PASSWORD" in told["error"]["message"]


@pytest.mark.parametrize("header", ["Basic", "Basic %%%", "Basic /w==", "Bearer x", b"Basic \xe9"])
def test_a_header_that_is_none_is_401(mixpanel: Receiver, header: Any) -> None:
    reply = mixpanel.ask("POST", PATH, json=sync("members"), headers={"authorization": header})
    assert (reply.status_code, mixpanel.rows) == (401, [])


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        7,
        {"action": "members"},
        sync("empty", "ana"),
        sync("members", "ana", mixpanel_cohort_name=" "),
        sync("members", "ana", mixpanel_session_id=None),
        sync("members", "ana", page_info=None),
        sync("members", "ana", page_info={"total_pages": "x", "page_count": 1}),
        sync("members", "ana", page=0, of=1),
        sync("members", "ana", page=3, of=2),
        sync("members", members="ana"),
        {"action": "members", "parameters": 7},
    ],
)
def test_a_body_of_another_form_is_400_and_changes_no_cohort(mixpanel: Receiver, body: Any) -> None:
    status, told = post(mixpanel, body)
    assert (status, told["status"], mixpanel.rows) == (400, "failure", [])
    assert "custom webhook of cohort sync" in told["error"]["message"]


@pytest.mark.parametrize("raw", [b"", b"{", b'{"action": "members", "parameters"', b"\x1f\x8b\x08broken"])
def test_half_a_body_is_400(mixpanel: Receiver, raw: bytes) -> None:
    reply = mixpanel.ask("POST", PATH, content=raw, auth=MINE)
    assert (reply.status_code, mixpanel.rows) == (400, [])


def test_a_body_larger_than_any_page_is_refused_whole(mixpanel: Receiver) -> None:
    reply = mixpanel.ask("POST", PATH, content=b"x" * (17 * 1024 * 1024), auth=MINE)
    assert (reply.status_code, mixpanel.rows) == (413, [])


def test_a_member_that_is_none_is_set_aside_and_stops_no_other(mixpanel: Receiver) -> None:
    assert post(mixpanel, sync("add_members", "ana", None, {"a": 1}, ["bo"], 17, True))[0] == 200
    [push] = pushes(mixpanel)
    assert push.joined == {"ana", "bo", "17"}
    assert len([row for row in mixpanel.rows if isinstance(row, Aside)]) == 3


def test_without_a_password_the_door_is_closed() -> None:
    kind: type[InboundBase] = Cohorts
    for value in ({}, {"cohorts_password": "  "}):
        assert kind.opened(kind.settings_model(_env_file=None, **value), WORLD) is None  # type: ignore[call-arg]


# --- what becomes of it -----------------------------------------------------------------------------------------------


def test_pages_count_once_all_are_there_and_a_repeat_changes_nothing(mixpanel: Receiver) -> None:
    belong(mixpanel, ana="acme", bo="globex")
    second = sync("members", "bo", page=2, of=2)
    for body in (second, second):
        assert post(mixpanel, body)[0] == 200
    assert inside(mixpanel) == {"acme?", "globex?"}
    assert post(mixpanel, sync("members", "ana", page=1, of=2))[0] == 200
    assert inside(mixpanel) == {"acme", "globex"}


def test_changes_after_the_whole_are_kept_with_their_moment(tmp_path: Path) -> None:
    clock = [NOW]
    password = Cohorts.settings_model(_env_file=None, cohorts_password=PASSWORD)  # type: ignore[call-arg]
    made = Cohorts.opened(password, World(now=lambda: clock[0]))
    assert made is not None
    receiver = Receiver.of(tmp_path, made)
    belong(receiver, ana="acme", bo="globex")
    later = [NOW + timedelta(hours=n) for n in range(5)]
    told = [sync("members", "ana"), sync("add_members", "bo"), sync("remove_members", "ana"), sync("add_members")]
    for clock[0], body in zip(later, told, strict=False):
        assert post(receiver, body)[0] == 200
    assert [inside(receiver, at) for at in later] == [{"acme"}, {"acme", "globex"}, {"globex"}, {"globex"}, {"globex"}]


def test_nothing_that_tells_who_somebody_is_but_the_id_is_kept(mixpanel: Receiver) -> None:
    post(mixpanel, sync("members", "ana"))
    kept = json.dumps([sorted(push.joined) for push in pushes(mixpanel)])
    assert kept == '[["ana"]]'
    assert b"x@acme.example" not in (mixpanel.root / "journal.jsonl").read_bytes()
    assert pushes(mixpanel)[0].at == datetime(2026, 3, 2, 12, tzinfo=UTC)
