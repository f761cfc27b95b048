"""Appcues: a property or a segment that a flow asks for, set for those whom Appcues knows, and withdrawn again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from expansion.contract import Done, Made, NoAccess, Piece, Refused, Standing, TryLater
from expansion.follow.inputs import TakeBack
from integrations.appcues.settings import Settings
from sandbox.appcues.answers import ANSWERS, error
from sandbox.appcues.app import Appcues
from tests.integrations.conftest import StandIns
from tests.integrations.contract import ActionContract, Case, key_of, piece
from tests.systems.appcues import NAMES, connect, group, sample, segment, users

Start = Callable[..., StandIns]
SEGMENT = "Ready for more"


@pytest.fixture
def there(stand_ins: Start) -> StandIns:
    found = stand_ins(Appcues, sample=sample())
    found.get(Appcues).per_second = 10_000  # the clock of the test does not wait for the server's
    return found


def do(there: StandIns, action: str, one: Piece) -> Any:
    [reply] = connect(there).actions[f"appcues.{action}"].deliver([one])
    return reply


def user(there: StandIns, name: str) -> dict[str, Any]:
    return there.state.get("appcues.users", name) or {}


def members(there: StandIns) -> list[str]:
    return list((there.state.get("appcues.segments", "seg-1") or {}).get("members", []))


def case(there: StandIns, name: str, **changes: Any) -> Case:
    given: dict[str, Any] = {
        "stand_ins": there,
        "vendor": "appcues",
        "connect": lambda: connect(there).actions[name],
        "lock_out": lambda: setattr(there.get(Appcues), "secret", "another"),
        "answers": ANSWERS,
        "findable": False,
        "write": {"method": "PATCH", "path": "/profile"},
    }
    return Case(**(given | changes))


def who(one: Piece) -> str:
    return str(one.input.people[0].user_id)  # type: ignore[attr-defined]


class TestSetGroupProperty(ActionContract):
    action = "appcues.set_group_property"

    @pytest.fixture
    def case(self, there: StandIns) -> Case:
        return case(
            there,
            self.action,
            good=group,
            bad=group("bad", account="nobody"),
            what="property",
            counted_by=lambda one: f"{one.account.account_id}|seat_nudge=soft",
        )


class TestSetUserProperty(ActionContract):
    action = "appcues.set_user_property"

    @pytest.fixture
    def case(self, there: StandIns) -> Case:
        return case(
            there,
            self.action,
            good=lambda name: users(name, key=name),
            bad=users("nobody", key="bad"),
            what="property",
            counted_by=lambda one: f"{who(one)}|seat_nudge=soft",
        )


class TestAddToSegment(ActionContract):
    action = "appcues.add_to_segment"

    @pytest.fixture
    def case(self, there: StandIns) -> Case:
        return case(
            there,
            self.action,
            good=lambda name: segment(name, key=name),
            bad=segment("one", key="bad", name="No such"),
            write={"method": "POST", "path": "/add_user_ids"},
            what="segment",
            counted_by=lambda one: f"{who(one)}|{SEGMENT}",
            once=False,
        )


# --- withdrawing ------------------------------------------------------------------------------------------------------


def back(made: Piece, remote_id: str, key: str = "one") -> Piece:
    return piece(TakeBack(step=made.key, remote_id=remote_id, made=made.input.model_dump(mode="json")), key)


class TestClearGroupProperty(ActionContract):
    action = "appcues.clear_group_property"

    @pytest.fixture
    def case(self, there: StandIns) -> Case:
        setting = connect(there).actions["appcues.set_group_property"]
        there.once("appcues groups", lambda: setting.deliver([group(name) for name in NAMES]))
        return case(
            there,
            self.action,
            good=lambda name: back(group(name), name, name),
            bad=_refused(there, group("bad", cleared=["a", "b"])),
            what="property cleared",
            counted_by=lambda one: f"{one.input.remote_id}|seat_nudge",  # type: ignore[attr-defined]
        )


class TestClearUserProperty(ActionContract):
    action = "appcues.clear_user_property"

    @pytest.fixture
    def case(self, there: StandIns) -> Case:
        there.once("appcues users", lambda: [do(there, "set_user_property", users(name)) for name in NAMES])
        return case(
            there,
            self.action,
            good=lambda name: back(users(name), name, name),
            bad=_refused(there, users("bad", cleared=["a", "b"])),
            what="property cleared",
            counted_by=lambda one: f"{one.input.remote_id}|seat_nudge",  # type: ignore[attr-defined]
        )


class TestRemoveFromSegment(ActionContract):
    action = "appcues.remove_from_segment"

    @pytest.fixture
    def case(self, there: StandIns) -> Case:
        there.once("appcues segment", lambda: do(there, "add_to_segment", segment(*NAMES)))
        return case(
            there,
            self.action,
            good=lambda name: back(segment(name), name, name),
            bad=back(segment("one", name="No such"), "one", "bad"),
            write={"method": "POST", "path": "/remove_user_ids"},
            what="segment cleared",
            counted_by=lambda one: f"{one.input.remote_id}|{SEGMENT}",  # type: ignore[attr-defined]
            once=False,
        )


def _refused(there: StandIns, made: Piece) -> Piece:
    """A profile takes no list; nobody has seen that before, since what was set was a text."""
    for kind, key in (("users", "user_id"), ("groups", "group_id")):
        there.state.put(f"appcues.{kind}", "bad", {key: "bad", "seat_nudge": "soft"})
    return back(made, "bad", "bad")


def test_a_cleared_property_is_cleared_and_what_a_person_has_changed_stays(there: StandIns) -> None:
    made = users("one", "two", "three")
    reply = do(there, "set_user_property", made)
    there.state.put("appcues.users", "two", {**user(there, "two"), "seat_nudge": "by hand"})
    cleared = do(there, "clear_user_property", back(made, reply.remote_id))
    assert [user(there, name)["seat_nudge"] for name in ("one", "two", "three")] == ["", "by hand", ""]
    assert cleared.note == (
        "`seat_nudge` is cleared for 2 people; for 1 person it is cleared already or was changed since, and stays"
    )
    assert do(there, "clear_user_property", back(made, reply.remote_id)).already


def test_one_whom_appcues_refuses_stops_no_other_and_is_counted(there: StandIns) -> None:
    made = users("one", "two")
    reply = do(there, "set_user_property", made)
    there.fault("appcues", "status", method="PATCH", path="users/one", status=400, body=error(400, "Bad Request", "no"))
    cleared = do(there, "clear_user_property", back(made, reply.remote_id))
    assert cleared.note.startswith("`seat_nudge` is cleared for 1 person; 1 of 2 people is left out: Appcues refuses")
    assert [user(there, name)["seat_nudge"] for name in ("one", "two")] == ["soft", ""]


def test_a_group_that_a_person_has_changed_stays(there: StandIns) -> None:
    made = group("one", value=5, cleared=0)
    do(there, "set_group_property", made)
    there.state.put("appcues.groups", "one", {"group_id": "one", "seat_nudge": 6})
    reply = do(there, "clear_group_property", back(made, "one"))
    assert reply.note == "`seat_nudge` of the account's group was changed since, and stays as it is"
    there.state.put("appcues.groups", "one", {"group_id": "one", "seat_nudge": "5"})
    do(there, "clear_group_property", back(made, "one"))
    assert (there.state.get("appcues.groups", "one") or {})["seat_nudge"] == 0


def test_who_is_gone_meanwhile_is_not_made_again(there: StandIns) -> None:
    made = group("one")
    do(there, "set_group_property", made)
    there.state.delete("appcues.groups", "one")
    assert do(there, "clear_group_property", back(made, "one")).already
    assert there.state.get("appcues.groups", "one") is None


def test_those_who_were_put_into_a_segment_are_taken_out(there: StandIns) -> None:
    made = segment("one", "a,b", "x@y.example", "nobody")
    reply = do(there, "add_to_segment", made)
    assert members(there) == ["a,b", "one", "x@y.example"]
    do(there, "add_to_segment", segment("two"))
    do(there, "remove_from_segment", back(made, reply.remote_id))
    assert members(there) == ["two"]


# --- who is unknown ---------------------------------------------------------------------------------------------------


def test_a_profile_is_never_made_for_an_unknown_id_and_it_is_said_how_many_those_are(there: StandIns) -> None:
    reply = do(there, "set_user_property", users("one", "nobody", "..", "two"))
    assert isinstance(reply, Done)
    assert reply.remote_id == "one,two"
    assert str(reply.note).startswith("2 people eligible by `seat_nudge`; a flow that asks for it shows on the next")
    assert str(reply.note).endswith("2 of 4 people are not in Appcues")
    assert there.state.get("appcues.users", "nobody") is None
    assert isinstance(do(there, "set_group_property", group(account="nobody")), Refused)
    assert there.state.get("appcues.groups", "nobody") is None


def test_an_empty_profile_is_nobody(there: StandIns) -> None:
    there.fault("appcues", "status", method="GET", path="/profile", status=200, body={}, times=1)
    reply = do(there, "set_group_property", group())
    assert isinstance(reply, Refused)
    assert "your app has to call Appcues.group with it" in str(reply)


def test_a_value_that_is_not_known_is_not_set(there: StandIns) -> None:
    reply = do(there, "set_group_property", group(value=None))
    assert isinstance(reply, Refused)
    assert "the value of `seat_nudge` is not known for this account" in str(reply)
    assert there.requests() == []


def test_two_segments_of_one_name_are_told_apart_by_their_ids(there: StandIns) -> None:
    there.state.put("appcues.segments", "seg-3", {"id": "seg-3", "name": SEGMENT})
    reply = do(there, "add_to_segment", segment("one"))
    assert isinstance(reply, Refused)
    assert "2 segments called `Ready for more`; write the id" in str(reply)
    assert isinstance(do(there, "add_to_segment", segment("one", name="seg-1")), Done)


# --- looking ----------------------------------------------------------------------------------------------------------


def looked(there: StandIns, action: str, made: Piece, remote_id: str) -> Any:
    [found] = connect(there).actions[f"appcues.{action}"].look([Made(key_of("one"), remote_id, made.input)])
    return found


def test_whether_the_property_is_still_set(there: StandIns) -> None:
    one, several = group("one"), users("one", "two")
    do(there, "set_group_property", one)
    do(there, "set_user_property", several)
    assert looked(there, "set_group_property", one, "one") == Standing(there=True)
    assert looked(there, "set_user_property", several, "one,two") == Standing(there=True)
    there.state.put("appcues.users", "two", {"user_id": "two"})
    there.state.delete("appcues.groups", "one")
    gone = looked(there, "set_group_property", one, "one")
    assert gone == Standing(there=False, missing="`seat_nudge` of the group has another value by now")
    half = looked(there, "set_user_property", several, "one,two")
    assert half == Standing(there=True, missing="`seat_nudge` has another value by now for 1 of 2 people")


def test_a_segment_cannot_be_looked_into_and_an_appcues_that_is_down_compares_nothing(there: StandIns) -> None:
    assert isinstance(looked(there, "add_to_segment", segment("one"), "one"), Refused)
    there.fault("appcues", "status", status=500, times=99)
    assert isinstance(looked(there, "set_group_property", group("one"), "one"), TryLater)


# --- keys, regions, doctor --------------------------------------------------------------------------------------------


def test_doctor_says_what_is_wrong_with_key_and_account(there: StandIns) -> None:
    assert [finding.what for finding in connect(there).check()] == [
        "the account answers: 2 segments",
        "Appcues does not tell what the key may do",
    ]
    [strange] = connect(there, account_id="1").check()
    assert not strange.ok
    assert "check APPCUES_ACCOUNT_ID" in str(strange.remedy)
    there.get(Appcues).secret = "another"
    [wrong] = connect(there).check()
    assert "not the legacy key" in str(wrong.remedy)


def test_a_key_that_may_only_read_is_a_matter_for_a_person(there: StandIns) -> None:
    body = error(403, "Forbidden")
    there.fault("appcues", "status", method="PATCH", status=403, body=body, times=9)
    reply = do(there, "set_group_property", group())
    assert isinstance(reply, NoAccess)
    assert "permission Publisher" in str(reply)


@pytest.mark.parametrize(("region", "host"), [("us", "api.appcues.com"), ("eu", "api.eu.appcues.com")])
def test_a_region_has_an_address_of_its_own(region: Any, host: str) -> None:
    settings = Settings(_env_file=None, account_id="1", api_key="k", api_secret="s", region=region)  # type: ignore[call-arg, arg-type]
    assert settings.api == f"https://{host}"


def test_the_inbox_says_eligible_and_never_shown(there: StandIns) -> None:
    flow = {"name": "Seats", "property": "seat_nudge", "value": "soft"}
    there.state.put("appcues.flows", "Seats", flow)
    do(there, "set_group_property", group("one"))
    do(there, "add_to_segment", segment("two"))
    first, second = there.get(Appcues).inbox()
    assert (first.to, first.account, first.title) == ("people of one", "one", "Eligible for the flow Seats")
    assert "Eligible, not shown" in first.html
    assert (second.to, second.title) == ("two", "Segment: Ready for more")
