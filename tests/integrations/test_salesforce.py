"""Salesforce: the contract of its actions, and what is special about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from expansion.contract import Done, Failure, NoAccess, Refused, TryLater
from integrations.kit.world import World
from integrations.salesforce import INTEGRATION
from integrations.salesforce.inputs import CreateOpportunity, CreateTask, UpdateFields
from integrations.salesforce.settings import LIMITS, Settings
from sandbox.salesforce.app import Salesforce
from tests.integrations.conftest import StandIns
from tests.integrations.contract import (
    ACCOUNTS,
    HURRIED,
    TIMEOUT,
    ActionContract,
    Case,
    FakeClock,
    key_of,
    number_of,
    piece,
)
from tests.systems.salesforce import (
    ANA,
    FALLBACK,
    account_id,
    case,
    connect,
    deal,
    rep,
    sample,
    settings,
    task,
    update,
)


@pytest.fixture
def org(stand_ins: Callable[..., StandIns]) -> StandIns:
    return stand_ins(Salesforce, sample=sample())


@pytest.fixture
def many(stand_ins: Callable[..., StandIns]) -> StandIns:
    return stand_ins(Salesforce, sample=sample(ACCOUNTS))


def error(code: str, message: str = "") -> list[dict[str, str]]:
    return [{"errorCode": code, "message": message}]


# --- the contract -----------------------------------------------------------------------------------------------------


class TestCreateTaskWithTheKeyField(ActionContract):
    action = "salesforce.create_task"

    @pytest.fixture
    def case(self, many: StandIns) -> Case:
        many.get(Salesforce).org.rules["forbidden"] = "Not in this org, says bob@admin.example"
        return case(
            many,
            self.action,
            good=lambda name: task(name, number_of(name)),
            bad=task("bad", subject="forbidden"),
            write={"method": "POST", "path": "composite/sobjects"},
            what="create_task",
            rep=rep(many, "Task", {"Status": "Completed", "Subject": "Called", "Description": "Spoke to them"}),
        )


class TestCreateTaskWithoutTheKeyField(ActionContract):
    action = "salesforce.create_task"

    @pytest.fixture
    def case(self, many: StandIns) -> Case:
        stand_in = many.get(Salesforce).org
        stand_in.rules["forbidden"] = "Not in this org"
        stand_in.key_fields["Task"] = None
        return case(
            many,
            self.action,
            good=lambda name: task(name, number_of(name)),
            bad=task("bad", subject="forbidden"),
            write={"method": "POST", "path": "composite/sobjects"},
            what="create_task",
            rep=rep(many, "Task", {"Status": "Completed", "Subject": "Called"}),  # the key stands in the description
        )


class TestCreateOpportunity(ActionContract):
    action = "salesforce.create_opportunity"

    @pytest.fixture
    def case(self, many: StandIns) -> Case:
        return case(
            many,
            self.action,
            good=lambda name: deal(name, number_of(name)),
            bad=deal("bad", amount="a lot"),
            write={"method": "POST", "path": "composite/sobjects"},
            what="create_opportunity",
            rep=rep(many, "Opportunity", {"StageName": "Proposal", "Name": "Seats for all", "Amount": 9.0}),
        )


class TestUpdateFields(ActionContract):
    action = "salesforce.update_fields"

    @pytest.fixture
    def case(self, many: StandIns) -> Case:
        return case(
            many,
            self.action,
            good=lambda name: update(name, number_of(name)),
            bad=update("bad", ACCOUNTS - 1, Nonsense__c="x"),
            write={"method": "PATCH", "path": "composite/sobjects"},
            what="update_account",
            counted_by=lambda one: one.account.remote_ids["salesforce"],
            once=False,
            findable=False,
        )


# --- tasks ------------------------------------------------------------------------------------------------------------


def test_a_task_holds_what_the_seller_needs(org: StandIns) -> None:
    [reply] = connect(org).actions["salesforce.create_task"].deliver([task(priority="High")])
    assert isinstance(reply, Done)
    made = org.get(Salesforce).org.get("Task", reply.remote_id)
    assert made is not None
    assert (made["WhatId"], made["OwnerId"], made["ActivityDate"]) == (account_id(0), ANA, "2026-11-24")
    assert (made["Priority"], made["Status"]) == ("High", "Not Started")
    assert made["Description"] == "Because:\n- 46 of 50 seats"
    assert made["Expansion_Key__c"] == key_of("one")
    assert reply.link == f"{org.base_url('salesforce')}/lightning/r/Task/{reply.remote_id}/view"


def test_the_link_leads_to_the_org_where_there_is_no_base_url(org: StandIns) -> None:
    from integrations.salesforce.client import Client

    client = Client(settings(org), World(retry=HURRIED), LIMITS)
    client.read("limits/")
    client._settings = settings(org, base_url=None)
    assert client.link("Task", "00T1") == "https://acme.my.salesforce.com/lightning/r/Task/00T1/view"


def test_450_tasks_take_three_collections(stand_ins: Callable[..., StandIns]) -> None:
    org = stand_ins(Salesforce, sample=sample(450))
    replies = connect(org).actions["salesforce.create_task"].deliver([task(f"t{n}", n) for n in range(450)])
    assert all(isinstance(reply, Done) for reply in replies)
    assert len(org.requests("POST", "composite/sobjects")) == 3
    assert len(org.requests()) == 5, "and one to sign in, one for the fields and the owner"
    made = {t["Expansion_Key__c"]: t["WhatId"] for t in org.state.all("salesforce.Task")}
    assert made == {key_of(f"t{n}"): account_id(n) for n in range(450)}
    assert {r.remote_id for r in replies if isinstance(r, Done)} == {t["Id"] for t in org.state.all("salesforce.Task")}


def test_the_same_piece_twice_in_one_batch_is_one_task(org: StandIns) -> None:
    first, second = connect(org).actions["salesforce.create_task"].deliver([task(), task()])
    assert isinstance(first, Done)
    assert first == second
    assert org.applied("create_task") == {key_of("one"): 1}


def test_without_the_key_field_the_key_stands_in_the_last_line(org: StandIns) -> None:
    org.get(Salesforce).org.key_fields["Task"] = None
    [reply] = connect(org).actions["salesforce.create_task"].deliver([task(notes="x" * 32_000)])
    assert isinstance(reply, Done)
    made = org.get(Salesforce).org.get("Task", reply.remote_id)
    assert made is not None
    assert len(made["Description"]) == 32_000
    assert made["Description"].endswith(f"x\n\nReference: {key_of('one')}")


def test_a_task_for_an_account_that_salesforce_does_not_know_is_made_unlinked(org: StandIns) -> None:
    lost = piece(task().input, "lost", "acct-9", "Lost Ltd")
    [reply] = connect(org).actions["salesforce.create_task"].deliver([lost])
    assert isinstance(reply, Done) and reply.note is not None and reply.note.startswith("not linked")
    [again] = connect(org).actions["salesforce.create_task"].deliver([lost])
    assert isinstance(again, Done) and again.already and again.remote_id == reply.remote_id


def test_without_the_key_field_an_account_that_is_not_matched_is_refused_and_named(org: StandIns) -> None:
    org.get(Salesforce).org.key_fields["Task"] = None
    lost = piece(task().input, "lost", "acct-9", "Lost Ltd")
    wrong = piece(task().input, "wrong", "acct-9", "Lost Ltd", salesforce="it's not an id")
    first, second, good = connect(org).actions["salesforce.create_task"].deliver([lost, wrong, task()])
    assert isinstance(first, Refused) and isinstance(second, Refused)
    assert "Lost Ltd" in str(first) and "acct-9" in str(first) and "SALESFORCE_ACCOUNT_KEY_FIELD" in str(first)
    assert isinstance(good, Done)
    org.get(Salesforce).org.key_fields["Task"] = None
    first, second, good = connect(org).actions["salesforce.create_task"].deliver([lost, wrong, task("three")])
    assert isinstance(first, Refused) and isinstance(second, Refused) and isinstance(good, Done)


@pytest.mark.parametrize("email", ["gone@seller.example", "nobody@seller.example"])
def test_work_for_an_owner_who_is_gone_goes_to_the_fallback(org: StandIns, email: str) -> None:
    [reply] = (
        connect(org, fallback_owner="Desk@Seller.example")
        .actions["salesforce.create_task"]
        .deliver([task(assign_to=email)])
    )
    assert isinstance(reply, Done)
    assert reply.note and "fallback" in reply.note.lower()
    made = org.get(Salesforce).org.get("Task", reply.remote_id)
    assert made and made["OwnerId"] == FALLBACK


def test_without_a_fallback_it_is_refused_without_naming_the_person(org: StandIns) -> None:
    [reply] = connect(org).actions["salesforce.create_task"].deliver([task(assign_to="gone@seller.example")])
    assert isinstance(reply, Refused)
    assert "SALESFORCE_FALLBACK_OWNER" in str(reply) and "@" not in str(reply)


def test_an_owner_deactivated_a_moment_ago_is_replaced(org: StandIns) -> None:
    action = connect(org, fallback_owner="desk@seller.example").actions["salesforce.create_task"]
    action.deliver([task()])
    stand_in = org.get(Salesforce).org
    stand_in.put("User", {**(stand_in.get("User", ANA) or {}), "IsActive": False})
    first, second = action.deliver([task("two"), task("three", 1, assign_to="ben@seller.example")])
    assert isinstance(first, Done) and first.note
    assert isinstance(second, Done) and second.note is None
    assert org.applied("create_task") == {key_of(k): 1 for k in ("one", "two", "three")}


def test_an_owner_deactivated_a_moment_ago_without_a_fallback_is_refused(org: StandIns) -> None:
    action = connect(org).actions["salesforce.create_task"]
    action.deliver([task()])
    stand_in = org.get(Salesforce).org
    stand_in.put("User", {**(stand_in.get("User", ANA) or {}), "IsActive": False})
    [reply] = action.deliver([task("two")])
    assert isinstance(reply, Refused) and "no longer active" in str(reply)


def test_of_two_users_with_one_address_the_one_who_signs_in_with_it_is_meant(org: StandIns) -> None:
    stand_in = org.get(Salesforce).org
    twin = {**(stand_in.get("User", ANA) or {}), "Id": "005000000000000AAA", "Username": "ana@seller.example.uat"}
    stand_in.put("User", twin)
    [reply] = connect(org).actions["salesforce.create_task"].deliver([task()])
    assert isinstance(reply, Done)
    assert (stand_in.get("Task", reply.remote_id) or {})["OwnerId"] == ANA


def test_only_records_whose_row_is_locked_are_sent_again(org: StandIns) -> None:
    org.get(Salesforce).org.locked[account_id(1)] = 2
    replies = connect(org).actions["salesforce.create_task"].deliver([task("a", 0), task("b", 1), task("c", 2)])
    assert [type(r) for r in replies] == [Done, Done, Done]
    assert len(org.requests("POST", "composite/sobjects")) == 3
    assert org.applied("create_task") == {key_of(k): 1 for k in "abc"}


def test_a_row_locked_for_good_is_left_for_later_alone(org: StandIns) -> None:
    org.get(Salesforce).org.locked[account_id(1)] = 99
    first, second, third = (
        connect(org).actions["salesforce.create_task"].deliver([task("a", 0), task("b", 1), task("c", 2)])
    )
    assert isinstance(first, Done) and isinstance(third, Done)
    assert isinstance(second, TryLater) and not second.maybe_done and "changing the record" in str(second)


def test_a_lock_and_then_a_cut_leaves_only_the_locked_one_in_doubt(org: StandIns) -> None:
    org.get(Salesforce).org.locked[account_id(1)] = 1
    org.fault("salesforce", "cut_before", method="POST", path="composite/sobjects", after=1, times=9)
    first, second = connect(org).actions["salesforce.create_task"].deliver([task("a", 0), task("b", 1)])
    assert isinstance(first, Done)
    assert isinstance(second, TryLater) and second.maybe_done


def test_a_key_that_somebody_else_wrote_meanwhile_is_found(org: StandIns) -> None:
    """The org's unique field refuses a second one, and one question says where all of those are."""
    stand_in = org.get(Salesforce)
    for name in ("one", "two"):
        stand_in.org.insert("Task", {"Subject": "x", "WhatId": account_id(0), "Expansion_Key__c": key_of(name)})
    replies = connect(org).actions["salesforce.create_task"].deliver([task(), task("two", 1), task("new", 1)])
    assert [isinstance(reply, Done) and reply.already for reply in replies] == [True, True, False]
    assert org.applied("create_task") == {key_of(name): 1 for name in ("one", "two", "new")}
    assert len(org.requests("GET", "/query")) == 1


