"""What Salesforce's source promises as all sources do."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from integrations.kit.declare import SourceBase
from integrations.salesforce import INTEGRATION
from jobs.pull import Pull
from sandbox.salesforce.answers import ANSWERS
from sandbox.salesforce.app import Salesforce
from tests.integrations.conftest import StandIns
from tests.integrations.contract import FakeClock
from tests.integrations.replies import JsonPages
from tests.integrations.source_contract import Differs, Limited, Lost, SourceCase, SourceContract, world
from tests.systems.salesforce import account_id, sample, settings

KEY = "Product_Account_Id__c"


class TestAccount(SourceContract):
    source = "salesforce.account"

    @pytest.fixture
    def case(self, stand_ins: Callable[..., StandIns], monkeypatch: pytest.MonkeyPatch) -> SourceCase:
        monkeypatch.setattr("integrations.salesforce.accounts._GROUPS", 2)
        there = stand_ins(lambda state: Salesforce(state, page_size=2), sample=sample(5))
        stand_in, clock = there.get(Salesforce), FakeClock()
        second = stand_in.org.get("Account", account_id(1)) or {}

        def connect(**changes: int) -> SourceBase:
            return INTEGRATION.connect(settings(there, **changes), world(clock)).sources[self.source]

        def empty() -> None:
            for account in stand_in.org.all("Account"):
                stand_in.org.put("Account", account | {KEY: None})

        return SourceCase(
            stand_ins=there,
            vendor="salesforce",
            clock=clock,
            connect=connect,
            pull=Pull(self.source, "facts", ("Name", "Region__c", "Owner.Email", "open_opportunities")),
            kinds={"open_opportunities": "number"},
            pages=JsonPages("/query", "records", "totalSize", lambda page: any(KEY in row for row in page["records"])),
            holds=5,
            differs=Differs(
                lambda: stand_in.org.remove("Account", account_id(1)), lambda: stand_in.org.put("Account", second)
            ),
            reads={"path": "/query"},
            answers=ANSWERS,
            lock_out=lambda: setattr(stand_in, "locked_out", True),
            locked_out="check the app's policies and IP ranges",
            forbid=lambda: stand_in.org.may.update(Account=set()),
            forbidden="hidden from the integration user",
            limited=Limited(lambda: connect(daily_calls=4), 4, 86_400, "/services/data"),
            empty=empty,
            lost=Lost(lambda: stand_in.org.hidden.add("Region__c"), "Region__c", "Account has no field `Region__c`"),
        )
