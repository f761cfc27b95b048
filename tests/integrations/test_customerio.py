"""Customer.io: attributes of objects, set and set back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from pydantic import ValidationError

from expansion.contract import Done, NoAccess, Refused
from integrations.customerio.settings import Settings
from integrations.kit.traits import SetProperties
from sandbox.customerio.answers import ANSWERS
from sandbox.customerio.app import CustomerIo
from tests.integrations.conftest import StandIns
from tests.integrations.contract import ActionContract, Case
from tests.systems.customerio import connect
from tests.systems.traits import case, setting, taking_back

SET, BACK = "customerio.set_object_attributes", "customerio.take_back"


@pytest.fixture
def workspace(stand_ins: Callable[..., StandIns]) -> StandIns:
    return stand_ins(CustomerIo)


def objects(there: StandIns) -> dict[str, Any]:
    return {one["id"]: one["properties"] for one in there.state.all("customerio.accounts")}


class _Both:
    action: ClassVar[str]

    @pytest.fixture
    def case(self, workspace: StandIns, monkeypatch: pytest.MonkeyPatch) -> Case:
        return case(
            workspace,
            "customerio",
            lambda: connect(workspace).actions[self.action],
            back=self.action == BACK,
            answers=ANSWERS,
            write={"method": "POST", "path": "v2/entity"},
            lock_out=lambda: monkeypatch.setitem(CustomerIo.credentials, "CUSTOMERIO_API_KEY", "another"),
        )


class TestSetObjectAttributes(_Both, ActionContract):
    action = SET


class TestTakeBack(_Both, ActionContract):
    action = BACK


def test_what_is_set_is_set_back_and_the_rest_stays(workspace: StandIns) -> None:
    actions = connect(workspace).actions
    given: dict[str, Any] = {"properties": {"play": "seats", "ready": True}, "afterwards": {"play": "none"}}
    actions[SET].deliver([setting(**given), setting("two", properties={"plan": "team"})])
    assert objects(workspace) == {"acct-0": {"play": "seats", "ready": True, "plan": "team"}}
    [reply] = actions[BACK].deliver([taking_back(**given)])
    assert isinstance(reply, Done), reply
    assert objects(workspace) == {"acct-0": {"play": "none", "ready": False, "plan": "team"}}


def test_an_object_type_that_is_not_there_is_said(workspace: StandIns) -> None:
    [reply] = connect(workspace, object_type_id="9").actions[SET].deliver([setting()])
    assert isinstance(reply, Refused)
    assert "identifiers.object_type_id there is no such object type" in str(reply)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"properties": {}}, "at least 1 item"),
        ({"properties": {"a": None}}, "needs a value"),
        ({"properties": {" ": 1}}, "needs a name"),
        ({"properties": {"a": 1}, "afterwards": {"a": None}}, "needs a value"),
    ],
)
def test_what_says_nothing_is_refused_before_anything_runs(given: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        SetProperties(**given)


def test_the_other_region_is_named(workspace: StandIns) -> None:
    workspace.fault("customerio", "status", status=301, headers={"location": "https://track-eu.customer.io/"})
    [reply] = connect(workspace).actions[SET].deliver([setting()])
    assert isinstance(reply, NoAccess)
    assert "lives in the other region; set CUSTOMERIO_REGION" in str(reply)


@pytest.mark.parametrize(
    ("region", "host"), [("us", "https://track.customer.io"), ("eu", "https://track-eu.customer.io")]
)
def test_each_region_has_its_host(region: Any, host: str) -> None:
    assert Settings(_env_file=None, site_id="s", api_key="k", region=region).api == host


def test_doctor_asks_where_the_account_lives(workspace: StandIns, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [finding.what for finding in connect(workspace).check()] == [
        "the key is accepted",
        "Customer.io does not tell what the key may do",
    ]
    monkeypatch.setitem(CustomerIo.credentials, "CUSTOMERIO_API_KEY", "another")
    [finding] = connect(workspace).check()
    assert not finding.ok
    assert "CUSTOMERIO_API_KEY (of the Track API)" in str(finding.remedy)


def test_the_inbox_shows_what_was_set(workspace: StandIns) -> None:
    connect(workspace).actions[SET].deliver([setting(properties={"play": "<b>"})])
    [item] = workspace.get(CustomerIo).inbox()
    assert (item.to, item.title) == ("acct-0", "play: <b>")
    assert "&lt;b&gt;" in item.html