def test_where_the_field_is_not_unique_what_is_there_is_looked_up_first(org: StandIns) -> None:
    org.get(Salesforce).org.key_unique = False
    action = connect(org).actions["salesforce.create_task"]
    first, again = action.deliver([task()]), action.deliver([task()])
    assert isinstance(first[0], Done) and isinstance(again[0], Done) and again[0].already
    assert len(org.requests("PATCH", "composite/sobjects/Task/")) == 1
    assert org.applied("create_task") == {key_of("one"): 1}


def test_one_malformed_record_does_not_stop_the_others(org: StandIns) -> None:
    bad = task("bad", 1)
    bad = piece(
        CreateTask.model_construct(**{**bad.input.model_dump(), "due": "soon"}), "bad", salesforce=account_id(1)
    )
    pieces = [task("a"), task("b"), bad, task("c")]
    replies = connect(org).actions["salesforce.create_task"].deliver(pieces)
    assert [type(r) for r in replies] == [Done, Done, Refused, Done]
    assert "not of its field's kind" in str(replies[2])


def test_a_key_field_that_is_not_unique_is_said_to_be_so(org: StandIns) -> None:
    stand_in = org.get(Salesforce).org
    stand_in.key_unique = False
    for _ in range(2):
        stand_in.insert("Task", {"Subject": "x", "WhatId": account_id(0), "Expansion_Key__c": key_of("one")})
    action = connect(org).actions["salesforce.create_task"]
    org.fault("salesforce", "status", status=200, body={"totalSize": 0, "done": True, "records": []}, path="/query")
    [reply] = action.deliver([task()])
    assert isinstance(reply, Refused) and "mark the key field Unique" in str(reply)


