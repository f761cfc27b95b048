"""Mixpanel: properties of group profiles, set and set back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from expansion.contract import Done, NoAccess, Refused
from integrations.kit.world import World
from integrations.mixpanel.settings import Settings
from sandbox.mixpanel.answers import WRITES
from sandbox.mixpanel.app import Mixpanel
from tests.integrations.conftest import StandIns
from tests.integrations.contract import HURRIED, TIMEOUT, ActionContract, Case, FakeClock
from tests.systems.mixpanel import connected
from tests.systems.traits import case, setting, taking_back

SET, BACK = "mixpanel.set_group_properties", "mixpanel.take_back"


@pytest.fixture
def project(stand_ins: Callable[..., StandIns]) -> StandIns:
    return stand_ins(Mixpanel)


def connect(there: StandIns, **changes: Any) -> Any:
    return connected(there, World(retry=HURRIED, clock=FakeClock(), timeout=TIMEOUT), **changes).actions


def groups(there: StandIns) -> dict[str, Any]:
    return dict(there.state.items("mixpanel.groups"))


class _Both:
    action: ClassVar[str]
    exempt: ClassVar = {
        "test_a_token_that_is_never_taken_is_a_matter_for_a_person": "Mixpanel takes any token, and says so: "
        "`1` does not signify a valid project token"
    }

    @pytest.fixture
    def case(self, project: StandIns) -> Case:
        return case(
            project,
            "mixpanel",
            lambda: connect(project)[self.action],
            back=self.action == BACK,
            answers=WRITES,
            write={"method": "POST", "path": "groups"},
            lock_out=lambda: None,
        )


class TestSetGroupProperties(_Both, ActionContract):
    action = SET


class TestTakeBack(_Both, ActionContract):
    action = BACK


def test_what_is_set_is_set_back_and_the_rest_stays(project: StandIns) -> None:
    project.state.put("mixpanel.groups", "acct-0", {"plan": "team"})
    [reply] = connect(project)[SET].deliver([setting()])
    assert isinstance(reply, Done), reply
    assert groups(project) == {"acct-0": {"plan": "team", "expansion_play": "seats"}}
    connect(project)[BACK].deliver([taking_back(afterwards={"expansion_play": "none"})])
    assert groups(project) == {"acct-0": {"plan": "team", "expansion_play": "none"}}


def test_without_a_token_or_a_group_key_nothing_is_sent(project: StandIns) -> None:
    for missing in ("project_token", "group_key"):
        [reply] = connect(project, **{missing: None})[SET].deliver([setting()])
        assert isinstance(reply, NoAccess)
        assert "set MIXPANEL_PROJECT_TOKEN and MIXPANEL_GROUP_KEY" in str(reply)
    assert project.requests() == []


def test_what_is_refused_in_a_reply_that_is_fine_is_refused(project: StandIns) -> None:
    project.fault("mixpanel", "status", status=200, body={"status": 0, "error": "no data object is valid"})
    [reply] = connect(project)[SET].deliver([setting()])
    assert isinstance(reply, Refused)
    assert "refused: no data object is valid" in str(reply)


def test_a_text_that_would_be_cut_is_refused(project: StandIns) -> None:
    [reply] = connect(project)[SET].deliver([setting(properties={"note": "x" * 256})])
    assert isinstance(reply, Refused)
    assert "takes no text of more than 255 characters, and `note` has one" in str(reply)
    assert project.requests() == []


@pytest.mark.parametrize(
    ("region", "host"),
    [("us", "https://api.mixpanel.com"), ("eu", "https://api-eu.mixpanel.com"), ("in", "https://api-in.mixpanel.com")],
)
def test_each_region_has_its_host_for_what_is_written(region: Any, host: str) -> None:
    known: dict[str, Any] = {"service_account": "a", "secret": "s", "project_id": 1}
    assert Settings(_env_file=None, region=region, **known).ingestion == host
