"""What Gainsight's actions promise as all actions do, and what is their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from expansion.contract import AccountRef, Done, Failure, Made, Piece, Refused, Standing
from expansion.follow.inputs import ChangeTask, reference
from integrations.gainsight.inputs import CreateCta
from sandbox.gainsight.app import Gainsight
from tests.integrations.conftest import StandIns
from tests.integrations.contract import ACCOUNTS, FIRED_AT, ActionContract, Case, key_of, number_of
from tests.systems.gainsight import KEY_FIELD, case, company_id, connect, cta, entry, on, rep, sample, task, update

Start = Callable[..., StandIns]
EVERY = ("one", "two", "three", *(f"n{n}" for n in range(ACCOUNTS - 4)), "bad")


@pytest.fixture
def there(stand_ins: Start) -> StandIns:
    found: StandIns = stand_ins(Gainsight, sample=sample(ACCOUNTS))
    return found


class TestCreateCta(ActionContract):
    action = "gainsight.create_cta"

    @pytest.fixture
    def case(self, there: StandIns) -> Case:
        return case(there, self.action, rep=rep(there))


class TestCreateCtaWithoutAFieldForTheKey(ActionContract):
    action = "gainsight.create_cta"

    @pytest.fixture
    def case(self, there: StandIns) -> Case:
        there.get(Gainsight).cockpit.custom = set()
        return case(
            there,
            self.action,
            connect=lambda: connect(there).actions[self.action],
            counted_by=lambda one: reference(one.key),
        )


class TestJoinAnOpenCta(ActionContract):
    action = "gainsight.create_cta"

    @pytest.fixture
    def case(self, there: StandIns) -> Case:
        for number in range(ACCOUNTS):
            old = cta(number, number, type="Opportunity", reason="Upsell")
            there.state.put("gainsight.ctas", old["Gsid"], old)
        return case(
            there,
            self.action,
            connect=lambda: connect(there).actions[self.action],
            write={"method": "PUT", "path": "cockpit/cta"},
            bad=task("bad", ACCOUNTS - 1, assign_to="nobody@seller.example"),
            what="joined_cta",
            counted_by=lambda one: reference(one.key),
        )


class TestChangeCta(ActionContract):
    action = "gainsight.change_cta"

    @pytest.fixture
    def case(self, there: StandIns) -> Case:
        there.get(Gainsight).per_minute = 100_000
        desk = Desk(there, EVERY)
        return case(
            there,
            self.action,
            good=lambda name: desk.change(name, close=True),
            bad=desk.change("bad", assign_to="nobody@seller.example"),
            write={"method": "PUT", "path": "cockpit/cta"},
            what="update_cta",
            counted_by=lambda one: one.input.remote_id,  # type: ignore[attr-defined]
            findable=False,
        )


class TestAddTimelineActivity(ActionContract):
    action = "gainsight.add_timeline_activity"

    @pytest.fixture
    def case(self, there: StandIns) -> Case:
        return case(
            there,
            self.action,
            good=lambda name: entry(name, number_of(name)),
            bad=entry("bad", ACCOUNTS - 1, type="No such type"),
            write={"method": "POST", "path": "ant/es/activity"},
            what="add_activity",
        )


class TestUpdateCompany(ActionContract):
    action = "gainsight.update_company"

    @pytest.fixture
    def case(self, there: StandIns) -> Case:
        return case(
            there,
            self.action,
            good=lambda name: update(name, number_of(name)),
            bad=update("bad", ACCOUNTS - 1, Stage="No such stage"),
            write={"method": "PUT", "path": "objects/Company"},
            what="update_company",
            counted_by=lambda one: one.account.remote_ids["gainsight"],
            once=False,
            findable=False,
        )


class Desk:
    """A tenant with CTAs of ours, and a CSM who does things to them."""

    def __init__(self, there: StandIns, names: Sequence[str] = ("one",), **settings: Any) -> None:
        self.there, self.connected = there, connect(there, **settings)
        self.pieces = {key: task(key, number) for number, key in enumerate(names)}
        made = self.connected.actions["gainsight.create_cta"].deliver(list(self.pieces.values()))
        assert all(isinstance(reply, Done) for reply in made), made
        self.ids = {key: reply.remote_id for key, reply in zip(self.pieces, made, strict=True)}  # type: ignore[union-attr]

    def change(self, key: str = "one", step: str = "change", **how: Any) -> Piece:
        given = {
            "step": key_of(key),
            "remote_id": self.ids[key],
            "made": self.pieces[key].input.model_dump(mode="json"),
            "assigned_to": "ana@seller.example",
            "note": "The reason for this CTA has gone.",
        }
        account = AccountRef("acme", "Acme")
        return Piece(key_of(f"{step} {key}"), account, ChangeTask(**(given | how)), FIRED_AT, "seat-limit", "seats")

    def do(self, *pieces: Piece) -> list[Any]:
        return self.connected.actions["gainsight.change_cta"].deliver(list(pieces))

    def look(self, key: str = "one", **how: Any) -> Standing | Failure:
        given = {"assigned_to": "ana@seller.example"} | how
        made = Made(key_of(key), self.ids[key], self.pieces[key].input, **given)
        [standing] = self.connected.actions["gainsight.create_cta"].look([made])
        return standing

    def cta(self, key: str = "one") -> dict[str, Any]:
        return self.there.state.get("gainsight.ctas", self.ids[key]) or {}

    def csm(self, key: str = "one", **fields: Any) -> None:
        self.there.state.put("gainsight.ctas", self.ids[key], {**self.cta(key), **fields})


@pytest.fixture(params=["", KEY_FIELD])
def desk(request: pytest.FixtureRequest, there: StandIns) -> Desk:
    return Desk(there, cta_key_field=request.param)


# --- CTAs -------------------------------------------------------------------------------------------------------------


def create(there: StandIns, *pieces: Piece, **settings: Any) -> list[Any]:
    return connect(there, **settings).actions["gainsight.create_cta"].deliver(list(pieces))


def test_an_open_cta_of_the_same_type_and_reason_is_joined_and_what_stood_there_stays(there: StandIns) -> None:
    old = cta(1, 0, type="Opportunity", reason="Upsell")
    there.state.put("gainsight.ctas", old["Gsid"], old)
    [reply] = create(there, task())
    assert (reply.remote_id, reply.note) == (
        old["Gsid"],
        "an open CTA of this type and reason was there: the comments were added to it, and no other was made",
    )
    [left] = there.state.all("gainsight.ctas")
    assert left["Comments"].startswith("See the report.<br>[expansion ")
    assert "Seats: Acme is at 92%" in left["Comments"]
    assert (left["Name"], left["status"], left["OwnerId"]) == (old["Name"], "New", "1P01ANA")


@pytest.mark.parametrize(
    "other",
    [
        {"type": "Risk", "reason": "Upsell"},
        {"type": "Opportunity", "reason": "Other"},
        {"type": "Opportunity", "reason": "Upsell", "status": "Closed Success", "IsClosed": True},
        {"type": "Opportunity", "reason": "Upsell", "CompanyId": company_id(1)},
    ],
)
def test_other_work_is_not_joined(there: StandIns, other: dict[str, Any]) -> None:
    old = cta(1, 0, **other)
    there.state.put("gainsight.ctas", old["Gsid"], old)
    [reply] = create(there, task())
    assert reply.remote_id != old["Gsid"]
    assert len(there.state.all("gainsight.ctas")) == 2


def test_a_playbook_may_want_a_cta_of_its_own(there: StandIns) -> None:
    old = cta(1, 0, type="Opportunity", reason="Upsell")
    there.state.put("gainsight.ctas", old["Gsid"], old)
    [reply] = create(there, task(if_open="create"))
    assert reply.remote_id != old["Gsid"]


def test_two_at_once_for_one_company_make_one_cta_with_the_words_of_both(there: StandIns) -> None:
    first, second = create(there, task("one"), task("two", name="A second reason"))
    assert first.remote_id == second.remote_id
    [made] = there.state.all("gainsight.ctas")
    assert "of 50 seats" in made["Comments"]
    assert "A second reason" in made["Comments"]
    assert create(there, task("one"), task("two"))[1].already


def test_what_is_written_of_a_cta(there: StandIns) -> None:
    [reply] = create(there, task(), cta_key_field=KEY_FIELD)
    [made] = there.state.all("gainsight.ctas")
    assert made["Comments"] == "Because:<br><b>46</b> of 50 seats &amp; growing"
    assert made[KEY_FIELD] == key_of("one")
    assert (made["OwnerId"], made["DueDate"], made["priority"]) == ("1P01ANA", "2026-11-24", "Medium")
    assert reply.link.endswith(f"/v1/ui/cockpit?ctaId={made['Gsid']}")


def test_a_field_for_the_key_that_is_not_there_is_named_with_what_to_do(there: StandIns) -> None:
    [reply] = create(there, task(), cta_key_field="other__gc")
    assert "Invalid fields in select clause - other__gc; create the field" in str(reply)
    assert "GAINSIGHT_CTA_KEY_FIELD" in str(reply)


def test_who_has_left_is_stood_in_for(there: StandIns) -> None:
    [reply] = create(there, task(assign_to="gone@seller.example"), fallback_owner="desk@seller.example")
    assert there.state.all("gainsight.ctas")[0]["OwnerId"] == "1P01DESK"
    assert "given to GAINSIGHT_FALLBACK_OWNER" in reply.note


def test_a_company_that_is_not_matched_is_refused_and_why_is_said(there: StandIns) -> None:
    [reply] = create(there, Piece("0" * 64, AccountRef("acme", "Acme"), task().input, FIRED_AT, "t", "p"))
    assert isinstance(reply, Refused)
    assert "GAINSIGHT_ACCOUNT_KEY_FIELD" in str(reply)


def test_a_no_with_status_200_is_a_no(there: StandIns) -> None:
    body = {"result": False, "errorCode": "COCKPIT_9999", "errorDesc": "Not today, says bob@x.example", "data": None}
    there.fault("gainsight", "status", method="POST", path="cockpit/cta", after=1, status=200, body=body)
    [reply] = create(there, task())
    assert isinstance(reply, Refused)
    assert str(reply) == "Gainsight, making a CTA: refused (200 COCKPIT_9999): Not today, says (e-mail)"


@pytest.mark.parametrize(
    "data", [{}, {"success": [], "failure": []}, {"success": [{"7": "1S01"}]}, {"success": {"1": ""}}, None]
)
def test_a_yes_that_does_not_name_the_cta_is_looked_up_before_it_is_made_again(there: StandIns, data: Any) -> None:
    there.fault(
        "gainsight",
        "status",
        method="POST",
        path="cockpit/cta",
        after=1,
        status=200,
        body={"result": True, "data": data},
    )
    [reply] = create(there, task())
    assert isinstance(reply, Failure)
    assert reply.maybe_done


# --- what becomes of a CTA --------------------------------------------------------------------------------------------


def test_a_cta_nobody_has_touched_is_closed_with_a_note_below_what_is_there(desk: Desk) -> None:
    before = desk.cta()["Comments"]
    [reply] = desk.do(desk.change(close=True))
    after = desk.cta()
    assert isinstance(reply, Done), reply
    assert after["status"] == "Closed Invalid"
    assert after["Comments"].startswith(before + "<br>[expansion ")
    assert after["Comments"].endswith("The reason for this CTA has gone.")
    [again] = desk.do(desk.change(close=True))
    assert again.already
    assert desk.cta() == after


@pytest.mark.parametrize(
    ("did", "said"),
    [
        ({"status": "Work In Progress"}, "its status is Work In Progress"),
        ({"OwnerId": "1P01DESK"}, "it was given to somebody else"),
        ({"Name": "Call them"}, "it has another name"),
        ({"Comments": "Called, no answer"}, "somebody has added to its comments or edited them"),
    ],
)
def test_a_cta_that_a_csm_has_touched_is_left_alone(desk: Desk, did: dict[str, Any], said: str) -> None:
    assert desk.look() == Standing(True, "New", owner="ana@seller.example")
    desk.csm(**did)
    before = desk.cta()
    [reply] = desk.do(desk.change(close=True))
    assert said in reply.note
    assert desk.cta() == before


def test_a_cta_that_was_joined_is_left_alone(there: StandIns) -> None:
    old = cta(1, 0, type="Opportunity", reason="Upsell")
    there.state.put("gainsight.ctas", old["Gsid"], old)
    desk = Desk(there)
    standing = desk.look()
    assert isinstance(standing, Standing)
    assert standing.touched == "it has another name: it was there before, or somebody has edited it"


def test_a_cta_is_given_to_somebody_else(desk: Desk) -> None:
    [reply] = desk.do(desk.change(assign_to="desk@seller.example"))
    assert desk.cta()["OwnerId"] == "1P01DESK", reply
    note = desk.change().input.note  # type: ignore[attr-defined]
    standing = desk.look(assigned_to="desk@seller.example", notes=(note,))
    assert standing == Standing(True, "New", owner="desk@seller.example")


def test_a_cta_that_was_deleted_needs_nothing(desk: Desk) -> None:
    desk.there.state.delete("gainsight.ctas", desk.ids["one"])
    [reply] = desk.do(desk.change(close=True))
    assert "not there any more" in reply.note
    assert desk.look() == Standing(there=False)


# --- the Timeline -----------------------------------------------------------------------------------------------------


def test_an_entry_stands_in_the_timeline_of_its_company_in_the_name_of_its_author(there: StandIns) -> None:
    [reply] = connect(there).actions["gainsight.add_timeline_activity"].deliver([entry(number=2)])
    assert isinstance(reply, Done), reply
    [made] = there.state.all("gainsight.activities")
    assert (made["GsCompanyId"], made["AuthorId"], made["ContextName"]) == (company_id(2), "1P01ANA", "Company")
    assert (made["ExternalId"], made["ActivityDate"]) == (key_of("one"), "2026-11-20T09:00:00.000Z")


def test_an_entry_that_is_taken_and_cannot_be_seen_yet_is_not_made_twice(there: StandIns) -> None:
    action = connect(there).actions["gainsight.add_timeline_activity"]
    action.deliver([entry()])
    nothing = {"result": True, "data": {"records": []}}
    there.fault("gainsight", "status", path="query/activity_timeline", status=200, body=nothing, times=2)
    [reply] = action.deliver([entry()])
    assert isinstance(reply, Failure)
    assert reply.maybe_done
    assert len(there.state.all("gainsight.activities")) == 1


# --- fields of the company --------------------------------------------------------------------------------------------


def set_fields(there: StandIns, **fields: Any) -> Any:
    [reply] = connect(there).actions["gainsight.update_company"].deliver([update(**fields)])
    return reply


def test_values_are_sent_as_their_fields_take_them(there: StandIns) -> None:
    given = {
        "seats__gc": "1,500",
        "Renewal Date": "7 March 2026",
        "arr": "$3,600",
        "Stage": "Adopting",
        "Industry": None,
    }
    assert isinstance(set_fields(there, **given), Done)
    left = there.state.get("gainsight.companies", company_id(0)) or {}
    assert {name: left[name] for name in ("seats__gc", "RenewalDate", "Arr", "Stage", "Industry")} == {
        "seats__gc": 1500,
        "RenewalDate": "2026-03-07",
        "Arr": 3600,
        "Stage": "Adopting",
        "Industry": None,
    }


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"seats__gc": "many"}, "`seats__gc` takes a number, and `many` is not"),
        ({"Stag": "New"}, "Company has no field `Stag`; did you mean `Stage`?"),
        ({"CurrentScore": 7}, "`CurrentScore` can only be read there"),
        ({"Csm": "1P01ANA"}, "`Csm` is a lookup, which is not set from here"),
        ({"Csm__gr.Email": "ana@x.example"}, "Company has no field `Csm__gr.Email`"),
    ],
)
def test_what_a_field_does_not_take_is_refused_before_it_is_sent(
    there: StandIns, fields: dict[str, Any], said: str
) -> None:
    reply = set_fields(there, **fields)
    assert isinstance(reply, Refused)
    assert said in str(reply)
    assert there.requests("PUT") == []


def test_a_company_that_is_gone_is_said_to_be_and_stops_no_other(there: StandIns) -> None:
    there.state.delete("gainsight.companies", company_id(0))
    gone, done = connect(there).actions["gainsight.update_company"].deliver([update("one", 0), update("two", 1)])
    assert isinstance(gone, Refused)
    assert isinstance(done, Done)


# --- doctor -----------------------------------------------------------------------------------------------------------


def test_doctor_says_what_is_well_and_that_rights_are_not_told(there: StandIns) -> None:
    found = connect(there, cta_key_field=KEY_FIELD, fallback_owner="desk@seller.example").check()
    assert [one.what for one in found if not one.ok] == []
    assert [one.what for one in found if one.mark == "note"] == ["Gainsight does not tell what the access key may do"]
    assert {request["method"] for request in there.requests()} <= {"GET", "POST"}
    assert there.applied() == {}


def test_doctor_names_each_field_status_and_person_that_is_not_there(there: StandIns) -> None:
    changes = {"account_key_field": "nope__gc", "cta_key_field": "none__gc", "closed_status": "Done"}
    found = connect(there, fallback_owner="gone@seller.example", **changes).check()
    assert [one.what for one in found if not one.ok] == [
        "the company field nope__gc holds the product's account id",
        "CTAs have the status Done",
        "CTAs have the field none__gc",
        "a fallback owner is active",
    ]
    assert "Closed Success, Closed Invalid" in str(found)


def test_doctor_stops_at_a_key_that_is_not_taken(there: StandIns) -> None:
    there.get(Gainsight).key = "another"
    [one] = connect(there).check()
    assert not one.ok
    assert "GAINSIGHT_ACCESS_KEY" in str(one.remedy)


def test_the_inbox_shows_a_cta_and_an_entry(there: StandIns) -> None:
    connected = connect(there)
    connected.actions["gainsight.create_cta"].deliver([task(comments="<b>46</b> &lt;of&gt; 50")])
    connected.actions["gainsight.add_timeline_activity"].deliver([entry()])
    made, added = there.get(Gainsight).inbox()
    assert (made.to, made.account, made.html) == ("ana@seller.example", "Company 0", "<p>46 &lt;of&gt; 50</p>")
    assert (added.title, added.key) == ("Seats are at 92%", key_of("one"))


def test_the_default_of_if_open_is_to_join() -> None:
    assert CreateCta(name="a", reason="b").if_open == "join"
    assert on(CreateCta(name="a", reason="b"), "one", 0).account.remote_ids == {"gainsight": company_id(0)}