def test_every_kind_of_record_error_has_its_sentence(org: StandIns) -> None:
    action = connect(org).actions["salesforce.create_opportunity"]
    deal_without_stage = piece(
        CreateOpportunity.model_construct(**{**deal().input.model_dump(), "stage": ""}), "a", salesforce=account_id(0)
    )
    too_long = piece(
        CreateOpportunity.model_construct(**{**deal().input.model_dump(), "name": "n" * 121}),
        "b",
        salesforce=account_id(0),
    )
    gone = piece(deal().input, "c", salesforce=account_id(777))
    missing, long, lost = action.deliver([deal_without_stage, too_long, gone])
    assert "StageName must be filled in" in str(missing)
    assert "Name is longer than Salesforce allows" in str(long) and "nnn" not in str(long)
    assert "the account or its owner is gone" in str(lost)


# --- opportunities and fields -----------------------------------------------------------------------------------------


def test_an_opportunity_holds_what_was_said(org: StandIns) -> None:
    [reply] = (
        connect(org)
        .actions["salesforce.create_opportunity"]
        .deliver([deal(type="Existing Customer - Upgrade", notes="why")])
    )
    assert isinstance(reply, Done)
    made = org.get(Salesforce).org.get("Opportunity", reply.remote_id) or {}
    assert (made["AccountId"], made["Amount"], made["CloseDate"]) == (account_id(0), 3600.0, "2027-01-31")
    assert (made["StageName"], made["Type"], made["OwnerId"]) == ("Prospecting", "Existing Customer - Upgrade", ANA)
    assert reply.link and "/Opportunity/" in reply.link


