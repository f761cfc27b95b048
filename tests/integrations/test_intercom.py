"""Intercom: people become eligible for a series, events count once, and every request is as Intercom publishes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from expansion.contract import Done, Made, NoAccess, Piece, Refused, Standing, TryLater
from expansion.fields import Person
from expansion.follow.inputs import TakeBack
from integrations.intercom import INTEGRATION
from integrations.intercom.inputs import EnrolInSeries
from integrations.intercom.settings import Settings
from integrations.kit.retry import RetryPolicy
from integrations.kit.world import World
from sandbox.intercom.answers import ANSWERS
from sandbox.intercom.app import Intercom
from tests.integrations.conftest import StandIns
from tests.integrations.contract import (
    ACCOUNTS,
    FIRED_AT,
    HURRIED,
    TIMEOUT,
    ActionContract,
    Case,
    FakeClock,
    key_of,
    piece,
)
from tests.systems.intercom import SAMPLE, SERIES, connect, enrolment, event, person

NAMES = ["one", "two", "three", *(f"n{n}" for n in range(ACCOUNTS))]


@pytest.fixture
def world(stand_ins: Callable[..., StandIns]) -> StandIns:
    return stand_ins(Intercom, sample=SAMPLE)


@pytest.fixture
def intercom(world: StandIns) -> Any:
    return connect(world)


@pytest.fixture
def enrol(intercom: Any) -> Callable[..., Any]:
    """`enrol("one", "two", tag=…)`: the reply for one account with these people."""
    return lambda *people, **how: intercom.actions["intercom.enrol_in_series"].deliver([enrolment(*people, **how)])[0]


@pytest.fixture
def send(intercom: Any) -> Callable[..., Any]:
    return lambda *people, **how: intercom.actions["intercom.send_event"].deliver([event(*people, **how)])[0]


def contact(world: StandIns, external_id: str) -> dict[str, Any]:
    return next(c for c in world.state.all("intercom.contacts") if c["external_id"] == external_id)


def tags(world: StandIns, external_id: str) -> set[str]:
    return {world.state.get("intercom.tags", tag)["name"] for tag in contact(world, external_id)["tags"]}  # type: ignore[index]


def revoke(world: StandIns) -> None:
    world.get(Intercom).revoked = True


def error(code: str, message: str = "") -> dict[str, Any]:
    return {"type": "error.list", "errors": [{"code": code, "message": message}]}


@pytest.fixture
def many(stand_ins: Callable[..., StandIns]) -> StandIns:
    people = [{"external_id": name, "companies": ["acme"]} for name in NAMES]
    return stand_ins(Intercom, sample={"intercom": {"contacts": people, "attributes": ["expansion_series"]}})


def case(world: StandIns, name: str, **changes: Any) -> Case:
    return Case(
        stand_ins=world,
        vendor="intercom",
        connect=lambda: connect(world).actions[name],
        lock_out=lambda: revoke(world),
        answers=ANSWERS,
        findable=False,
        **changes,
    )


def who(one: Piece) -> str:
    return str(one.input.people[0].user_id)  # type: ignore[attr-defined]


class TestEnrolInSeriesByATag(ActionContract):
    action = "intercom.enrol_in_series"

    @pytest.fixture
    def case(self, many: StandIns) -> Case:
        return case(
            many,
            self.action,
            good=lambda name: enrolment(name, key=name),
            bad=enrolment("nobody", key="bad"),
            write={"method": "POST", "path": "/tags"},
            what="tag",
            counted_by=lambda one: f"{who(one)}|expansion:{SERIES}",
        )


class TestEnrolInSeriesByAnAttribute(ActionContract):
    action = "intercom.enrol_in_series"

    @pytest.fixture
    def case(self, many: StandIns) -> Case:
        return case(
            many,
            self.action,
            good=lambda name: enrolment(name, key=name, attribute={"expansion_series": SERIES}),
            bad=enrolment("one", key="bad", attribute={"no_such": SERIES}),
            write={"method": "PUT", "path": "/contacts/"},
            what="attribute",
            counted_by=lambda one: f"{who(one)}|expansion_series={SERIES}",
        )


def tagged(intercom: Any, *people: str) -> str:
    """The remote id of people who got the tag of the series."""
    [reply] = intercom.actions["intercom.enrol_in_series"].deliver([enrolment(*people)])
    return str(reply.remote_id)


def take_back(ids: str, *people: str, key: str = "one", **how: Any) -> Piece:
    made = EnrolInSeries(series=SERIES, people=[person(one) for one in people], **how).model_dump(mode="json")
    return piece(TakeBack(step=key_of("made"), remote_id=ids, made=made), key)


class TestTakeBackKeepsTheContract(ActionContract):
    action = "intercom.take_back"

    @pytest.fixture
    def case(self, many: StandIns) -> Case:
        api = connect(many)
        ids = many.once("intercom tags", lambda: {name: tagged(api, name) for name in NAMES[: ACCOUNTS - 1]})
        return case(
            many,
            self.action,
            good=lambda name: take_back(ids[name], name, key=name),
            bad=take_back("", "nobody", key="bad", event="seen"),
            write={"method": "DELETE", "path": "/tags/"},
            what="untag",
            counted_by=lambda one: one.input.made["people"][0]["user_id"],  # type: ignore[attr-defined]
        )


def test_a_tag_is_taken_back_from_those_who_have_it(world: StandIns, intercom: Any) -> None:
    ids = tagged(intercom, "one", "two")
    [reply] = intercom.actions["intercom.take_back"].deliver([take_back(ids, "one", "two")])
    assert tags(world, "one") == tags(world, "two") == set()
    assert reply.note == f"the tag expansion:{SERIES} is removed from 2 people; who is in the series by now stays in it"
    [again] = intercom.actions["intercom.take_back"].deliver([take_back(ids, "one", "two")])
    assert (again.already, again.note.partition(";")[0]) == (True, f"nobody has the tag expansion:{SERIES} any more")


def test_a_tag_is_taken_back_from_who_left_the_account_and_from_nobody_else(world: StandIns, intercom: Any) -> None:
    ids = tagged(intercom, "one", "two")
    asked = take_back(ids, "one", "two")
    of_one = replace(asked, input=asked.input.model_copy(update={"people": [person("one").user_id]}))
    [reply] = intercom.actions["intercom.take_back"].deliver([of_one])
    assert tags(world, "one") == set() != tags(world, "two")
    assert reply.note.startswith(f"the tag expansion:{SERIES} is removed from 1 person;")
    first, _ = ids.split(",")
    world.state.delete("intercom.contacts", first)  # deleted there, or merged into another one
    [gone] = intercom.actions["intercom.take_back"].deliver([of_one])
    assert gone.already and tags(world, "two") != set()


def look(intercom: Any, ids: str, **how: Any) -> Any:
    made = Made(key_of("made"), ids, EnrolInSeries(series=SERIES, people=[person("one"), person("two")], **how))
    [standing] = intercom.actions["intercom.enrol_in_series"].look([made])
    return standing


def test_whether_people_still_have_the_tag(world: StandIns, intercom: Any) -> None:
    ids = tagged(intercom, "one", "two")
    assert look(intercom, ids) == Standing(there=True)
    first, second = ids.split(",")
    intercom.actions["intercom.take_back"].deliver([take_back(first, "one")])
    assert look(intercom, ids) == Standing(there=True, missing=f"the tag expansion:{SERIES} is gone from 1 of 2 people")
    world.state.delete("intercom.contacts", second)  # merged into another one
    assert look(intercom, ids) == Standing(
        there=False, missing=f"the tag expansion:{SERIES} is gone from 2 of 2 people"
    )


def test_attributes_and_events_cannot_be_compared(intercom: Any) -> None:
    assert isinstance(look(intercom, "1", event="seen"), Refused)
    assert isinstance(look(intercom, "1", attribute={"x": "y"}), Refused)


def test_an_intercom_that_is_down_compares_nothing(world: StandIns, intercom: Any) -> None:
    ids = tagged(intercom, "one")
    world.fault("intercom", "status", status=500, times=99)
    assert isinstance(look(intercom, ids), TryLater)


class TestSendEventKeepsTheContract(ActionContract):
    action = "intercom.send_event"

    @pytest.fixture
    def case(self, many: StandIns) -> Case:
        return case(
            many,
            self.action,
            good=lambda name: event(name, key=name),
            bad=event("nobody", key="bad"),
            write={"method": "POST", "path": "/events"},
            what="event",
            counted_by=lambda one: f"{who(one)}|expansion-ready|{int(FIRED_AT.timestamp())}",
            once=False,  # nobody says that an event was there already; that it counts once is tested below
        )


@pytest.mark.parametrize(("status", "code"), [(409, "conflict"), (404, "not_found")])
def test_a_conflict_and_a_person_who_is_gone_stop_no_other(many: StandIns, status: int, code: str) -> None:
    many.fault("intercom", "status", status=status, body=error(code, "User Not Found"), path="/events")
    pieces = [event(name, key=name) for name in ("one", "two")]
    first, second = connect(many).actions["intercom.send_event"].deliver(pieces)
    assert isinstance(first, Refused) and not first.maybe_done
    assert isinstance(second, Done)
    assert list(many.applied("event").values()) == [1]


# --- enrolling --------------------------------------------------------------------------------------------------------


def test_people_become_eligible_by_a_tag_of_the_series_name_and_nobody_says_enrolled(
    world: StandIns, enrol: Callable[..., Any]
) -> None:
    reply = enrol("one", "two")
    assert isinstance(reply, Done)
    assert tags(world, "one") == tags(world, "two") == {f"expansion:{SERIES}"}
    assert reply.note is not None
    assert "2 people eligible for the series seats-soft-nudge by the tag expansion:seats-soft-nudge" in reply.note
    assert "about once an hour" in reply.note
    assert "enrolled" not in reply.note
    assert (
        reply.link
        == f"{world.base_url('intercom')}/a/apps/sandbox1/users/{contact(world, 'one')['id']}/all-conversations"
    )


def test_a_tag_of_another_name_may_be_given_and_its_case_does_not_matter(
    world: StandIns, enrol: Callable[..., Any]
) -> None:
    world.state.put("intercom.tags", "77", {"id": "77", "name": "Seats Nudge"})
    enrol("one", tag="seats nudge")
    assert tags(world, "one") == {"Seats Nudge"}


def test_an_attribute_makes_people_eligible_too(world: StandIns, enrol: Callable[..., Any]) -> None:
    first = enrol("one", attribute={"expansion_series": SERIES})
    second = enrol("one", attribute={"expansion_series": SERIES})
    assert contact(world, "one")["custom_attributes"] == {"expansion_series": SERIES}
    assert "by the attribute expansion_series" in first.note
    assert (first.already, second.already) == (False, True)
    assert world.applied("attribute") == {f"one|expansion_series={SERIES}": 1}


def test_an_attribute_that_nobody_made_is_refused_with_its_name(enrol: Callable[..., Any]) -> None:
    reply = enrol("one", attribute={"no_such": "x"})
    assert isinstance(reply, Refused)
    assert "no_such" in str(reply)


def test_an_event_makes_people_eligible_too_once_however_often_it_is_sent(
    world: StandIns, enrol: Callable[..., Any]
) -> None:
    for _ in range(3):
        assert "by the event storage-nearly-full" in enrol("one", event="storage-nearly-full").note
    assert list(world.applied("event").values()) == [1]
    assert [item.title for item in world.get(Intercom).inbox()] == ["Eligible for the series Storage tips"]


def test_a_series_is_entered_one_way() -> None:
    with pytest.raises(ValidationError, match="one of `tag` and `event`"):
        enrolment("one", tag="a", event="b")
    with pytest.raises(ValidationError, match="at most 1 item"):
        enrolment("one", attribute={"a": "1", "b": "2"})


def test_who_is_not_there_is_counted_and_the_others_are_reached(world: StandIns, enrol: Callable[..., Any]) -> None:
    reply = enrol("one", "gone", "cleo")
    assert isinstance(reply, Done)
    assert "1 of 3 people is not in Intercom; 1 is unsubscribed from e-mail" in reply.note
    assert tags(world, "one") == tags(world, "cleo") == {f"expansion:{SERIES}"}


def test_nobody_there_is_refused_with_what_to_check(enrol: Callable[..., Any]) -> None:
    reply = enrol("gone", Person(user_id="gone too", email="gone@acme.example"))
    assert isinstance(reply, Refused)
    assert "none of the 2 people" in str(reply)
    assert "external ids" in str(reply)
    assert "@" not in str(reply)
    assert "group is empty" in str(enrol())


def test_a_person_is_found_by_e_mail_where_the_user_id_is_unknown(world: StandIns, enrol: Callable[..., Any]) -> None:
    reply = enrol(Person(user_id="other id", email="Ana@acme.example"), "one")
    assert reply.remote_id == contact(world, "one")["id"], "the same person twice is one contact"


def test_an_e_mail_that_two_contacts_share_reaches_neither(enrol: Callable[..., Any]) -> None:
    assert isinstance(enrol(Person(user_id="?", email="twins@acme.example")), Refused)


def test_a_user_id_with_a_slash_is_one_user_id(world: StandIns, enrol: Callable[..., Any]) -> None:
    contact_id = contact(world, "one")["id"]
    world.state.put("intercom.contacts", contact_id, {**contact(world, "one"), "external_id": "a?b c#d"})
    assert enrol("a?b c#d").remote_id == contact_id


def test_a_contact_with_many_tags_is_not_tagged_again(world: StandIns, enrol: Callable[..., Any]) -> None:
    enrol("one")
    mine = contact(world, "one")
    for number in range(12):
        world.state.put("intercom.tags", f"{number}", {"id": f"{number}", "name": f"tag {number}"})
    many = [*(f"{n}" for n in range(12)), *mine["tags"]]
    world.state.put("intercom.contacts", mine["id"], {**mine, "tags": many})
    before = len(world.requests("POST", f"/contacts/{mine['id']}/tags"))
    assert enrol("one").already
    assert len(world.requests("POST", f"/contacts/{mine['id']}/tags")) == before


def test_one_person_who_is_refused_stops_no_other_and_is_counted(world: StandIns, enrol: Callable[..., Any]) -> None:
    gone = {"type": "error.list", "errors": [{"code": "not_found", "message": "User Not Found"}]}
    world.fault("intercom", "status", method="POST", path="/contacts/", after=1, status=404, body=gone)
    reply = enrol("one", "two")
    assert isinstance(reply, Done), "the first has it: refused would not be true"
    assert "1 person eligible" in reply.note
    assert "1 of 2 people is left out: Intercom refuses it" in reply.note
    assert tags(world, "one") == {f"expansion:{SERIES}"}


def test_what_breaks_off_at_the_second_person_may_be_done_for_the_first(
    world: StandIns, send: Callable[..., Any]
) -> None:
    world.fault("intercom", "status", path="/events", after=1, status=401, body=error("unauthorized"))
    reply = send("one", "two")
    assert isinstance(reply, NoAccess) and reply.maybe_done


# --- events -----------------------------------------------------------------------------------------------------------


def test_an_event_carries_the_time_of_the_firing_and_counts_once(world: StandIns, send: Callable[..., Any]) -> None:
    for _ in range(2):
        reply = send("one", "two", metadata={"seats": 92, "plan": "Team"})
        assert reply.note == "sent for 2 people"
    [first, _] = world.state.all("intercom.events")
    assert first == {
        "name": "expansion-ready",
        "created_at": int(FIRED_AT.timestamp()),
        "metadata": {"seats": 92, "plan": "Team"},
    }
    assert set(world.applied("event").values()) == {1}


def test_more_metadata_than_intercom_keeps_is_a_mistake_before_anything_is_sent() -> None:
    with pytest.raises(ValidationError, match="at most 10 items"):
        event("one", metadata={f"k{n}": "v" for n in range(11)})


# --- replies that are no ----------------------------------------------------------------------------------------------


def test_a_full_window_is_waited_out(world: StandIns) -> None:
    now = datetime(2026, 11, 22, 12, 0, 3, tzinfo=UTC)
    clock = FakeClock()
    reset = {"X-RateLimit-Reset": str(int(now.timestamp()) + 7)}
    body = {"type": "error.list", "errors": [{"code": "rate_limit_exceeded", "message": "Exceeded rate limit"}]}
    world.fault("intercom", "status", status=429, headers=reset, body=body)
    action = connect(world, retry=RetryPolicy(sleep=clock.sleep), clock=clock, now=lambda: now)
    [reply] = action.actions["intercom.send_event"].deliver([event("one")])
    assert isinstance(reply, Done)
    assert clock.slept == [7.0]


def test_a_window_that_is_full_says_so_with_its_reset(world: StandIns, send: Callable[..., Any]) -> None:
    world.get(Intercom).per_window = 0
    reply = send("one")
    assert isinstance(reply, TryLater)
    assert not reply.maybe_done
    assert 0 < reply.wait <= 10


def test_a_missing_permission_is_for_a_person(world: StandIns, enrol: Callable[..., Any]) -> None:
    world.get(Intercom).may -= {"tags"}
    reply = enrol("one")
    assert isinstance(reply, NoAccess)
    assert "Developer Hub" in str(reply)


def in_version(world: StandIns, version: str) -> Any:
    address = world.base_url("intercom")
    settings = Settings(access_token="secret-token", base_url=address, api_version=version, _env_file=None)
    there = INTEGRATION.connect(settings, World(retry=HURRIED, clock=FakeClock(), timeout=TIMEOUT))
    [reply] = there.actions["intercom.send_event"].deliver([event("one")])
    return reply


def test_a_version_that_the_app_does_not_know_is_for_a_person(world: StandIns) -> None:
    reply = in_version(world, "2.99")
    assert isinstance(reply, NoAccess)
    assert "intercom_version_invalid" in str(reply)
    assert "INTERCOM_API_VERSION" in str(reply)


@pytest.mark.parametrize("version", ["2.15", "2.16", "2.17"])
def test_the_versions_of_today_are_spoken_by_setting(world: StandIns, version: str) -> None:
    assert isinstance(in_version(world, version), Done)


def test_a_version_that_is_none_is_refused_where_it_is_set() -> None:
    with pytest.raises(ValidationError, match="api_version"):
        Settings(access_token="x", api_version="latest", _env_file=None)


def test_a_page_of_a_proxy_is_not_taken_for_a_missing_person(world: StandIns, send: Callable[..., Any]) -> None:
    world.fault("intercom", "status", status=404, body="<html>Not found</html>", times=5)
    reply = send("one")
    assert isinstance(reply, Refused)
    assert "none of the" not in str(reply)
    assert "html" not in str(reply)


def test_a_contact_that_vanished_between_two_calls_is_refused(world: StandIns, send: Callable[..., Any]) -> None:
    gone = {"type": "error.list", "errors": [{"code": "not_found", "message": "User Not Found"}]}
    world.fault("intercom", "status", path="/events", status=404, body=gone)
    assert "not there any more" in str(send("one"))


def test_an_answer_that_is_json_but_not_intercom_s_is_tried_again(world: StandIns, send: Callable[..., Any]) -> None:
    world.fault("intercom", "status", status=200, body=["surprise"], times=99)
    assert isinstance(send("one"), TryLater)


def test_no_e_mail_address_leaves_with_an_error(world: StandIns, send: Callable[..., Any]) -> None:
    said = {"type": "error.list", "errors": [{"code": "conflict", "message": "dup of ana@acme.example exists"}]}
    world.fault("intercom", "status", status=409, body=said)
    reply = send("one")
    assert isinstance(reply, Refused)
    assert "ana@" not in str(reply)
    assert "dup of" in str(reply)


# --- settings and doctor ----------------------------------------------------------------------------------------------


def test_missing_settings_name_the_variable_and_where_to_find_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("INTERCOM_ACCESS_TOKEN", raising=False)
    with pytest.raises(NoAccess, match=r"INTERCOM_ACCESS_TOKEN: missing.*Developer Hub"):
        INTEGRATION.connected()
    monkeypatch.setenv("INTERCOM_ACCESS_TOKEN", "secret")
    assert set(INTEGRATION.connected().actions) == set(INTEGRATION.actions)


def test_doctor_tells_the_workspace_and_what_may_be_read(world: StandIns, intercom: Any) -> None:
    assert [finding.what for finding in intercom.check()] == [
        "workspace Sandbox, region US",
        "may read contacts",
        "may read tags",
        "may read conversations",
        "Intercom does not tell what else the token may do",
    ]
    world.get(Intercom).may -= {"tags"}
    assert [finding.ok for finding in intercom.check()] == [True, True, False, True, True]
    revoke(world)
    [finding] = intercom.check()
    assert "INTERCOM_ACCESS_TOKEN" in finding.remedy


# --- values for attributes --------------------------------------------------------------------------------------------


def with_attribute(world: StandIns, kind: str) -> Any:
    world.get(Intercom).load({"intercom": {"attributes": [{"name": "seats", "data_type": kind}]}})
    return connect(world).actions["intercom.enrol_in_series"]


@pytest.mark.parametrize(
    ("kind", "given", "kept"),
    [
        ("integer", "78", 78),
        ("integer", "1,500", 1500),
        ("float", "0.5", 0.5),
        ("boolean", "true", True),
        ("boolean", True, True),
        ("date", "2026-03-07", 1_772_841_600),
        ("datetime", "2026-03-07T01:00:00Z", 1_772_845_200),
        ("string", "78", "78"),
        ("string", 1500, "1500"),
        ("string", ["sso", "audit"], "sso, audit"),
        ("float", "93.75%", 0.9375),
        ("integer", "$3,600", 3600),
    ],
)
def test_a_value_is_sent_as_its_attribute_takes_it_and_only_once(
    world: StandIns, kind: str, given: Any, kept: Any
) -> None:
    action = with_attribute(world, kind)
    [first] = action.deliver([enrolment("one", attribute={"seats": given})])
    assert isinstance(first, Done), first
    [contact] = [c for c in world.state.all("intercom.contacts") if "seats" in c["custom_attributes"]]
    assert contact["custom_attributes"]["seats"] == kept
    assert type(contact["custom_attributes"]["seats"]) is type(kept)
    [again] = connect(world).actions["intercom.enrol_in_series"].deliver([enrolment("one", attribute={"seats": given})])
    assert isinstance(again, Done)
    assert again.already
    assert len(world.requests("PUT")) == 1


@pytest.mark.parametrize(
    ("kind", "given"), [("integer", "many"), ("integer", "5.5"), ("integer", True), ("date", "soon")]
)
def test_a_value_that_the_attribute_cannot_take_is_refused_before_it_is_sent(
    world: StandIns, kind: str, given: Any
) -> None:
    [reply] = with_attribute(world, kind).deliver([enrolment("one", attribute={"seats": given})])
    assert isinstance(reply, Refused)
    assert "the attribute seats takes a" in str(reply)
    assert world.requests("PUT") == []


def test_numbers_of_a_playbook_go_into_attributes_and_events_as_numbers(world: StandIns) -> None:
    [reply] = with_attribute(world, "float").deliver([enrolment("one", attribute={"seats": 1e-7})])
    assert isinstance(reply, Done)
    [reply] = with_attribute(world, "integer").deliver([enrolment("two", attribute={"seats": 1500})])
    assert isinstance(reply, Done)
    sent = event("one", metadata={"seats": 1500, "plan": "Team", "features": ["sso", "audit"]})
    assert isinstance(connect(world).actions["intercom.send_event"].deliver([sent])[0], Done)
    [kept] = world.state.all("intercom.events")
    assert kept["metadata"] == {"seats": 1500, "plan": "Team", "features": "sso, audit"}


def test_an_attribute_whose_value_is_not_known_makes_nobody_eligible(world: StandIns) -> None:
    [reply] = with_attribute(world, "integer").deliver([enrolment("one", attribute={})])
    assert isinstance(reply, Refused)
    assert "not known for this account" in str(reply)


def test_where_the_attributes_may_not_be_read_a_value_is_sent_as_it_stands(world: StandIns) -> None:
    world.get(Intercom).may.discard("data_attributes")
    [reply] = with_attribute(world, "string").deliver([enrolment("one", attribute={"seats": "78"})])
    assert isinstance(reply, Done)
