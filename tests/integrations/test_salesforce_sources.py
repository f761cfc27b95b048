"""What Salesforce's source promises as all sources do."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from jobs.pull import Pull
from sandbox.salesforce.app import Salesforce
from tests.integrations.conftest import StandIns
from tests.integrations.of_salesforce import facts_of_accounts
from tests.integrations.source_contract import Lost, SourceCase, SourceContract
from tests.systems.salesforce import sample


class TestAccount(SourceContract):
    source = "salesforce.account"

    @pytest.fixture
    def case(self, stand_ins: Callable[..., StandIns], monkeypatch: pytest.MonkeyPatch) -> SourceCase:
        monkeypatch.setattr("integrations.salesforce.accounts._GROUPS", 2)
        there = stand_ins(lambda state: Salesforce(state, page_size=2), sample=sample(5))
        hide = there.get(Salesforce).org.hidden.add
        return facts_of_accounts(
            there,
            Pull(self.source, "facts", ("Name", "Region__c", "Owner.Email", "open_opportunities")),
            {"open_opportunities": "number"},
            of="Account",
            forbidden="hidden from the integration user",
            lost=Lost(lambda: hide("Region__c"), "Region__c", "Account has no field `Region__c`"),
        )
