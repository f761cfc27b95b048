"""What Beacon's source promises as all sources do, and what is its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from integrations.kit.declare import SourceBase
from jobs.pull import Pull
from tests.example.beacon.stand_in.answers import ANSWERS
from tests.example.beacon.stand_in.app import Beacon
from tests.example.beacon.system import connect, sample
from tests.integrations.conftest import StandIns
from tests.integrations.contract import FakeClock
from tests.integrations.replies import JsonPages
from tests.integrations.source_contract import Differs, Limited, Lost, SourceCase, SourceContract, world

Start = Callable[..., StandIns]


class TestAccount(SourceContract):
    source = "beacon.account"

    @pytest.fixture
    def case(self, stand_ins: Start, monkeypatch: pytest.MonkeyPatch) -> SourceCase:
        monkeypatch.setattr("tests.example.beacon.integration.client.PAGE", 2)
        clock = FakeClock()
        there = stand_ins(lambda state: Beacon(state, clock.monotonic), sample=sample())
        stand_in, state = there.get(Beacon), there.state
        second = state.get("beacon.accounts", "ba_1") or {}

        def of_this(**changes: Any) -> SourceBase:
            return connect(there, world(clock), **changes).sources[self.source]

        def change_each(change: Callable[[str], object]) -> None:
            for account in state.all("beacon.accounts"):
                change(account["id"])

        def no_risks(account: str) -> None:
            known = state.get("beacon.accounts", account) or {}
            state.put("beacon.accounts", account, {name: v for name, v in known.items() if name != "open_risks"})

        return SourceCase(
            stand_ins=there,
            vendor="beacon",
            clock=clock,
            connect=of_this,
            pull=Pull(self.source, "facts", ("name", "health_score", "open_risks")),
            kinds={"health_score": "number", "open_risks": "number"},
            pages=JsonPages("/v1/accounts", "accounts", "total"),
            holds=5,
            differs=Differs(
                lambda: state.delete("beacon.accounts", "ba_1"), lambda: state.put("beacon.accounts", "ba_1", second)
            ),
            answers=ANSWERS,
            lock_out=lambda: setattr(stand_in, "token", "another"),
            locked_out="BEACON_TOKEN",
            forbid=lambda: stand_in.scopes.discard("accounts:read"),
            forbidden="accounts:read",
            limited=Limited(lambda: of_this(calls_per_minute=2), 2, 60, "/v1/accounts"),
            empty=lambda: change_each(lambda account: state.delete("beacon.accounts", account)),
            lost=Lost(lambda: change_each(no_risks), "open_risks", "no field `open_risks`"),
        )


def test_two_accounts_there_for_one_of_ours_are_said_to_be(stand_ins: Start) -> None:
    there = stand_ins(Beacon, sample=sample())
    twin = there.state.get("beacon.accounts", "ba_1") or {}
    there.state.put("beacon.accounts", "ba_twin", {**twin, "id": "ba_twin"})
    records = list(connect(there).sources["beacon.account"].facts(["health_score"]))
    assert [record.account_id for record in records if record.is_twice] == ["acct-1"]