def test_an_opportunity_without_amount_or_type_says_nothing_about_them(org: StandIns) -> None:
    [reply] = connect(org).actions["salesforce.create_opportunity"].deliver([deal(amount=None)])
    assert isinstance(reply, Done)
    assert (org.get(Salesforce).org.get("Opportunity", reply.remote_id) or {})["Amount"] is None


def test_two_updates_of_one_account_go_one_after_the_other(org: StandIns) -> None:
    action = connect(org).actions["salesforce.update_fields"]
    replies = action.deliver([update("a", 0, Region__c="first"), update("b", 1), update("c", 0, Region__c="second")])
    assert all(isinstance(r, Done) for r in replies)
    assert len(org.requests("PATCH")) == 2
    assert (org.get(Salesforce).org.get("Account", account_id(0)) or {})["Region__c"] == "second"


def test_an_update_of_a_lost_account_is_refused_and_the_others_done(org: StandIns) -> None:
    lost = piece(update().input, "lost", "acct-9", "Lost Ltd")
    gone = piece(update().input, "gone", "acct-9", "Gone Ltd", salesforce=account_id(777))
    first, second, third = connect(org).actions["salesforce.update_fields"].deliver([lost, gone, update()])
    assert isinstance(first, Refused) and isinstance(second, Refused) and isinstance(third, Done)


@pytest.mark.parametrize("name", ["Id", "Owner.Email", "a b"])
def test_fields_that_cannot_be_set_are_refused_by_the_check(name: str) -> None:
    with pytest.raises(ValidationError, match="not a field that can be set"):
        UpdateFields(fields={name: "x"})


# --- the source -------------------------------------------------------------------------------------------------------


def facts(org: StandIns, *fields: str, **changes: Any) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for record in connect(org, **changes).sources["salesforce.account"].facts(fields):
        if not record.is_twice:
            found.setdefault(record.account_id, {}).update(record.values)
    return found


