"""Heap: properties of accounts, set and set back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from expansion.contract import Done, NoAccess, Refused
from integrations.heap.settings import Settings
from sandbox.heap.answers import ANSWERS
from sandbox.heap.app import Heap
from tests.integrations.conftest import StandIns
from tests.integrations.contract import ActionContract, Case
from tests.systems.heap import connect
from tests.systems.traits import case, setting, taking_back

SET, BACK = "heap.set_account_properties", "heap.take_back"


@pytest.fixture
def heap(stand_ins: Callable[..., StandIns]) -> StandIns:
    return stand_ins(Heap)


def accounts(there: StandIns) -> dict[str, Any]:
    return {one["id"]: one["properties"] for one in there.state.all("heap.accounts")}


class _Both:
    action: ClassVar[str]
    exempt: ClassVar = {
        "test_a_token_that_is_never_taken_is_a_matter_for_a_person": "an app id is public, and nobody says whether one "
        "is good"
    }

    @pytest.fixture
    def case(self, heap: StandIns) -> Case:
        # Yes and no are texts there.
        changes = {"counted_by": lambda one: f'{one.account.account_id}|{{"expansion_play": "false"}}'}
        return case(
            heap,
            "heap",
            lambda: connect(heap).actions[self.action],
            back=self.action == BACK,
            answers=ANSWERS,
            write={"method": "POST", "path": "add_account_properties"},
            lock_out=lambda: None,
            **(changes if self.action == BACK else {}),
        )


class TestSetAccountProperties(_Both, ActionContract):
    action = SET


class TestTakeBack(_Both, ActionContract):
    action = BACK


def test_what_is_set_is_set_back_as_texts_and_numbers(heap: StandIns) -> None:
    actions = connect(heap).actions
    given: dict[str, Any] = {"properties": {"play": "seats", "ready": True, "seats": 46, "of": ["a", "b"]}}
    assert isinstance(actions[SET].deliver([setting(**given)])[0], Done)
    assert accounts(heap) == {"acct-0": {"play": "seats", "ready": "true", "seats": 46, "of": "a, b"}}
    actions[BACK].deliver([taking_back(**given, afterwards={"play": "none"})])
    assert accounts(heap) == {"acct-0": {"play": "none", "ready": "false", "seats": "false", "of": "false"}}


def test_without_an_app_id_nothing_is_sent(heap: StandIns) -> None:
    [reply] = connect(heap, app_id=None).actions[SET].deliver([setting()])
    assert isinstance(reply, NoAccess)
    assert "set HEAP_APP_ID" in str(reply)
    assert heap.requests() == []


def test_what_is_refused_says_what_to_check(heap: StandIns) -> None:
    heap.fault("heap", "status", status=400, body="Invalid request parameters")
    [reply] = connect(heap).actions[SET].deliver([setting()])
    assert isinstance(reply, Refused)
    assert "refused (400): Invalid request parameters; check HEAP_APP_ID" in str(reply)


@pytest.mark.parametrize(("region", "host"), [("us", "https://heapanalytics.com"), ("eu", "https://c.eu.heap-api.com")])
def test_each_region_has_its_host(region: Any, host: str) -> None:
    assert Settings(_env_file=None, region=region).api == host


def test_doctor_says_that_nothing_can_be_told(heap: StandIns) -> None:
    [finding] = connect(heap).check()
    assert (finding.ok, finding.mark) == (True, "note")
    [finding] = connect(heap, app_id=None).check()
    assert "HEAP_APP_ID is not set" in finding.what
    assert heap.requests() == []
