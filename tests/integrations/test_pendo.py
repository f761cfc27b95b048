"""Pendo: a custom field or a segment that a guide asks for, set for whom Pendo knows, and withdrawn again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from expansion.contract import Done, Made, NoAccess, Piece, Refused, Standing, TryLater
from expansion.follow.inputs import TakeBack
from integrations.pendo.settings import Settings
from sandbox.pendo.answers import ANSWERS
from sandbox.pendo.app import Pendo
from tests.integrations.conftest import StandIns
from tests.integrations.contract import ActionContract, Case, key_of, piece
from tests.systems.pendo import NAMES, account, connect, metadata, sample, segment

Start = Callable[..., StandIns]
SEGMENT = "Ready for more"


@pytest.fixture
def there(stand_ins: Start) -> StandIns:
    found = stand_ins(Pendo, sample=sample())
    found.get(Pendo).per_second = 10_000  # the clock of the test does not wait for the server's
    return found


def do(there: StandIns, action: str, *pieces: Piece) -> Any:
    replies = connect(there).actions[f"pendo.{action}"].deliver(pieces)
    return replies[0] if len(replies) == 1 else replies


def custom(there: StandIns, name: str) -> dict[str, Any]:
    return dict((there.state.get("pendo.accounts", name) or account(name))["metadata"]["custom"])


def members(there: StandIns) -> list[str]:
    return sorted((there.state.get("pendo.segments", "seg-1") or {}).get("visitors", []))


def case(there: StandIns, name: str, **changes: Any) -> Case:
    given: dict[str, Any] = {
        "stand_ins": there,
        "vendor": "pendo",
        "connect": lambda: connect(there).actions[name],
        "lock_out": lambda: setattr(there.get(Pendo), "key", "another"),
        "answers": ANSWERS,
        "findable": False,
        "once": False,
        "write": {"method": "POST", "path": "/value"},
    }
    return Case(**(given | changes))


class TestSetAccountMetadata(ActionContract):
    action = "pendo.set_account_metadata"

    @pytest.fixture
    def case(self, there: StandIns) -> Case:
        return case(
            there,
            self.action,
            good=metadata,
            bad=metadata("bad", account="nobody"),
            what="metadata",
            counted_by=lambda one: f"{one.account.account_id}|nudge=seat_limit",
        )


class TestAddToSegment(ActionContract):
    action = "pendo.add_to_segment"

    @pytest.fixture
    def case(self, there: StandIns) -> Case:
        return case(
            there,
            self.action,
            good=lambda name: segment(name, key=name),
            bad=segment("one", key="bad", name="No such"),
            write={"method": "PATCH", "path": "/visitor"},
            what="segment",
            counted_by=lambda one: f"{one.input.people[0].user_id}|{SEGMENT}",  # type: ignore[attr-defined]
        )


# --- withdrawing ------------------------------------------------------------------------------------------------------


def back(made: Piece, remote_id: str, key: str = "one") -> Piece:
    return piece(TakeBack(step=made.key, remote_id=remote_id, made=made.input.model_dump(mode="json")), key)


class TestClearAccountMetadata(ActionContract):
    action = "pendo.clear_account_metadata"

    @pytest.fixture
    def case(self, there: StandIns) -> Case:
        do(there, "set_account_metadata", *(metadata(name) for name in NAMES))
        return case(
            there,
            self.action,
            good=lambda name: back(metadata(name), name, name),
            bad=back(metadata("bad", field="seats", value=5), "one", "bad"),  # an empty text is no number
            what="metadata cleared",
            counted_by=lambda one: f"{one.input.remote_id}|nudge",  # type: ignore[attr-defined]
            once=True,
        )


class TestRemoveFromSegment(ActionContract):
    action = "pendo.remove_from_segment"

    @pytest.fixture
    def case(self, there: StandIns) -> Case:
        do(there, "add_to_segment", segment(*NAMES))
        return case(
            there,
            self.action,
            good=lambda name: back(segment(name), name, name),
            bad=back(segment("one", name="No such"), "one", "bad"),
            write={"method": "PATCH", "path": "/visitor"},
            what="segment cleared",
            counted_by=lambda one: f"{one.input.remote_id}|{SEGMENT}",  # type: ignore[attr-defined]
        )


def test_what_a_person_has_changed_since_stays(there: StandIns) -> None:
    made = metadata("one")
    do(there, "set_account_metadata", made)
    there.state.put("pendo.accounts", "one", account("one", nudge="by hand"))
    reply = do(there, "clear_account_metadata", back(made, "one"))
    assert reply.note == "`nudge` of the account was changed since, and stays as it is"
    assert custom(there, "one")["nudge"] == "by hand"


def test_a_number_is_cleared_with_what_the_playbook_says(there: StandIns) -> None:
    made = metadata("one", field="seats", value="46", cleared=0)
    do(there, "set_account_metadata", made)
    assert custom(there, "one")["seats"] == 46
    do(there, "clear_account_metadata", back(made, "one"))
    assert custom(there, "one")["seats"] == 0


def test_an_account_that_is_gone_meanwhile_has_nothing_to_clear(there: StandIns) -> None:
    there.state.delete("pendo.accounts", "one")
    reply = do(there, "clear_account_metadata", back(metadata("one"), "one"))
    assert (reply.already, reply.note) == (True, "the account is not in Pendo any more")


def test_a_clearing_that_fails_without_a_word_is_not_called_done(there: StandIns) -> None:
    do(there, "set_account_metadata", metadata("one"))
    there.fault("pendo", "status", method="POST", path="/value", status=200, body={"total": 1, "failed": 1})
    reply = do(there, "clear_account_metadata", back(metadata("one"), "one"))
    assert isinstance(reply, Refused)
    assert "Pendo did not clear the field" in str(reply)


def test_those_who_were_put_into_a_segment_are_taken_out(there: StandIns) -> None:
    made = segment("one", "a,b", "x@y.example", "nobody", "..")
    reply = do(there, "add_to_segment", made)
    assert members(there) == ["a,b", "one", "x@y.example"]
    assert str(reply.note).startswith(f"3 people eligible by the segment {SEGMENT}; a public guide whose segment")
    assert str(reply.note).endswith("2 of 5 people are not in Pendo")
    do(there, "add_to_segment", segment("two"))
    do(there, "remove_from_segment", back(made, reply.remote_id))
    assert members(there) == ["two"]


# --- who is missing, what does not fit --------------------------------------------------------------------------------


def test_an_id_that_comes_back_as_missing_is_refused_and_the_others_are_set(there: StandIns) -> None:
    first, unknown, third = do(there, "set_account_metadata", metadata("one"), metadata("nobody"), metadata("two"))
    assert isinstance(first, Done)
    assert isinstance(third, Done)
    assert isinstance(unknown, Refused)
    assert "Pendo does not know this account's id (it came back as missing)" in str(unknown)
    assert len(there.requests("POST", "/value")) == 1


def test_what_fails_without_a_name_is_found_in_halves(there: StandIns) -> None:
    """The field has changed its kind since its description was read."""
    action = connect(there).actions["pendo.set_account_metadata"]
    fault = {"method": "POST", "path": "/value", "status": 200, "body": {"total": 4, "updated": 3, "failed": 1}}
    there.fault("pendo", "status", **fault)
    assert all(isinstance(one, Done) for one in action.deliver([metadata(name) for name in NAMES[:4]]))
    assert len(there.requests("POST", "/value")) == 3, "all of them, and each half"
    there.fault("pendo", "status", times=9, **fault)
    [reply] = action.deliver([metadata("one")])
    assert isinstance(reply, Refused)
    assert "does not say why not" in str(reply)


def test_a_field_that_is_not_there_is_named_with_what_is_there(there: StandIns) -> None:
    reply = do(there, "set_account_metadata", metadata(field="no_such"))
    assert isinstance(reply, Refused)
    assert "Pendo has no custom field `no_such` of accounts; make it under Settings > Data mappings" in str(reply)
    assert "custom.nudge, custom.plan" in str(reply)
    assert there.requests("POST") == []


@pytest.mark.parametrize(
    ("field", "value", "sent"),
    [("seats", "1,500", 1500), ("seats", 5.0, 5), ("vip", "yes", True), ("nudge", 42, "42"), ("seats", "many", None)],
)
def test_a_value_is_sent_as_its_field_takes_it(there: StandIns, field: str, value: Any, sent: Any) -> None:
    reply = do(there, "set_account_metadata", metadata(field=field, value=value))
    if sent is None:
        assert isinstance(reply, Refused)
        assert "of the type integer, and `many` is none" in str(reply)
    else:
        assert custom(there, "one")[field] == sent


def test_a_value_that_is_not_known_is_not_set(there: StandIns) -> None:
    reply = do(there, "set_account_metadata", metadata(value=None))
    assert isinstance(reply, Refused)
    assert "is not known for this account" in str(reply)


def test_the_id_that_pendo_has_for_the_account_goes_before_ours(there: StandIns) -> None:
    there.state.put("pendo.accounts", "eu::one", account("eu::one"))
    one = piece(metadata().input, "one", "one", pendo="eu::one")
    assert do(there, "set_account_metadata", one).remote_id == "eu::one"
    assert custom(there, "eu::one")["nudge"] == "seat_limit"


# --- looking ----------------------------------------------------------------------------------------------------------


def looked(there: StandIns, action: str, made: Piece, remote_id: str = "one") -> Any:
    [found] = connect(there).actions[f"pendo.{action}"].look([Made(key_of("one"), remote_id, made.input)])
    return found


def test_whether_the_field_still_holds_it(there: StandIns) -> None:
    made = metadata("one")
    do(there, "set_account_metadata", made)
    assert looked(there, "set_account_metadata", made) == Standing(there=True)
    there.state.delete("pendo.accounts", "one")
    gone = looked(there, "set_account_metadata", made)
    assert gone == Standing(there=False, missing="`nudge` of the account has another value by now")
    assert isinstance(looked(there, "add_to_segment", segment("one")), Refused)
    there.fault("pendo", "status", status=500, times=99)
    assert isinstance(looked(there, "set_account_metadata", made), TryLater)


# --- keys, regions, doctor --------------------------------------------------------------------------------------------


def said(there: StandIns, *used: str) -> list[tuple[str, str]]:
    findings = connect(there).check(frozenset(used) if used else None)
    return [(finding.what, finding.mark if finding.ok else "bad") for finding in findings]


def test_doctor_says_what_the_key_may_do_and_which_fields_are_there(there: StandIns) -> None:
    assert said(there) == [
        ("the integration key is taken in the region us", "ok"),
        ("access: Read access, Write access", "ok"),
        ("custom fields of accounts: custom.nudge, custom.plan, custom.seats, custom.vip", "ok"),
        ("reads accounts", "ok"),
        ("reads segments", "ok"),
    ]
    assert ("more access than needed: Write access", "warning") in said(there, "pendo.account")
    there.get(Pendo).writes = False
    assert ("access missing: Write access", "bad") in said(there, "pendo.add_to_segment")
    assert ("access: Read access", "ok") in said(there, "pendo.account")


def test_a_403_without_a_word_names_all_that_it_may_be(there: StandIns) -> None:
    there.get(Pendo).writes = False
    reply = do(there, "set_account_metadata", metadata())
    assert isinstance(reply, NoAccess)
    assert "wrong, revoked, of another region or without write access" in str(reply)
    there.get(Pendo).key = "another"
    [finding] = connect(there).check()
    assert "check PENDO_INTEGRATION_KEY and PENDO_REGION" in str(finding.remedy)


@pytest.mark.parametrize(
    ("region", "host"), [("us", "app.pendo.io"), ("us1", "us1.app.pendo.io"), ("eu", "app.eu.pendo.io")]
)
def test_a_region_has_an_address_of_its_own(region: Any, host: str) -> None:
    assert Settings(_env_file=None, integration_key="k", region=region).api == f"https://{host}"  # type: ignore[call-arg, arg-type]


def test_the_inbox_says_eligible_and_never_shown(there: StandIns) -> None:
    there.state.put("pendo.guides", "Seats", {"name": "Seats", "field": "nudge", "value": "seat_limit"})
    do(there, "set_account_metadata", metadata("one"))
    do(there, "add_to_segment", segment("two"))
    first, second = there.get(Pendo).inbox()
    assert (first.to, first.account, first.title) == ("people of one", "one", "Eligible for the guide Seats")
    assert "Eligible, not shown" in first.html
    assert (second.to, second.account, second.title) == ("two", "two", f"Segment: {SEGMENT}")