def test_the_source_gives_fields_and_those_of_the_owner(org: StandIns) -> None:
    found = facts(org, "Name", "ARR__c", "Region__c", "Owner.Email")
    assert found["acct-1"] == {
        "Name": "Account 1",
        "ARR__c": 1000.5,
        "Region__c": "EMEA",
        "Owner.Email": "ana@seller.example",
    }
    assert found["acct-2"]["Owner.Email"] is None and found["acct-2"]["Region__c"] is None
    [record] = [r for r in connect(org).sources["salesforce.account"].facts(["Name"]) if r.account_id == "acct-1"]
    assert record.remote_id == account_id(1) and record.source == "salesforce.account"


def test_an_owner_who_has_left_is_nobodys_owner_so_nobody_is_told_that_they_got_the_task(org: StandIns) -> None:
    stand_in = org.get(Salesforce).org
    stand_in.put("User", {**(stand_in.get("User", ANA) or {}), "IsActive": False})
    assert facts(org, "Owner.Email", "Owner.Name")["acct-1"] == {"Owner.Email": None, "Owner.Name": "Ana"}


def test_an_accounts_own_fields_are_known_since_it_was_modified(org: StandIns) -> None:
    stand_in = org.get(Salesforce).org
    changed = {**(stand_in.get("Account", account_id(1)) or {}), "LastModifiedDate": "2026-01-31T08:15:00.000+0000"}
    stand_in.put("Account", changed)
    asked = ["ARR__c", "Owner.Email", "open_opportunities"]
    found = [r for r in connect(org).sources["salesforce.account"].facts(asked) if r.account_id == "acct-1"]
    assert [(sorted(r.values), r.at) for r in found] == [
        (["ARR__c"], datetime(2026, 1, 31, 8, 15, tzinfo=UTC)),
        (["Owner.Email", "open_opportunities"], None),
    ]


