"""Accounts that were merged in a CRM: who has another id now, by what the CRM still says of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest

from expansion.contract import FactRecord, Merge, Refused
from expansion.usage.facts import add_facts
from expansion.usage.identity.merges import add_merges, ids_known
from expansion.usage.storage.store import UsageStore
from integrations.hubspot import INTEGRATION as HUBSPOT
from integrations.kit.declare import SourceBase
from integrations.salesforce import INTEGRATION as SALESFORCE
from jobs.pull import Pull
from sandbox.hubspot import answers as hubspot_answers
from sandbox.hubspot.app import HubSpot
from sandbox.salesforce import answers as salesforce_answers
from sandbox.salesforce.app import Salesforce
from tests.integrations.conftest import StandIns
from tests.integrations.contract import FakeClock
from tests.integrations.replies import JsonPages
from tests.integrations.source_contract import Differs, Limited, SourceCase, SourceContract, world
from tests.systems import hubspot, salesforce
from tests.systems.salesforce import account_id

KEY = "Product_Account_Id__c"
NEVER: Mapping[str, str] = {
    "test_where_nothing_is_there_it_is_said": "that nobody was merged is nothing to speak of",
    "test_where_nothing_is_there_any_more_nothing_is_taken_as_gone": "what was merged once stays merged",
    "test_what_a_whole_answer_no_longer_holds_is_no_longer_known": "what was merged once stays merged",
    "test_a_field_that_is_not_there_is_not_known_any_more_and_the_others_are_read": "no field is asked for",
}


class TestMergedAccounts(SourceContract):
    source = "salesforce.merged"
    exempt: ClassVar = NEVER

    @pytest.fixture
    def case(self, stand_ins: Callable[..., StandIns]) -> SourceCase:
        there = stand_ins(lambda state: Salesforce(state, page_size=2), sample=salesforce.sample(8))
        stand_in, clock = there.get(Salesforce), FakeClock()
        for number in (5, 6, 7):
            stand_in.org.merge(account_id(0), account_id(number))
        last = stand_in.org.get("Account", account_id(4)) or {}

        def connect(**changes: int) -> SourceBase:
            return SALESFORCE.connect(salesforce.settings(there, **changes), world(clock)).sources[self.source]

        def back() -> None:
            stand_in.org.put("Account", last)

        return SourceCase(
            stand_ins=there,
            vendor="salesforce",
            clock=clock,
            connect=connect,
            pull=Pull(self.source, "merges", ()),
            pages=JsonPages(
                "/query", "records", "totalSize", lambda page: any("MasterRecordId" in row for row in page["records"])
            ),
            holds=3,
            differs=Differs(lambda: stand_in.org.merge(account_id(0), account_id(4)), back),
            reads={"path": "/query"},
            answers=salesforce_answers.ANSWERS,
            lock_out=lambda: setattr(stand_in, "locked_out", True),
            locked_out="check the app's policies and IP ranges",
            forbid=lambda: stand_in.org.may.update(Account=set()),
            forbidden="hidden from the integration user",
            limited=Limited(lambda: connect(daily_calls=4), 4, 86_400, "/services/data"),
            empty=lambda: None,
        )


class TestMergedCompanies(SourceContract):
    source = "hubspot.merged"
    exempt: ClassVar = NEVER

    @pytest.fixture
    def case(self, stand_ins: Callable[..., StandIns], monkeypatch: pytest.MonkeyPatch) -> SourceCase:
        monkeypatch.setattr("integrations.hubspot.merges.FOUND", 2)
        there = stand_ins(HubSpot, sample=hubspot.sample(8))
        stand_in, clock = there.get(HubSpot), FakeClock()
        stand_in.limits.now = clock.monotonic
        stand_in.portal.lag = 0
        for one, other in (("9000", "9004"), ("9001", "9005"), ("9002", "9006")):
            stand_in.portal.merge_companies(one, other)

        def connect(**changes: int) -> SourceBase:
            return HUBSPOT.connect(hubspot.settings(there, **changes), world(clock)).sources[self.source]

        return SourceCase(
            stand_ins=there,
            vendor="hubspot",
            clock=clock,
            connect=connect,
            pull=Pull(self.source, "merges", ()),
            records={str(9000 + number): f"acct-{number}" for number in range(8)},
            pages=JsonPages("companies/search", "results", "total"),
            holds=3,
            differs=Differs(lambda: stand_in.portal.merge_companies("9003", "9007") and None, lambda: None),
            answers=hubspot_answers.ANSWERS,
            lock_out=lambda: setattr(stand_in, "token", "another"),
            locked_out="HUBSPOT_TOKEN",
            forbid=lambda: stand_in.scopes.discard("crm.objects.companies.read"),
            forbidden="crm.objects.companies.read",
            limited=Limited(lambda: connect(calls_in_ten_seconds=3), 3, 10, "hubspot/"),
            empty=lambda: None,
        )


# --- Salesforce -------------------------------------------------------------------------------------------------------

NOW = datetime(2026, 3, 7, 9, tzinfo=UTC)


@pytest.fixture
def org(stand_ins: Callable[..., StandIns]) -> StandIns:
    return stand_ins(Salesforce, sample=salesforce.sample())


def merges(there: StandIns, since: datetime | None = None, **changes: Any) -> list[Merge]:
    return list(salesforce.connect(there, **changes).sources["salesforce.merged"].merges(since))


def told(found: list[Merge]) -> set[tuple[str, str]]:
    return {(one.former_id, one.id) for one in found if not one.by_record}


def test_the_record_that_lost_still_says_which_account_it_was(org: StandIns) -> None:
    org.get(Salesforce).org.merge(account_id(0), account_id(1))
    assert told(merges(org)) == {("acct-1", "acct-0")}


def test_an_account_that_was_only_deleted_was_not_merged(org: StandIns) -> None:
    org.get(Salesforce).org.remove("Account", account_id(1))
    assert merges(org) == []


def test_who_was_merged_on_has_the_id_of_each_step(org: StandIns) -> None:
    org.get(Salesforce).org.merge(account_id(1), account_id(2))
    org.get(Salesforce).org.merge(account_id(0), account_id(1))
    assert told(merges(org)) == {("acct-2", "acct-1"), ("acct-1", "acct-0")}


def test_only_what_was_merged_since_is_read_again(org: StandIns) -> None:
    org.get(Salesforce).org.merge(account_id(0), account_id(1))
    assert merges(org, datetime(2100, 1, 1, tzinfo=UTC)) == []
    assert told(merges(org, datetime(2020, 1, 1, tzinfo=UTC))) == {("acct-1", "acct-0")}


def test_where_the_kept_record_took_the_other_account_over_what_it_was_before_is_looked_up(
    org: StandIns, tmp_path: Any
) -> None:
    store = UsageStore(tmp_path)
    before = [FactRecord("salesforce.account", f"acct-{n}", {}, remote_id=account_id(n)) for n in (0, 1)]
    add_facts(store, "salesforce.account", before, NOW, full="accounts")
    org.get(Salesforce).org.merge(account_id(0), account_id(1), {KEY: "acct-1"})
    add_merges(store, merges(org), datetime(2100, 1, 1, tzinfo=UTC))
    known = ids_known(store, store.manifest(), datetime(2100, 1, 2, tzinfo=UTC))
    assert {was: one.id for was, one in known.accounts.items()} == {"acct-0": "acct-1"}


def test_a_kept_record_of_no_account_says_nothing(org: StandIns) -> None:
    org.get(Salesforce).org.merge(account_id(0), account_id(1), {KEY: None})
    assert merges(org) == []


def test_a_setting_that_names_no_field_is_refused(org: StandIns) -> None:
    with pytest.raises(Refused, match="SALESFORCE_ACCOUNT_KEY_FIELD"):
        merges(org, account_key_field="Nothing__c")


# --- HubSpot ----------------------------------------------------------------------------------------------------------


def test_companies_are_known_by_the_records_that_they_were(stand_ins: Callable[..., StandIns], tmp_path: Any) -> None:
    there = stand_ins(HubSpot, sample=hubspot.sample())
    portal = there.get(HubSpot).portal
    portal.lag = 0
    store = UsageStore(tmp_path)
    before = [FactRecord("hubspot.company", f"acct-{n}", {}, remote_id=str(9000 + n)) for n in (0, 1, 2)]
    add_facts(store, "hubspot.company", before, NOW, full="accounts")
    portal.merge_companies("9000", portal.merge_companies("9001", "9002"))
    found = list(hubspot.connect(there).sources["hubspot.merged"].merges(None))
    assert {one.former_id for one in found} >= {"9000", "9001", "9002"}
    assert {one.id for one in found} == {"acct-0"}
    add_merges(store, found, datetime(2100, 1, 1, tzinfo=UTC))
    known = ids_known(store, store.manifest(), datetime(2100, 1, 2, tzinfo=UTC))
    assert {was: one.id for was, one in known.accounts.items()} == {"acct-1": "acct-0", "acct-2": "acct-0"}


def test_a_merge_of_records_that_were_never_pulled_says_nothing(tmp_path: Any) -> None:
    store = UsageStore(tmp_path)
    assert add_merges(store, [Merge("hubspot.merged", "account", "77", "acct-1", NOW, by_record=True)], NOW).new == 0
