"""Support cases of Salesforce: what is open on an account, and each case as events."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest

from expansion.contract import EventRow, NoAccess, NotThere, Refused, TryLater, Wanted
from integrations.kit.declare import SourceBase
from integrations.salesforce import INTEGRATION
from jobs.pull import Pull
from sandbox.salesforce.answers import ANSWERS
from sandbox.salesforce.app import Salesforce
from tests.integrations.conftest import StandIns
from tests.integrations.contract import FakeClock
from tests.integrations.of_salesforce import KEY, facts_of_accounts
from tests.integrations.replies import JsonPages
from tests.integrations.source_contract import Differs, Limited, Lost, SourceCase, SourceContract, world
from tests.systems.salesforce import account_id, connect, sample, settings

NOW = datetime(2026, 3, 7, 9, tzinfo=UTC)
Make = Callable[..., StandIns]


def case_of(number: int, account: int | None = 1, **changes: Any) -> dict[str, Any]:
    day = f"2026-03-0{number}T08:00:00.000+0000"
    known = {
        "Id": f"500000000000{number:03d}AAA",
        "AccountId": None if account is None else account_id(account),
        "Subject": f"Case {number}",
        "Status": "New",
        "Priority": "Medium",
        "Origin": "Email",
        "CreatedDate": day,
        "LastModifiedDate": day,
    }
    return known | changes


CASES = (
    case_of(1, Priority="High"),
    case_of(2),
    case_of(3, 2, Priority="High"),
    case_of(4, None),
    case_of(5, 1, Status="Closed", ClosedDate="2026-03-06T10:00:00.000+0000"),
)


def with_cases(stand_ins: Make, *cases: dict[str, Any], accounts: int = 3, page_size: int = 2000) -> StandIns:
    given = sample(accounts)
    given["salesforce"]["cases"] = list(cases)
    return stand_ins(lambda state: Salesforce(state, page_size=page_size), sample=given)


def source_of(there: StandIns, **changes: Any) -> SourceBase:
    return connect(there, **changes).sources["salesforce.case"]


def known(there: StandIns, *fields: str) -> dict[str, dict[str, Any]]:
    return {one.account_id: dict(one.values) for one in source_of(there).facts(fields)}


# --- the contract -----------------------------------------------------------------------------------------------------


class TestOpenCases(SourceContract):
    source = "salesforce.case"

    @pytest.fixture
    def case(self, stand_ins: Make) -> SourceCase:
        there = with_cases(stand_ins, *CASES, accounts=5, page_size=2)
        hide = there.get(Salesforce).org.hidden.add
        return facts_of_accounts(
            there,
            Pull(self.source, "facts", ("open_cases", "open_cases_high", "newest_open_case")),
            {"open_cases_high": "number", "newest_open_case": "date"},
            of="Case",
            forbidden="give its profile Read on Case",
            lost=Lost(lambda: hide("Priority"), "open_cases_high", "cases give no `open_cases_high`"),
        )


class TestCasesAsEvents(SourceContract):
    source = "salesforce.case"
    exempt: ClassVar = {
        "test_what_a_whole_answer_no_longer_holds_is_no_longer_known": "a case that was opened has been opened",
        "test_where_nothing_is_there_any_more_nothing_is_taken_as_gone": "a case that was opened has been opened",
        "test_a_field_that_is_not_there_is_not_known_any_more_and_the_others_are_read": "an event has what it has",
    }

    @pytest.fixture
    def case(self, stand_ins: Make) -> SourceCase:
        changed = {"LastModifiedDate": "2026-03-06T12:00:00.000+0000"}  # each pull reads two days again
        cases = [one | changed | {"AccountId": account_id(1)} for one in CASES]
        there, clock = with_cases(stand_ins, *cases, page_size=2), FakeClock()
        stand_in = there.get(Salesforce)

        def connected(**changes: int) -> SourceBase:
            return INTEGRATION.connect(settings(there, **changes), world(clock)).sources[self.source]

        def empty() -> None:
            for one in stand_in.org.all("Case"):
                stand_in.org.remove("Case", one["Id"])

        more = {"salesforce": {"cases": [case_of(6, 2)]}}
        return SourceCase(
            stand_ins=there,
            vendor="salesforce",
            clock=clock,
            connect=connected,
            pull=Pull(self.source, "events", (KEY,)),
            pages=JsonPages(
                "/query", "records", "totalSize", lambda page: any("ClosedDate" in row for row in page["records"])
            ),
            holds=6,
            differs=Differs(lambda: stand_in.load(more), lambda: None),
            reads={"path": "/query"},
            answers=ANSWERS,
            lock_out=lambda: setattr(stand_in, "locked_out", True),
            locked_out="check the app's policies and IP ranges",
            forbid=lambda: stand_in.org.may.update(Case=set()),
            forbidden="give its profile Read on Case",
            limited=Limited(lambda: connected(daily_calls=4), 4, 86_400, "/services/data"),
            empty=empty,
        )


# --- what is open -----------------------------------------------------------------------------------------------------


def test_open_cases_are_counted_by_priority_and_none_is_zero(stand_ins: Make) -> None:
    there = with_cases(stand_ins, *CASES)
    fields = ("open_cases", "open_cases_high", "open_cases_low", "oldest_open_case", "newest_open_case")
    assert known(there, *fields) == {
        "acct-0": dict.fromkeys(fields[:3], 0) | dict.fromkeys(fields[3:]),
        "acct-1": {
            "open_cases": 2,
            "open_cases_high": 1,
            "open_cases_low": 0,
            "oldest_open_case": "2026-03-01T08:00:00.000+0000",
            "newest_open_case": "2026-03-02T08:00:00.000+0000",
        },
        "acct-2": {
            "open_cases": 1,
            "open_cases_high": 1,
            "open_cases_low": 0,
            "oldest_open_case": "2026-03-03T08:00:00.000+0000",
            "newest_open_case": "2026-03-03T08:00:00.000+0000",
        },
    }


def test_a_priority_that_the_org_does_not_have_is_named_with_the_one_that_is_meant(stand_ins: Make) -> None:
    with pytest.raises(NotThere, match="did you mean `open_cases_high`") as caught:
        known(with_cases(stand_ins), "open_cases", "open_cases_hihg")
    assert caught.value.names == ("open_cases_hihg",)


def test_a_case_that_is_deleted_is_open_no_more(stand_ins: Make) -> None:
    there = with_cases(stand_ins, *CASES)
    there.get(Salesforce).org.remove("Case", CASES[0]["Id"])
    assert known(there, "open_cases")["acct-1"] == {"open_cases": 1}


def test_cases_of_an_account_that_was_merged_are_those_of_the_one_that_was_kept(stand_ins: Make) -> None:
    there = with_cases(stand_ins, *CASES)
    there.get(Salesforce).org.merge(account_id(2), account_id(1))
    assert known(there, "open_cases") == {"acct-0": {"open_cases": 0}, "acct-2": {"open_cases": 3}}


@pytest.mark.parametrize("hidden", ["AccountId", "IsClosed"])
def test_a_field_without_which_nothing_can_be_counted_is_asked_for(stand_ins: Make, hidden: str) -> None:
    there = with_cases(stand_ins, *CASES)
    there.get(Salesforce).org.hidden.add(hidden)
    with pytest.raises(NoAccess, match=f"{hidden} of Case is hidden from the integration user"):
        known(there, "open_cases")


def test_a_kind_that_does_not_fit_is_said_by_doctor(stand_ins: Make) -> None:
    asked = Wanted({"open_cases": frozenset({"date"}), "newest_open_case": frozenset({"date"})}, NOW)
    [finding] = source_of(with_cases(stand_ins)).contradictions(asked)
    assert "`open_cases` is a plain number there, and a date in facts.yaml" in finding.what


# --- as events --------------------------------------------------------------------------------------------------------


def read(there: StandIns, since: str = "2026-03-01", account: str = KEY) -> list[EventRow]:
    return list(source_of(there).events(since, "2026-03-07", account))


def test_a_case_is_an_event_of_when_it_was_opened_and_one_of_when_it_was_closed(stand_ins: Make) -> None:
    opened, closed = read(with_cases(stand_ins, CASES[4]))
    said = {"channel": "Email", "priority": "Medium", "type": None, "reason": None}
    assert (opened.event, opened.time) == ("Support Case Opened", datetime(2026, 3, 5, 8, tzinfo=UTC))
    assert (closed.event, closed.time) == ("Support Case Closed", datetime(2026, 3, 6, 10, tzinfo=UTC))
    assert {(row.account_id, row.user_id) for row in (opened, closed)} == {("acct-1", None)}
    assert (opened.properties, closed.properties) == (said, said)


def test_an_end_that_came_later_comes_with_the_next_pull(stand_ins: Make) -> None:
    old = case_of(1, Status="Closed", CreatedDate="2025-12-01T08:00:00.000+0000")
    old |= {"ClosedDate": "2026-03-06T10:00:00.000+0000", "LastModifiedDate": "2026-03-06T10:00:00.000+0000"}
    rows = read(with_cases(stand_ins, old, case_of(2)), since="2026-03-06")
    assert [(row.event_id, row.event) for row in rows] == [
        (f"case:{old['Id']}", "Support Case Opened"),
        (f"case:{old['Id']}:closed:2026-03-06T10:00:00", "Support Case Closed"),
    ]


def test_a_case_that_is_closed_again_ends_a_second_time(stand_ins: Make) -> None:
    there = with_cases(stand_ins, CASES[4])
    org = there.get(Salesforce).org
    first = {row.event_id for row in read(there)}
    org.update("Case", CASES[4]["Id"], {"Status": "Working"}, by="a person")
    assert [row.event for row in read(there)] == ["Support Case Opened"]
    org.update("Case", CASES[4]["Id"], {"Status": "Closed"}, by="a person")
    assert len(first | {row.event_id for row in read(there)}) == 3


def test_a_property_that_the_user_may_not_see_is_left_out(stand_ins: Make) -> None:
    there = with_cases(stand_ins, CASES[0])
    there.get(Salesforce).org.hidden.update({"Priority", "Reason"})
    [row] = read(there)
    assert row.properties == {"channel": "Email", "type": None}


def test_the_account_is_the_field_that_facts_yaml_names_else_the_key(stand_ins: Make) -> None:
    there = with_cases(stand_ins, CASES[0], CASES[3])
    assert [row.account_id for row in read(there, account="name")] == ["Account 1", None]
    assert [row.account_id for row in read(there, account="")] == ["acct-1", None]
    with pytest.raises(Refused, match=r"`account:` of salesforce\.case in facts\.yaml names it"):
        read(there, account="Nonsense__c")


def test_an_org_without_a_change_is_said(stand_ins: Make, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert read(with_cases(stand_ins)) == []
    assert "not one case has changed since 2026-03-01" in caplog.text


def test_a_cursor_that_is_gone_is_no_fault_of_settings(stand_ins: Make) -> None:
    there = with_cases(stand_ins, *CASES, page_size=2)
    gone = [{"errorCode": "INVALID_QUERY_LOCATOR", "message": "invalid query locator"}]
    there.fault("salesforce", "status", path="/query/01g", status=404, body=gone, times=9)
    with pytest.raises(TryLater, match="it is read again from the beginning"):
        read(there)
    there.app.faults.waiting.clear()
    assert len(read(there)) == 6