def test_a_formula_is_known_since_the_pull_only(org: StandIns, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in = org.get(Salesforce).org
    monkeypatch.setattr(stand_in, "formulas", {"ARR__c"})
    found = [r for r in connect(org).sources["salesforce.account"].facts(["ARR__c"]) if "ARR__c" in r.values]
    assert found and all(record.at is None for record in found)


def test_the_source_counts_opportunities(org: StandIns) -> None:
    found = facts(org, "open_opportunities", "last_opportunity_closed")
    assert found == {
        "acct-0": {"open_opportunities": 2, "last_opportunity_closed": None},
        "acct-1": {"open_opportunities": 0, "last_opportunity_closed": "2026-05-15"},
        "acct-2": {"open_opportunities": 1, "last_opportunity_closed": None},
    }


def test_counts_of_more_accounts_than_an_aggregate_may_have(
    stand_ins: Callable[..., StandIns], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.salesforce.accounts._GROUPS", 2)
    org = stand_ins(lambda state: Salesforce(state, page_size=2), sample=sample())
    org.get(Salesforce).org.put(
        "Opportunity",
        {"Id": "006000000000099AAA", "AccountId": account_id(1), "IsClosed": False, "CloseDate": "2026-12-01"},
    )
    assert {k: v["open_opportunities"] for k, v in facts(org, "open_opportunities").items()} == {
        "acct-0": 2,
        "acct-1": 1,
        "acct-2": 1,
    }


def test_every_page_is_read(stand_ins: Callable[..., StandIns]) -> None:
    org = stand_ins(lambda state: Salesforce(state, page_size=100), sample=sample(450))
    assert len(facts(org, "Name")) == 450
    assert len(org.requests("GET", "/query")) == 5


def test_two_accounts_with_one_product_id_are_left_out_and_said(
    org: StandIns, caplog: pytest.LogCaptureFixture
) -> None:
    stand_in = org.get(Salesforce).org
    stand_in.put("Account", {**(stand_in.get("Account", account_id(0)) or {}), "Id": account_id(500)})
    assert set(facts(org, "Name")) == {"acct-1", "acct-2"}
    assert "acct-0" in caplog.text and "left out" in caplog.text


def test_keys_that_differ_in_case_are_one_as_salesforce_takes_them(org: StandIns) -> None:
    stand_in = org.get(Salesforce).org
    twin = {**(stand_in.get("Account", account_id(0)) or {}), "Id": account_id(500), "Product_Account_Id__c": "ACCT-0"}
    stand_in.put("Account", twin)
    assert set(facts(org, "Name")) == {"acct-1", "acct-2"}


def test_an_account_id_kept_as_a_number_is_read_as_text(org: StandIns) -> None:
    stand_in = org.get(Salesforce).org
    for n, record in enumerate(stand_in.all("Account")):
        stand_in.put("Account", {**record, "Product_Account_Id__c": 4711.0 + n})
    assert set(facts(org, "Name")) == {"4711", "4712", "4713"}


@pytest.mark.parametrize(
    ("field", "says"),
    [
        ("Nonsense__c", "Account has no field `Nonsense__c`"),
        ("Arr_c", "did you mean `ARR__c`?"),
        ("Boss.Email", "Account has no relationship `Boss`"),
        ("Ownr.Email", "did you mean `Owner`?"),
        ("Owner.Emial", "User has no field `Emial`, or it is hidden from the integration user; did you mean `Email`?"),
        ("Name FROM User --", "not a field's API name"),
    ],
)
def test_a_field_that_does_not_exist_is_named(org: StandIns, field: str, says: str) -> None:
    with pytest.raises(Refused, match="Salesforce") as caught:
        facts(org, field)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ({"kind": "truncate"}, "broke the connection off"),
        ({"kind": "cut_after"}, "broke the connection off"),
        ({"kind": "status", "status": 200, "body": ""}, "not JSON"),
        ({"kind": "status", "status": 200, "body": "<html>login</html>"}, "not JSON"),
        ({"kind": "status", "status": 200, "body": {"rows": []}}, "shape nobody can read"),
        ({"kind": "status", "status": 200, "body": []}, "shape nobody can read"),
        ({"kind": "status", "status": 200, "body": {"totalSize": 5, "done": True, "records": []}}, "announced 5"),
        ({"kind": "status", "status": 200, "body": {"done": False, "records": []}}, "is not there"),
        ({"kind": "status", "status": 429, "body": "slow down"}, "busy"),
        ({"kind": "status", "status": 500, "body": "<html>oops</html>"}, "error of its own"),
        ({"kind": "status", "status": 302, "headers": {"location": "https://elsewhere.example"}}, "sends us elsewhere"),
        ({"kind": "slow", "seconds": 2 * TIMEOUT}, "did not answer in time"),
    ],
)
def test_a_source_that_answers_nonsense_is_one_clear_failure(org: StandIns, fault: dict[str, Any], says: str) -> None:
    org.fault("salesforce", path="/query", times=20, **fault)
    with pytest.raises(Failure) as caught:
        facts(org, "Name")
    assert "Salesforce" in str(caught.value) and says in str(caught.value)
    assert not caught.value.maybe_done


def test_half_of_the_pages_is_a_failure_and_nothing_is_yielded(stand_ins: Callable[..., StandIns]) -> None:
    org = stand_ins(lambda state: Salesforce(state, page_size=100), sample=sample(450))
    org.fault("salesforce", "status", status=503, path="/query/01g", after=2, times=20)
    got = []
    with pytest.raises(TryLater):
        got += connect(org).sources["salesforce.account"].facts(["Name"])
    assert got == []


def test_a_source_that_stumbles_once_recovers(org: StandIns) -> None:
    org.fault("salesforce", "cut_after", path="/query")
    org.fault("salesforce", "truncate", path="/query", after=1)
    assert len(facts(org, "Name")) == 3


# --- signing in and limits --------------------------------------------------------------------------------------------


def test_an_expired_session_is_renewed_once_and_the_work_done(org: StandIns) -> None:
    action = connect(org).actions["salesforce.create_task"]
    action.deliver([task()])
    org.get(Salesforce).expire_sessions()
    [reply] = action.deliver([task("two", 1)])
    assert isinstance(reply, Done)
    assert len(org.requests("POST", "oauth2/token")) == 2


def test_a_session_refused_right_after_signing_in_ends_after_two_logins(org: StandIns) -> None:
    org.get(Salesforce).locked_out = True
    with pytest.raises(NoAccess, match="refuses the session"):
        facts(org, "Name")
    assert len(org.requests("POST", "oauth2/token")) == 2
    assert len(org.requests("GET")) == 2


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"client_id": "nobody"}, "SALESFORCE_CLIENT_ID"),
        ({"client_secret": SecretStr("wrong-secret")}, "SALESFORCE_CLIENT_SECRET"),
    ],
)
def test_wrong_credentials_name_the_setting_and_not_the_secret(org: StandIns, changes: Any, says: str) -> None:
    with pytest.raises(NoAccess) as caught:
        facts(org, "Name", **changes)
    assert says in str(caught.value) and "wrong-secret" not in str(caught.value)
    assert len(org.requests("POST", "oauth2/token")) == 1


