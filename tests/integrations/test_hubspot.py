"""HubSpot: the contract of its actions, and what is special about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from expansion.contract import Done, Failure, NoAccess, Refused, TryLater
from integrations.hubspot import INTEGRATION
from integrations.hubspot.companies import NO_COMPANY
from integrations.hubspot.inputs import UpdateProperties
from integrations.hubspot.records import SEARCH_LAG
from integrations.kit.world import World
from sandbox.hubspot.answers import ANSWERS
from sandbox.hubspot.app import HubSpot
from sandbox.kit.stand_in import StandIn
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
from tests.systems.hubspot import case, connect, sample, settings, task, update


@pytest.fixture
def portal(stand_ins: Callable[..., StandIns]) -> StandIns:
    return stand_ins(HubSpot, sample=sample())


@pytest.fixture
def many(stand_ins: Callable[..., StandIns]) -> StandIns:
    portal = stand_ins(HubSpot, sample=sample(ACCOUNTS))
    portal.get(HubSpot).limits.searches = 1000  # the clock of the test does not wait for the server's
    portal.get(HubSpot).limits.burst = 1000
    return portal


# --- the contract -----------------------------------------------------------------------------------------------------


class TestCreateTaskWithAUniqueProperty(ActionContract):
    action = "hubspot.create_task"

    @pytest.fixture
    def case(self, many: StandIns) -> Case:
        return case(many, self.action, write={"method": "POST", "path": "tasks/batch/create"})


class TestCreateTaskWithAPropertyThatIsSearched(ActionContract):
    action = "hubspot.create_task"

    @pytest.fixture
    def case(self, many: StandIns) -> Case:
        many.get(HubSpot).portal.task_key_unique = False
        return case(many, self.action, write={"method": "POST", "path": "tasks/batch/create"})


class TestCreateTaskWithoutAProperty(ActionContract):
    """There is nothing to look a task up by: what broke off is unsure, for a person."""

    action = "hubspot.create_task"

    @pytest.fixture
    def case(self, many: StandIns) -> Case:
        many.get(HubSpot).portal.task_key = None
        write = {"method": "POST", "path": "tasks/batch/create"}
        return case(many, self.action, write=write, findable=False, may_be_unsure=True)

    def test_what_a_person_has_changed_since_stays_as_it_is(self, case: Case) -> None:
        """A process that has not made the task itself would make a second one: the ledger does not send it again."""
        assert not case.action.repeatable


class TestUpdateProperties(ActionContract):
    action = "hubspot.update_properties"

    @pytest.fixture
    def case(self, many: StandIns) -> Case:
        return case(
            many,
            self.action,
            good=lambda name: update(name, number_of(name)),
            bad=update("bad", ACCOUNTS - 1, nonsense="x"),
            write={"method": "POST", "path": "companies/batch/update"},
            what="update_companies",
            counted_by=lambda one: one.account.remote_ids["hubspot"],
            once=False,
            findable=False,
        )


# --- tasks ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("unique", [True, False])
def test_a_task_holds_what_the_seller_needs(portal: StandIns, unique: bool) -> None:
    portal.get(HubSpot).portal.task_key_unique = unique
    [reply] = connect(portal).actions["hubspot.create_task"].deliver([task(priority="high", type="call")])
    assert isinstance(reply, Done) and not reply.already and reply.note is None
    made = portal.get(HubSpot).portal.get("tasks", reply.remote_id) or {}
    shown = made["properties"]
    assert made["companies"] == ["9000"]
    assert shown["hs_task_subject"] == "Seats: Acme is at 92%"
    assert shown["hs_task_body"] == "Because:<br><b>46</b> of 50 seats &amp; growing"
    assert (shown["hs_task_priority"], shown["hs_task_type"], shown["hs_task_status"]) == (
        "HIGH",
        "CALL",
        "NOT_STARTED",
    )
    assert (shown["hubspot_owner_id"], shown["expansion_key"]) == ("11", key_of("one"))
    assert shown["hs_timestamp"] == "2026-11-24T13:00:00Z", "eight in the morning, US/Eastern"
    assert reply.link == f"{portal.base_url('hubspot')}/contacts/4711/record/0-27/{reply.remote_id}"


@pytest.mark.parametrize(("unique", "lookups"), [(True, "batch/read"), (False, "tasks/search")])
def test_450_tasks_take_five_batches(stand_ins: Callable[..., StandIns], unique: bool, lookups: str) -> None:
    portal = stand_ins(HubSpot, sample=sample(450))
    stand_in = portal.get(HubSpot)
    stand_in.portal.task_key_unique = unique
    stand_in.limits.searches = 100  # the clock of the test does not wait for the server's
    replies = connect(portal).actions["hubspot.create_task"].deliver([task(f"t{n}", n) for n in range(450)])
    assert all(isinstance(reply, Done) for reply in replies)
    assert len(portal.requests("POST", "batch/create")) == 5
    assert len(portal.requests("POST", lookups)) == (5 if unique else 15)
    assert len(portal.requests("GET", "/owners")) == 1
    made = {t["properties"]["expansion_key"]: (t["id"], t["companies"]) for t in stand_in.portal.all("tasks")}
    assert len(made) == 450
    for n, reply in enumerate(replies):
        assert isinstance(reply, Done)
        assert made[key_of(f"t{n}")] == (reply.remote_id, [str(9000 + n)])


def test_the_same_piece_twice_in_one_batch_is_one_task(portal: StandIns) -> None:
    first, second = connect(portal).actions["hubspot.create_task"].deliver([task(), task()])
    assert isinstance(first, Done) and first == second
    assert portal.applied("create_task") == {key_of("one"): 1}


def test_a_company_that_is_gone_leaves_a_task_and_a_note(portal: StandIns) -> None:
    gone = piece(task().input, "gone", "acct-8", "Gone Ltd", hubspot="123")
    first, second = connect(portal).actions["hubspot.create_task"].deliver([gone, task()])
    assert isinstance(first, Done) and first.note == NO_COMPANY
    assert isinstance(second, Done) and second.note is None


def test_a_task_that_cannot_be_made_twice_is_there(portal: StandIns) -> None:
    """A call that broke off was carried out after it had been looked for."""
    action = connect(portal).actions["hubspot.create_task"]
    [made] = action.deliver([task()])
    portal.fault("hubspot", "status", status=200, body={"results": []}, path="batch/read")
    first, second = action.deliver([task(), task("two", 1)])
    assert isinstance(first, Done) and isinstance(made, Done) and isinstance(second, Done)
    assert first.already and first.remote_id == made.remote_id
    assert portal.applied("create_task") == {key_of("one"): 1, key_of("two"): 1}


def test_an_account_that_is_not_matched_is_refused_and_named(portal: StandIns) -> None:
    lost = piece(task().input, "lost", "acct-9", "Lost Ltd")
    for name, good in (("create_task", task()), ("update_properties", update())):
        what = lost if name == "create_task" else piece(update().input, "lost", "acct-9", "Lost Ltd", hubspot="x/y")
        first, second = connect(portal).actions[f"hubspot.{name}"].deliver([what, good])
        assert isinstance(first, Refused) and isinstance(second, Done)
        assert "Lost Ltd" in str(first) and "HUBSPOT_ACCOUNT_KEY_PROPERTY" in str(first)


@pytest.mark.parametrize("email", ["gone@seller.example", "nobody@seller.example"])
def test_work_for_an_owner_who_is_gone_goes_to_the_fallback(portal: StandIns, email: str) -> None:
    action = connect(portal, fallback_owner="desk@seller.example").actions["hubspot.create_task"]
    [reply] = action.deliver([task(assign_to=email)])
    assert isinstance(reply, Done) and reply.note and "HUBSPOT_FALLBACK_OWNER" in reply.note
    made = portal.get(HubSpot).portal.get("tasks", reply.remote_id) or {}
    assert made["properties"]["hubspot_owner_id"] == "13"


def test_without_a_fallback_it_is_refused_without_naming_the_person(portal: StandIns) -> None:
    replies = (
        connect(portal).actions["hubspot.create_task"].deliver([task(assign_to="gone@seller.example"), task("two")])
    )
    assert (
        isinstance(replies[0], Refused) and "HUBSPOT_FALLBACK_OWNER" in str(replies[0]) and "@" not in str(replies[0])
    )
    assert isinstance(replies[1], Done)


def test_a_batch_without_trace_ids_in_its_results_is_told_apart_by_the_key(portal: StandIns) -> None:
    row = {"id": "77", "properties": {"expansion_key": key_of("one")}, "new": True}
    portal.fault("hubspot", "status", status=200, body={"results": [row]}, path="batch/create")
    first, second = connect(portal).actions["hubspot.create_task"].deliver([task(), task("two", 1)])
    assert isinstance(first, Done) and first.remote_id == "77"
    assert isinstance(second, Done), "what was not mentioned is sent again: an upsert may be"


def test_a_create_that_is_not_mentioned_in_the_reply_is_in_doubt(portal: StandIns) -> None:
    portal.get(HubSpot).portal.task_key_unique = False
    portal.fault("hubspot", "status", status=201, body={"results": []}, path="batch/create")
    [reply] = connect(portal).actions["hubspot.create_task"].deliver([task()])
    assert isinstance(reply, TryLater) and reply.maybe_done


def test_a_whole_batch_refused_is_halved_until_the_one_at_fault_is_alone(portal: StandIns) -> None:
    """A portal may refuse a call as a whole in spite of the trace ids."""
    action = connect(portal).actions["hubspot.create_task"]
    body = {"status": "error", "message": "Invalid input JSON", "category": "VALIDATION_ERROR"}
    portal.fault("hubspot", "status", status=400, body=body, path="batch/create", times=2)
    replies = action.deliver([task("a"), task("b", 1), task("c", 2)])
    assert [type(r) for r in replies] == [Refused, Done, Done]
    assert "Invalid input JSON" in str(replies[0])


# --- looking up -------------------------------------------------------------------------------------------------------


def test_search_that_lags_is_not_believed_too_soon(portal: StandIns) -> None:
    stand_in = portal.get(HubSpot).portal
    stand_in.task_key_unique, stand_in.lag = False, 1000.0
    portal.get(HubSpot).limits.searches = 100
    portal.fault("hubspot", "cut_after", path="batch/create")
    clock = FakeClock()
    action = INTEGRATION.connect(settings(portal), World(retry=HURRIED, clock=clock)).actions["hubspot.create_task"]
    [reply] = action.deliver([task()])
    assert isinstance(reply, TryLater) and reply.maybe_done
    [found] = action.find([task()])
    assert isinstance(found, TryLater) and "too soon" in str(found)
    assert found.wait and 0 < found.wait <= SEARCH_LAG
    stand_in.lag = 0.0
    [found] = action.find([task()])
    assert isinstance(found, Done)
    assert portal.applied("create_task") == {key_of("one"): 1}


def test_find_waits_for_the_lag_and_then_says_no(portal: StandIns) -> None:
    portal.get(HubSpot).portal.task_key_unique = False
    clock = FakeClock()
    action = connect(portal, clock).actions["hubspot.create_task"]
    action.deliver([task()])
    found, missing = action.find([task(), task("never", 1)])
    assert isinstance(found, Done) and missing is None
    assert sum(clock.slept) == pytest.approx(SEARCH_LAG, abs=1)


def test_a_search_that_fails_proves_nothing(portal: StandIns) -> None:
    portal.get(HubSpot).portal.task_key_unique = False
    clock = FakeClock()
    action = connect(portal, clock).actions["hubspot.create_task"]
    clock.now += 10 * SEARCH_LAG
    portal.fault("hubspot", "status", status=503, path="search", times=50)
    [found] = action.find([task()])
    assert isinstance(found, TryLater)
    portal.app.faults.waiting.clear()
    portal.fault("hubspot", "status", status=403, path="search")
    [found] = action.find([task()])
    assert isinstance(found, NoAccess)
    assert action.find([task()]) == [None]


def test_what_this_process_made_is_known_before_search_shows_it(portal: StandIns) -> None:
    stand_in = portal.get(HubSpot).portal
    stand_in.task_key_unique, stand_in.lag = False, 1000.0
    action = connect(portal).actions["hubspot.create_task"]
    [first] = action.deliver([task()])
    [second] = action.deliver([task()])
    assert isinstance(first, Done) and isinstance(second, Done) and first.remote_id == second.remote_id
    assert portal.applied("create_task") == {key_of("one"): 1}


def test_without_the_property_tasks_are_made_and_doubts_left_to_a_person(portal: StandIns) -> None:
    portal.get(HubSpot).portal.task_key = None
    action = connect(portal).actions["hubspot.create_task"]
    [reply] = action.deliver([task()])
    assert isinstance(reply, Done)
    [again] = action.deliver([task()])
    assert isinstance(again, Done) and again.already
    portal.fault("hubspot", "cut_after", path="batch/create")
    [doubt] = action.deliver([task("two", 1)])
    assert isinstance(doubt, TryLater) and doubt.maybe_done
    [found] = action.find([task("two", 1)])
    assert isinstance(found, Refused) and "expansion_key" in str(found) and "by hand" in str(found)
    assert portal.applied("create_task") == {key_of("one"): 1, key_of("two"): 1}


def test_a_lookup_that_fails_is_said_for_every_piece(portal: StandIns) -> None:
    portal.fault("hubspot", "status", status=503, path="batch/read", times=50)
    action = connect(portal).actions["hubspot.create_task"]
    assert all(isinstance(r, TryLater) for r in action.find([task(), task("two", 1)]))
    assert all(isinstance(r, TryLater) and not r.maybe_done for r in action.deliver([task(), task("two", 1)]))


# --- properties of companies ------------------------------------------------------------------------------------------


def test_two_updates_of_one_company_go_one_after_the_other(portal: StandIns) -> None:
    action = connect(portal).actions["hubspot.update_properties"]
    replies = action.deliver([update("a", 0, industry="first"), update("b", 1), update("c", 0, industry="second")])
    assert all(isinstance(r, Done) for r in replies)
    assert len(portal.requests("POST", "companies/batch/update")) == 2
    company = portal.get(HubSpot).portal.get("companies", "9000") or {}
    assert company["properties"]["industry"] == "second"


def test_values_are_sent_as_the_text_that_hubspot_keeps(portal: StandIns) -> None:
    action = connect(portal).actions["hubspot.update_properties"]
    [reply] = action.deliver([update("a", 0, trial=True, numberofemployees=5, industry=None)])
    assert isinstance(reply, Done) and reply.link and "/record/0-2/9000" in reply.link
    shown = (portal.get(HubSpot).portal.get("companies", "9000") or {})["properties"]
    assert (shown["trial"], shown["numberofemployees"], shown["industry"]) == ("true", "5", "")


def test_an_update_of_a_company_that_is_gone_is_refused_and_the_others_done(portal: StandIns) -> None:
    gone = piece(update().input, "gone", "acct-8", "Gone Ltd", hubspot="123")
    first, second = connect(portal).actions["hubspot.update_properties"].deliver([gone, update()])
    assert isinstance(first, Refused) and "not there any more" in str(first)
    assert isinstance(second, Done)


# --- the source -------------------------------------------------------------------------------------------------------


def facts(portal: StandIns, *fields: str, **changes: Any) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for record in connect(portal, **changes).sources["hubspot.company"].facts(fields):
        if not record.is_twice:
            found.setdefault(record.account_id, {}).update(record.values)
    return found


def test_the_source_gives_properties_and_the_owners_address(portal: StandIns) -> None:
    found = facts(portal, "name", "arr", "trial", "owner_email")
    assert found["acct-1"] == {
        "name": "Company 1",
        "arr": "1000.5",
        "trial": "true",
        "owner_email": "ana@seller.example",
    }
    assert found["acct-0"]["owner_email"] is None
    [record] = [r for r in connect(portal).sources["hubspot.company"].facts(["name"]) if r.account_id == "acct-1"]
    assert record.remote_id == "9001" and record.source == "hubspot.company"


def test_every_page_is_read(stand_ins: Callable[..., StandIns]) -> None:
    portal = stand_ins(HubSpot, sample=sample(250))
    assert len(facts(portal, "name")) == 250
    assert len(portal.requests("GET", "/companies")) == 4, "three pages, and the properties"


def test_two_companies_with_one_product_id_are_left_out_and_said(
    portal: StandIns, caplog: pytest.LogCaptureFixture
) -> None:
    stand_in = portal.get(HubSpot).portal
    stand_in.put("companies", {**(stand_in.get("companies", "9000") or {}), "id": "9999"})
    assert set(facts(portal, "name")) == {"acct-1", "acct-2"}
    assert "acct-0" in caplog.text


def test_a_company_without_a_product_id_is_passed_over(portal: StandIns) -> None:
    stand_in = portal.get(HubSpot).portal
    for number, nothing in (("9000", None), ("9001", "")):
        stand_in.update("companies", number, {"product_account_id": ""})
        company = stand_in.get("companies", number) or {}
        stand_in.put("companies", {**company, "properties": company["properties"] | {"product_account_id": nothing}})
    assert set(facts(portal, "name")) == {"acct-2"}


@pytest.mark.parametrize(("field", "changes"), [("nonsense", {}), ("name", {"account_key_property": "nonsense"})])
def test_a_property_that_does_not_exist_is_named(portal: StandIns, field: str, changes: Any) -> None:
    with pytest.raises(Refused, match="`nonsense`"):
        facts(portal, field, **changes)


ENDLESS = {"results": [], "paging": {"next": {"after": "7"}}}


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ({"kind": "truncate"}, "broke the connection off"),
        ({"kind": "cut_after"}, "broke the connection off"),
        ({"kind": "status", "status": 200, "body": ""}, "shape nobody can read"),
        ({"kind": "status", "status": 200, "body": "<html>login</html>"}, "shape nobody can read"),
        ({"kind": "status", "status": 200, "body": {"rows": []}}, "shape nobody can read"),
        ({"kind": "status", "status": 200, "body": {"results": [1]}}, "shape nobody can read"),
        ({"kind": "status", "status": 200, "body": []}, "shape nobody can read"),
        ({"kind": "status", "status": 200, "body": ENDLESS}, "same page again"),
        ({"kind": "status", "status": 404, "body": "<html>nothing here</html>"}, "HUBSPOT_API_VERSION"),
        ({"kind": "status", "status": 500, "body": "<html>oops</html>"}, "error of its own"),
        ({"kind": "status", "status": 429, "body": "slow down"}, "too many calls"),
        ({"kind": "status", "status": 302, "headers": {"location": "https://elsewhere.example"}}, "sends us elsewhere"),
        ({"kind": "slow", "seconds": 2 * TIMEOUT}, "did not answer in time"),
    ],
)
def test_a_source_that_answers_nonsense_is_one_clear_failure(
    portal: StandIns, fault: dict[str, Any], says: str
) -> None:
    portal.fault("hubspot", path="objects/2026-03/companies", times=20, **fault)
    with pytest.raises(Failure) as caught:
        facts(portal, "name")
    assert "HubSpot" in str(caught.value) and says in str(caught.value)
    assert not caught.value.maybe_done


def test_half_of_the_pages_is_a_failure_and_nothing_is_yielded(stand_ins: Callable[..., StandIns]) -> None:
    portal = stand_ins(HubSpot, sample=sample(250))
    portal.fault("hubspot", "status", status=502, path="objects/2026-03/companies", after=2, times=20)
    got: list[Any] = []
    with pytest.raises(TryLater):
        got += connect(portal).sources["hubspot.company"].facts(["name"])
    assert got == []


def test_a_source_that_stumbles_once_recovers(portal: StandIns) -> None:
    portal.fault("hubspot", "cut_after", path="objects/2026-03/companies")
    portal.fault("hubspot", "truncate", path="properties")
    assert len(facts(portal, "name")) == 3


# --- limits and errors ------------------------------------------------------------------------------------------------


def test_the_interval_that_hubspot_names_is_waited_for(portal: StandIns) -> None:
    clock = FakeClock()
    portal.fault("hubspot", path="objects/2026-03/companies", kind="status", **ANSWERS.later[0].fault())
    assert len(list(connect(portal, clock).sources["hubspot.company"].facts(["name"]))) == 3
    assert 9.9 <= sum(clock.slept) <= 10.5


def test_a_day_used_up_is_not_spun_on(portal: StandIns) -> None:
    portal.get(HubSpot).limits.daily = 0
    clock = FakeClock()
    connection = connect(portal, clock)
    for _ in range(2):
        with pytest.raises(TryLater, match="HubSpot") as caught:
            list(connection.sources["hubspot.company"].facts(["name"]))
        assert caught.value.wait and caught.value.wait > 60
    assert len(portal.requests()) == 1 and clock.slept == []
    portal.get(HubSpot).limits.daily = 1000
    clock.now += 1000
    assert len(list(connection.sources["hubspot.company"].facts(["name"]))) == 3


def test_a_move_of_the_account_is_not_slept_through(portal: StandIns) -> None:
    clock = FakeClock()
    portal.fault("hubspot", "status", status=477, headers={"Retry-After": "86400"}, path="companies", times=9)
    with pytest.raises(TryLater, match="moving") as caught:
        list(connect(portal, clock).sources["hubspot.company"].facts(["name"]))
    assert caught.value.wait == 6 * 3600 and clock.slept == [] and len(portal.requests()) == 1


def test_a_locked_record_is_waited_for_two_seconds(portal: StandIns) -> None:
    clock = FakeClock()
    portal.fault("hubspot", "status", status=423, path="batch/create")
    [reply] = connect(portal, clock).actions["hubspot.create_task"].deliver([task()])
    assert isinstance(reply, Done) and clock.slept == [2.0]


def test_searches_stay_within_five_a_second(portal: StandIns) -> None:
    stand_in = portal.get(HubSpot)
    stand_in.portal.task_key_unique = False
    clock = FakeClock()
    stand_in.limits.now = clock.monotonic
    action = connect(portal, clock).actions["hubspot.create_task"]
    for n in range(12):
        action.deliver([task(f"t{n}")])
    assert [r["status"] for r in portal.requests("POST", "search")] == [200] * 12
    assert sum(clock.slept) >= 2


def test_a_busy_search_is_tried_again_a_second_later(portal: StandIns) -> None:
    portal.get(HubSpot).portal.task_key_unique = False
    clock = FakeClock()
    body = {"status": "error", "message": "You have reached your secondly limit.", "policyName": "SECONDLY"}
    portal.fault("hubspot", "status", status=429, body=body, path="search")
    [reply] = connect(portal, clock).actions["hubspot.create_task"].deliver([task()])
    assert isinstance(reply, Done) and sum(clock.slept) == pytest.approx(1.0)


def test_a_missing_scope_is_named(portal: StandIns) -> None:
    portal.get(HubSpot).scopes.discard("crm.objects.contacts.write")
    [reply] = connect(portal).actions["hubspot.create_task"].deliver([task()])
    assert isinstance(reply, NoAccess) and "crm.objects.contacts.write" in str(reply)


@pytest.mark.parametrize(
    ("status", "body", "kind", "says"),
    [
        (403, {}, NoAccess, "Service Keys"),
        (401, {"category": "EXPIRED_AUTHENTICATION"}, NoAccess, "HUBSPOT_TOKEN"),
        (409, {"category": "CONFLICT", "message": "exists for bob@admin.example " + "x" * 500}, Refused, "already"),
        (400, {"errors": [{"code": "INVALID_OPTION", "message": "BIG is not an option"}]}, Refused, "BIG is not"),
        (400, {"category": "RATE_LIMITS", "message": "busy"}, TryLater, "busy"),
        (400, {}, Refused, "400"),
        (414, {}, Refused, "414"),
        (521, {}, TryLater, "521"),
    ],
)
def test_every_status_has_a_meaning(
    portal: StandIns, status: int, body: dict[str, Any], kind: type[Failure], says: str
) -> None:
    portal.fault("hubspot", "status", status=status, body=body, path="companies", times=20)
    with pytest.raises(kind) as caught:
        facts(portal, "name")
    assert says in str(caught.value) and "@" not in str(caught.value) and len(str(caught.value)) < 400


class NoText(StandIn):
    """Something in between that answers bytes."""

    name = "hubspot"

    def routes(self) -> list[BaseRoute]:
        async def answer(request: Request) -> Response:
            return Response(b"\xff\xfe", 502)

        return [Route("/{path:path}", answer)]


def test_an_error_that_is_no_text_is_no_crash(stand_ins: Callable[..., StandIns]) -> None:
    with pytest.raises(TryLater, match="shape nobody can read"):
        facts(stand_ins(NoText), "name")


def test_a_server_that_speaks_no_tls_is_no_crash(portal: StandIns) -> None:
    with pytest.raises(TryLater, match="HubSpot"):
        facts(portal, "name", base_url=portal.base_url("hubspot").replace("http://", "https://"))


def test_a_retry_after_that_is_a_date_is_waited_for(portal: StandIns) -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=10), usegmt=True)
    portal.fault("hubspot", "status", status=429, headers={"Retry-After": until}, path="companies")
    clock = FakeClock()
    assert len(list(connect(portal, clock).sources["hubspot.company"].facts(["name"]))) == 3
    assert 5 <= sum(clock.slept) <= 11


def test_a_host_that_is_not_there_certainly_did_nothing(portal: StandIns) -> None:
    [reply] = connect(portal, base_url="http://127.0.0.1:9").actions["hubspot.create_task"].deliver([task()])
    assert isinstance(reply, TryLater) and not reply.maybe_done and "cannot be reached" in str(reply)


def test_a_due_time_without_a_known_zone_is_in_utc(portal: StandIns) -> None:
    body = {"portalId": 1, "timeZone": "Nowhere/Land"}
    portal.fault("hubspot", "status", status=200, body=body, path="account-info")
    [reply] = connect(portal).actions["hubspot.create_task"].deliver([task()])
    assert isinstance(reply, Done)
    made = portal.get(HubSpot).portal.get("tasks", reply.remote_id) or {}
    assert made["properties"]["hs_timestamp"] == "2026-11-24T08:00:00Z"


def test_an_update_without_account_details_is_done_without_a_link(portal: StandIns) -> None:
    portal.fault("hubspot", "status", status=403, path="account-info", times=20)
    [reply] = connect(portal).actions["hubspot.update_properties"].deliver([update()])
    assert isinstance(reply, Done) and reply.link is None


def test_links_of_the_real_hubspot_lead_to_its_own_pages(portal: StandIns) -> None:
    from integrations.hubspot.client import Client
    from integrations.hubspot.settings import LIMITS, SEARCH_LIMITS

    client = Client(settings(portal), World(retry=HURRIED), LIMITS, SEARCH_LIMITS)
    client.details()
    client._settings = settings(portal, base_url="https://api.hubapi.com")
    assert client.link("tasks", "5") == "https://app.hubspot.com/contacts/4711/record/0-27/5"


# --- doctor, settings, declaration ------------------------------------------------------------------------------------


def test_doctor_is_content_with_a_good_portal(portal: StandIns) -> None:
    findings = connect(portal, fallback_owner="desk@seller.example").check()
    assert [f.what for f in findings if not f.ok] == []
    assert any("API calls left today" in f.what for f in findings)


def test_doctor_says_what_to_do(portal: StandIns) -> None:
    stand_in = portal.get(HubSpot)
    stand_in.portal.task_key = None
    stand_in.limits.daily, stand_in.limits.used = 1000, 905
    stand_in.scopes.discard("crm.objects.owners.read")
    connection = connect(portal, account_key_property="nonsense", fallback_owner="gone@seller.example")
    bad = {f.what: f.remedy or "" for f in connection.check() if not f.ok}
    assert "Settings > Properties" in bad["the company property nonsense holds the product's account id"]
    assert "unique values" in bad["the task property expansion_key makes creating repeatable"]
    assert "crm.objects.owners.read" in bad["reads owners"] and "crm.objects.owners.read" in bad["fallback owner"]
    assert any("API calls left" in what for what in bad)


def test_doctor_sees_a_property_that_is_not_unique_and_an_owner_who_is_gone(portal: StandIns) -> None:
    portal.get(HubSpot).portal.task_key_unique = False
    bad = {f.what: f.remedy or "" for f in connect(portal, fallback_owner="gone@seller.example").check() if not f.ok}
    assert "cannot be switched on later" in bad["the task property expansion_key makes creating repeatable"]
    assert "not the e-mail address of an active user" in bad["a fallback owner is active"]
    bad = {f.what: f.remedy or "" for f in connect(portal).check() if not f.ok}
    assert "set HUBSPOT_FALLBACK_OWNER" in bad["a fallback owner is active"]


def test_doctor_without_access_has_one_line(portal: StandIns) -> None:
    [finding] = connect(portal, token=SecretStr("wrong-secret")).check()
    assert not finding.ok and finding.remedy and "HUBSPOT_TOKEN" in finding.remedy
    assert "wrong-secret" not in finding.remedy


def test_doctor_says_nothing_of_calls_where_the_headers_do_not_tell(portal: StandIns) -> None:
    from integrations.hubspot.client import Client
    from integrations.hubspot.doctor import _calls_left
    from integrations.hubspot.settings import LIMITS, SEARCH_LIMITS

    client = Client(settings(portal), World(retry=HURRIED), LIMITS, SEARCH_LIMITS)
    assert _calls_left(client) == []


def test_missing_settings_are_named_with_where_to_find_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NoAccess, match="HUBSPOT_TOKEN: missing") as caught:
        INTEGRATION.connected()
    assert "Service Keys" in str(caught.value)


def test_an_update_of_nothing_is_refused_by_the_check() -> None:
    with pytest.raises(ValidationError):
        UpdateProperties(properties={})
