"""What HubSpot's source promises as all sources do."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import pytest

from integrations.hubspot import INTEGRATION
from integrations.kit.declare import SourceBase
from jobs.pull import Pull
from sandbox.hubspot.answers import ANSWERS
from sandbox.hubspot.app import HubSpot
from tests.integrations.conftest import StandIns
from tests.integrations.contract import FakeClock
from tests.integrations.replies import JsonPages
from tests.integrations.source_contract import Differs, Limited, Lost, SourceCase, SourceContract, world
from tests.systems.hubspot import sample, settings


class TestCompany(SourceContract):
    source = "hubspot.company"
    exempt: ClassVar = {
        "test_an_answer_that_holds_less_than_it_announces_is_not_taken_for_the_whole": "a list announces no number",
    }

    @pytest.fixture
    def case(self, stand_ins: Callable[..., StandIns], monkeypatch: pytest.MonkeyPatch) -> SourceCase:
        monkeypatch.setattr("integrations.hubspot.client.PAGE", 2)
        there = stand_ins(HubSpot, sample=sample(5))
        stand_in, clock = there.get(HubSpot), FakeClock()
        stand_in.limits.now = clock.monotonic
        second = stand_in.portal.get("companies", "9001") or {}

        def connect(**changes: int) -> SourceBase:
            return INTEGRATION.connect(settings(there, **changes), world(clock)).sources[self.source]

        def empty() -> None:
            for company in stand_in.portal.all("companies"):
                stand_in.portal.remove("companies", company["id"])

        def no_arr() -> None:
            known = there.state.get("hubspot.custom", "companies") or {}
            there.state.put(
                "hubspot.custom", "companies", {name: kind for name, kind in known.items() if name != "arr"}
            )

        return SourceCase(
            stand_ins=there,
            vendor="hubspot",
            clock=clock,
            connect=connect,
            pull=Pull(self.source, "facts", ("name", "arr", "owner_email")),
            kinds={"arr": "number"},
            pages=JsonPages("objects/2026-03/companies", "results"),
            holds=5,
            differs=Differs(
                lambda: stand_in.portal.remove("companies", "9001"), lambda: stand_in.portal.put("companies", second)
            ),
            answers=ANSWERS,
            lock_out=lambda: setattr(stand_in, "token", "another"),
            locked_out="HUBSPOT_TOKEN",
            forbid=lambda: stand_in.scopes.discard("crm.objects.companies.read"),
            forbidden="crm.objects.companies.read",
            limited=Limited(lambda: connect(calls_in_ten_seconds=3), 3, 10, "hubspot/"),
            empty=empty,
            lost=Lost(no_arr, "arr", "no property `arr`"),
        )