@pytest.mark.parametrize(
    ("fault", "kind", "says"),
    [
        ({"status": 503, "body": "<html>"}, TryLater, "signs nobody in now (503)"),
        ({"status": 503, "body": [{"errorCode": "SERVER_UNAVAILABLE"}]}, TryLater, "signs nobody in now (503)"),
        ({"status": 503, "body": {"error": "SERVER_UNAVAILABLE"}}, TryLater, "signs nobody in now (503)"),
        ({"status": 500, "body": {"message": "nothing else"}}, TryLater, "down for maintenance"),
        ({"status": 200, "body": "<html>Back soon</html>"}, TryLater, "perhaps for maintenance"),
        ({"status": 404, "body": "<html>"}, NoAccess, "SALESFORCE_DOMAIN"),
        ({"status": 400, "body": {"error": "invalid_grant", "error_description": "no user"}}, NoAccess, "run-as user"),
        ({"status": 400, "body": {"error": "unknown_error"}}, TryLater, "too busy"),
        ({"status": 400, "body": {"error": "weird"}}, NoAccess, "weird"),
        ({"status": 200, "body": {"access_token": "x"}}, TryLater, "shape nobody can read"),
        ({"status": 400, "body": []}, TryLater, "shape nobody can read"),
    ],
)
def test_a_sign_in_that_goes_wrong_has_its_sentence(
    org: StandIns, fault: dict[str, Any], kind: type[Failure], says: str
) -> None:
    org.fault("salesforce", "status", path="oauth2/token", times=20, **fault)
    with pytest.raises(kind) as caught:
        facts(org, "Name")
    assert says in str(caught.value)


def test_a_sign_in_that_breaks_off_is_tried_again(org: StandIns) -> None:
    org.fault("salesforce", "cut_before", path="oauth2/token", times=2)
    assert len(facts(org, "Name")) == 3


def test_a_host_that_is_not_there_certainly_did_nothing(org: StandIns) -> None:
    [reply] = connect(org, base_url="http://127.0.0.1:9").actions["salesforce.create_task"].deliver([task()])
    assert isinstance(reply, TryLater) and not reply.maybe_done
    assert "cannot be reached" in str(reply)


def test_an_org_without_calls_left_is_left_alone(org: StandIns) -> None:
    stand_in, clock = org.get(Salesforce), FakeClock()
    stand_in.api_limit = 0
    source = INTEGRATION.connect(settings(org), World(retry=HURRIED, clock=clock)).sources["salesforce.account"]
    for _ in range(2):
        with pytest.raises(TryLater) as caught:
            list(source.facts(["Name"]))
        assert caught.value.wait and caught.value.wait > 60
    assert len(org.requests("GET")) == 1, "the second time nothing is sent"
    stand_in.api_limit = 1000
    clock.now += 1000
    assert len(list(source.facts(["Name"]))) == 3


def test_the_last_twentieth_of_the_calls_is_left_to_people(org: StandIns) -> None:
    org.get(Salesforce).api_limit = 20
    source = INTEGRATION.connect(settings(org), World(retry=HURRIED, clock=FakeClock())).sources["salesforce.account"]
    with pytest.raises(TryLater):
        for _ in range(25):
            list(source.facts(["Name"]))
    assert org.get(Salesforce).calls == 19


def test_too_many_long_calls_at_once_is_no_empty_day(org: StandIns) -> None:
    text = "ConcurrentRequests (Concurrent API Requests) Limit exceeded."
    body = [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": text}]
    org.fault("salesforce", "status", status=403, body=body, path="/query")
    assert len(facts(org, "Name")) == 3


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (403, "API_DISABLED_FOR_ORG", NoAccess),
        (403, "SOMETHING_NEW", NoAccess),
        (401, "SOMETHING_NEW", NoAccess),
        (400, "QUERY_TIMEOUT", TryLater),
        (400, "SOMETHING_NEW", Refused),
        (300, "", Refused),
        (414, "", Refused),
        (503, "SERVER_UNAVAILABLE", TryLater),
    ],
)
def test_every_status_has_a_meaning(org: StandIns, status: int, code: str, kind: type[Failure]) -> None:
    body = [{"errorCode": code, "message": f"for bob@admin.example {'x' * 500}"}] if code else {}
    org.fault("salesforce", "status", status=status, body=body, path="/query", times=20)
    with pytest.raises(kind) as caught:
        facts(org, "Name")
    assert "@" not in str(caught.value) and len(str(caught.value)) < 400


