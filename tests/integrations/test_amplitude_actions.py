"""Amplitude: accounts put into a cohort and taken out, properties of groups set and set back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from expansion.contract import Done, NoAccess, Refused
from integrations.amplitude.settings import Settings
from sandbox.amplitude.answers import ANSWERS
from sandbox.amplitude.app import Amplitude
from tests.integrations.conftest import StandIns
from tests.integrations.contract import ActionContract, Case, number_of
from tests.systems.amplitude import ACCOUNTS, adding, connect, removing, sample
from tests.systems.traits import case, setting, taking_back

ADD, REMOVE = "amplitude.add_to_cohort", "amplitude.remove_from_cohort"
SET, BACK = "amplitude.set_group_properties", "amplitude.take_back"


@pytest.fixture
def project(stand_ins: Callable[..., StandIns]) -> StandIns:
    return stand_ins(Amplitude, sample=sample())


def members(there: StandIns) -> list[str]:
    found: dict[str, Any] = there.state.get("amplitude.cohorts", ACCOUNTS) or {}
    return list(found["members"])


def lock_out(there: StandIns, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(there.get(Amplitude).credentials, "AMPLITUDE_API_KEY", "another")


class _OfGroups:
    action: ClassVar[str]

    @pytest.fixture
    def case(self, project: StandIns, monkeypatch: pytest.MonkeyPatch) -> Case:
        return case(
            project,
            "amplitude",
            lambda: connect(project).actions[self.action],
            back=self.action == BACK,
            answers=ANSWERS,
            write={"method": "POST", "path": "groupidentify"},
            lock_out=lambda: lock_out(project, monkeypatch),
        )


class TestSetGroupProperties(_OfGroups, ActionContract):
    action = SET


class TestTakeBack(_OfGroups, ActionContract):
    action = BACK


class _OfCohorts:
    action: ClassVar[str]

    @pytest.fixture
    def case(self, project: StandIns, monkeypatch: pytest.MonkeyPatch) -> Case:
        make = adding if self.action == ADD else removing
        return Case(
            stand_ins=project,
            vendor="amplitude",
            connect=lambda: connect(project).actions[self.action],
            good=lambda name: make(name, f"acct-{number_of(name)}"),
            bad=make("bad", "acct-0", "Nowhere"),
            write={"method": "POST", "path": "membership"},
            lock_out=lambda: lock_out(project, monkeypatch),
            answers=ANSWERS,
            what="add" if self.action == ADD else "remove",
            counted_by=lambda one: f"{one.account.account_id}|{ACCOUNTS}",
            once=False,
            findable=False,
        )


class TestAddToCohort(_OfCohorts, ActionContract):
    action = ADD


class TestRemoveFromCohort(_OfCohorts, ActionContract):
    action = REMOVE


# --- cohorts ----------------------------------------------------------------------------------------------------------


def test_an_account_is_put_in_and_taken_out_and_others_stay(project: StandIns) -> None:
    actions = connect(project).actions
    assert all(isinstance(reply, Done) for reply in actions[ADD].deliver([adding(), adding("two", "acct-1")]))
    assert members(project) == ["acct-0", "acct-1"]
    [reply] = actions[REMOVE].deliver([removing()])
    assert isinstance(reply, Done), reply
    assert members(project) == ["acct-1"]


def test_an_account_that_amplitude_does_not_know_is_said_to_be_unknown(project: StandIns) -> None:
    project.state.delete("amplitude.groups", "acct-0")
    [reply] = connect(project).actions[ADD].deliver([adding()])
    assert isinstance(reply, Refused)
    assert "knows no group of this account's id" in str(reply)
    [reply] = connect(project).actions[REMOVE].deliver([removing()])
    assert isinstance(reply, Done)
    assert reply.already


def test_a_cohort_of_users_takes_no_accounts(project: StandIns) -> None:
    """It would take their ids for those of users."""
    [reply] = connect(project).actions[ADD].deliver([adding(cohort="Power users")])
    assert isinstance(reply, Refused)
    assert "counts `User`, not `company_id`" in str(reply)
    assert project.requests(path="membership") == []


# --- groups -----------------------------------------------------------------------------------------------------------


def test_what_is_set_is_set_back(project: StandIns) -> None:
    actions = connect(project).actions
    actions[SET].deliver([setting()])
    known = project.state.get("amplitude.accounts", "acct-0")
    assert known == {"id": "acct-0", "properties": {"expansion_play": "seats"}}
    actions[BACK].deliver([taking_back(afterwards={"expansion_play": "none"})])
    assert project.state.all("amplitude.accounts")[0]["properties"] == {"expansion_play": "none"}


def test_a_key_that_is_unknown_in_that_region_is_not_repeated_in_the_sentence(
    project: StandIns, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock_out(project, monkeypatch)
    [reply] = connect(project, api_key="k3y0fth3pr0j3ct").actions[SET].deliver([setting()])
    assert isinstance(reply, NoAccess)
    assert "AMPLITUDE_REGION is where the project lives" in str(reply)
    assert "k3y0fth3pr0j3ct" not in str(reply)


@pytest.mark.parametrize(
    ("region", "host"), [("us", "https://api2.amplitude.com"), ("eu", "https://api.eu.amplitude.com")]
)
def test_each_region_has_its_host_for_what_is_written(region: Any, host: str) -> None:
    assert Settings(_env_file=None, api_key="k", secret_key="s", region=region).ingestion == host