def test_an_unreadable_401_is_no_key_error(org: StandIns) -> None:
    """simple-salesforce takes `[0]` of the body; a proxy may answer an object."""
    org.fault("salesforce", "status", status=401, body={"error": "no"}, path="/query", times=20)
    with pytest.raises(NoAccess):
        facts(org, "Name")


# --- doctor, settings, declaration ------------------------------------------------------------------------------------


def test_doctor_is_content_with_a_good_org(org: StandIns) -> None:
    findings = connect(org, fallback_owner="desk@seller.example").check()
    assert [f.what for f in findings if not f.ok] == []
    assert any("API calls left" in f.what for f in findings)


def test_doctor_says_what_to_do(org: StandIns) -> None:
    stand_in = org.get(Salesforce)
    stand_in.org.hidden.add("Product_Account_Id__c")
    stand_in.org.key_fields["Task"] = None
    stand_in.org.key_unique = False
    stand_in.api_limit, stand_in.calls = 100, 86
    bad = {f.what: f.remedy or "" for f in connect(org).check() if not f.ok}
    assert "show it to the integration user" in bad["Account.Product_Account_Id__c holds the product's account id"]
    assert "Object Manager > Activity" in bad["Task.Expansion_Key__c makes creating repeatable"]
    assert "Unique" in bad["Opportunity.Expansion_Key__c makes creating repeatable"]
    assert "SALESFORCE_FALLBACK_OWNER" in bad["a fallback owner is active"]
    assert any("API calls" in what for what in bad)


def test_doctor_sees_a_key_field_that_cannot_be_written_and_a_fallback_that_is_gone(org: StandIns) -> None:
    org.get(Salesforce).org.writable = False
    bad = {f.what: f.remedy or "" for f in connect(org, fallback_owner="gone@seller.example").check() if not f.ok}
    assert "edit Expansion_Key__c" in bad["Task.Expansion_Key__c makes creating repeatable"]
    assert "not the e-mail address of an active user" in bad["a fallback owner is active"]


def test_doctor_without_access_has_one_line(org: StandIns) -> None:
    [finding] = connect(org, client_id="nobody").check()
    assert not finding.ok and finding.remedy and "SALESFORCE_CLIENT_ID" in finding.remedy


def test_doctor_says_that_no_setting_is_wrong_while_the_org_is_down_for_maintenance(org: StandIns) -> None:
    org.fault("salesforce", "status", path="oauth2/token", times=20, status=503, body="<html>Back soon</html>")
    [finding] = connect(org).check()
    assert (finding.what, finding.ok) == ("signing in and reading", False)
    assert finding.remedy == (
        "Salesforce signs nobody in now (503): it is too busy, or down for maintenance; "
        "no setting is wrong, and status.salesforce.com says more"
    )


def test_doctor_goes_on_after_a_finding_that_cannot_be_made(org: StandIns) -> None:
    org.fault("salesforce", "status", status=200, body={"fields": "none"}, path="Task/describe", times=20)
    org.fault("salesforce", "status", status=200, body={"x": 1}, path="limits", after=1, times=20)
    bad = {f.what: f.remedy or "" for f in connect(org).check() if not f.ok}
    assert "shape nobody can read" in bad["key of tasks"]
    assert "does not say how many" in bad["API calls"]


def test_missing_settings_are_all_named_with_where_to_find_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SALESFORCE_DOMAIN", "login.salesforce.com")
    monkeypatch.setenv("SALESFORCE_CLIENT_SECRET", "very-secret")
    with pytest.raises(NoAccess) as caught:
        INTEGRATION.connected()
    text = str(caught.value)
    assert "SALESFORCE_CLIENT_ID: missing" in text and "External Client App Manager" in text
    assert "SALESFORCE_DOMAIN" in text and "My Domain" in text
    assert "very-secret" not in text


@pytest.mark.parametrize("domain", ["acme.my.salesforce.com", "https://acme.my.salesforce.com/", "acme.my"])
def test_a_domain_may_be_written_in_three_ways(domain: str) -> None:
    assert Settings(domain=domain, client_id="x", client_secret=SecretStr("y")).my_domain == "acme.my"


@pytest.mark.starts
def test_the_catalog_does_not_load_the_client() -> None:
    import subprocess
    import sys

    code = "import sys, integrations.salesforce as s; assert s.INTEGRATION.actions; print('zeep' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
