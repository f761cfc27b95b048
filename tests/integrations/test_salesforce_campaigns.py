"""Salesforce's campaigns: people of an account become members, once, and stop being members with the reason for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from expansion.contract import Done, Made, Piece, Refused, Reply, Standing, TryLater
from expansion.fields import Person
from expansion.follow.inputs import TakeBack
from integrations.salesforce.inputs import AddToCampaign
from sandbox.salesforce.app import Salesforce
from sandbox.salesforce.org import Org
from tests.integrations.conftest import StandIns
from tests.integrations.contract import ACCOUNTS, ActionContract, Case, piece
from tests.systems.salesforce import BEN, CAMPAIGN, CAMPAIGNS, account_id, campaign, case, connect, contact, sample

Make = Callable[..., StandIns]
ADD, REMOVE = "salesforce.add_to_campaign", "salesforce.remove_from_campaign"
NAMES = ["one", "two", "three", *(f"n{n}" for n in range(ACCOUNTS))]


def with_people(stand_ins: Make, *contacts: dict[str, Any], leads: Any = (), types: Any = None) -> StandIns:
    given = sample()
    people = contacts or [contact(n, f"{name}@acme.example") for n, name in enumerate(NAMES)]
    given["salesforce"] |= {**CAMPAIGNS, "contacts": list(people), "leads": list(leads), "types": types or {}}
    return stand_ins(Salesforce, sample=given)


def org_of(there: StandIns) -> Org:
    return there.get(Salesforce).org


def members(there: StandIns) -> list[tuple[str, str]]:
    """Who is a member, with which status."""
    org = org_of(there)
    return sorted((org.campaigns.person(one)["Email"], one["Status"]) for one in org.all("CampaignMember"))


def added(there: StandIns, *people: Any, **changes: Any) -> Reply:
    [reply] = connect(there).actions[ADD].deliver([campaign(*people, **changes)])
    return reply


def done(reply: Reply) -> Done:
    assert isinstance(reply, Done), reply
    return reply


def back(remote_id: str, key: str = "one") -> Piece:
    given = campaign("one", "two").input.model_dump(mode="json")
    return piece(TakeBack(step=key, remote_id=remote_id, made=given), key)


class TestAddToCampaign(ActionContract):
    action = ADD

    @pytest.fixture
    def case(self, stand_ins: Make) -> Case:
        return case(
            with_people(stand_ins),
            self.action,
            good=lambda name: campaign(name, key=name),
            bad=campaign("nobody", key="bad"),
            write={"method": "POST", "path": "composite/sobjects"},
            what="create_campaignmember",
            counted_by=lambda one: f"{one.input.people[0].email}|Seats for all",  # type: ignore[attr-defined]
            findable=False,
        )


class TestRemoveFromCampaign(ActionContract):
    action = REMOVE

    @pytest.fixture
    def case(self, stand_ins: Make) -> Case:
        there = with_people(stand_ins)
        replies = connect(there).actions[ADD].deliver([campaign(name, key=name) for name in NAMES])
        ids = {name: done(reply).remote_id for name, reply in zip(NAMES, replies, strict=True)}
        return case(
            there,
            self.action,
            good=lambda name: back(ids[name], name),
            bad=back("no-id", "bad"),
            write={"method": "DELETE", "path": "composite/sobjects"},
            what="delete_campaignmember",
            counted_by=lambda one: one.input.remote_id,  # type: ignore[attr-defined]
            findable=False,
        )


# --- who --------------------------------------------------------------------------------------------------------------


def test_people_become_members_and_who_is_not_in_salesforce_is_counted(stand_ins: Make) -> None:
    there = with_people(stand_ins, contact(1, "Ana@acme.example"), contact(2, "bo@acme.example"))
    reply = done(added(there, "ana", "bo", "cleo", Person(user_id="no-address")))
    assert members(there) == [("Ana@acme.example", "Planned"), ("bo@acme.example", "Planned")]
    assert reply.note == "2 people in the campaign Seats for all; 2 of 4 people are not in Salesforce"
    assert reply.link and reply.link.endswith(f"/lightning/r/Campaign/{CAMPAIGN}/view")


def test_the_contact_of_the_account_is_meant_and_of_several_others_nobody_knows_which(stand_ins: Make) -> None:
    there = with_people(
        stand_ins,
        contact(1, "ana@acme.example", account_id(1)),
        contact(2, "ana@acme.example", account_id(0)),
        contact(3, "bo@acme.example", account_id(1)),
        contact(4, "bo@acme.example", account_id(2)),
        contact(5, "cleo@acme.example", account_id(1)),
    )
    reply = done(added(there, "ana", "bo", "cleo"))
    there_now = {one["ContactId"] for one in org_of(there).all("CampaignMember")}
    assert there_now == {"003000000000002AAA", "003000000000005AAA"}
    assert "1 of 3 people is not in Salesforce" in str(reply.note)


def test_who_is_no_contact_yet_is_a_lead_and_one_that_was_converted_is_none(stand_ins: Make) -> None:
    leads = [
        {"Id": "00Q000000000001AAA", "Email": "ana@acme.example", "Name": "Ana"},
        {"Id": "00Q000000000002AAA", "Email": "bo@acme.example", "Name": "Bo", "IsConverted": True},
    ]
    there = with_people(stand_ins, contact(9, "x@y.example"), leads=leads)
    assert "1 of 2 people is not in Salesforce" in str(done(added(there, "ana", "bo")).note)
    [member] = org_of(there).all("CampaignMember")
    assert (member["LeadId"], member["ContactId"]) == ("00Q000000000001AAA", None)


def test_all_people_of_a_batch_are_looked_up_in_one_query(stand_ins: Make) -> None:
    there = with_people(stand_ins)
    connected = connect(there).actions[ADD]
    before = len(there.requests())
    replies = connected.deliver([campaign(name, key=name) for name in NAMES[:20]])
    assert all(isinstance(reply, Done) for reply in replies)
    assert len(there.requests()) - before == 4 + 20, "signing in, contacts, campaign, statuses; and a call for each"


def test_who_is_in_it_already_is_left_as_they_are(stand_ins: Make) -> None:
    there = with_people(stand_ins)
    org = org_of(there)
    given = {"CampaignId": CAMPAIGN, "ContactId": "003000000000000AAA", "Status": "Attended"}
    key = org.insert("CampaignMember", given, by=BEN)
    org.put("CampaignMember", (org.get("CampaignMember", key) or {}) | {"CreatedDate": "2026-01-01T00:00:00.000+0000"})
    reply = done(added(there, "one", "two", status="Invited"))
    assert members(there) == [("one@acme.example", "Attended"), ("two@acme.example", "Invited")]
    assert str(reply.note).startswith(
        "2 people in the campaign Seats for all; 1 person in it before, and left as they are"
    )
    assert not reply.already and key not in reply.remote_id
    again = done(added(there, "one"))
    assert (again.already, again.remote_id) == (True, f"campaign:{CAMPAIGN}")
    assert taken_back(there, again) == "0 people taken out of the campaign"
    assert len(members(there)) == 2


def test_who_is_refused_is_counted_and_stops_nobody_else(stand_ins: Make) -> None:
    there = with_people(stand_ins)
    no = {"statusCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "message": "no", "fields": []}
    answer: list[dict[str, Any]] = [{"success": False, "errors": [no]}]
    there.fault("salesforce", "status", path="composite/sobjects", status=200, body=answer)
    refused = added(there, "one")
    assert isinstance(refused, Refused) and "a validation rule there says: no" in str(refused)
    answer.append({"success": True, "id": "00v000000000001AAA", "errors": []})
    there.fault("salesforce", "status", path="composite/sobjects", status=200, body=answer)
    reply = done(added(there, "one", "two"))
    assert reply.remote_id == "00v000000000001AAA"
    assert reply.note == "1 person in the campaign Seats for all; 1 of 2 people is left out: Salesforce refuses it"


def test_a_member_whose_row_is_locked_is_left_for_later_and_the_others_are_in(stand_ins: Make) -> None:
    there = with_people(stand_ins)
    busy = {"success": False, "errors": [{"statusCode": "UNABLE_TO_LOCK_ROW", "message": "", "fields": []}]}
    answer = [{"success": True, "id": "00v000000000001AAA", "errors": []}, busy]
    there.fault("salesforce", "status", path="composite/sobjects", status=200, body=answer)
    reply = added(there, "one", "two")
    assert isinstance(reply, TryLater) and reply.maybe_done
    assert done(added(there, "one", "two")).note == "2 people in the campaign Seats for all"


# --- which campaign, which status -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"campaign": "Nonsense"}, "there is no campaign `Nonsense`, or it is hidden from the integration user"),
        ({"campaign": "701000000000009AAA"}, "there is no campaign `701000000000009AAA`"),
        ({"status": "Sent"}, "no member status `Sent`; it has `Planned`, `Invited`, `Attended`"),
        ({"fields": {"Nonsense__c": 1}}, "CampaignMember has no field `Nonsense__c`"),
    ],
)
def test_a_campaign_status_or_field_that_is_not_there_is_named(
    stand_ins: Make, changes: dict[str, Any], says: str
) -> None:
    there = with_people(stand_ins)
    assert says in str(added(there, "one", **changes))
    assert members(there) == []


def test_two_campaigns_of_one_name_are_told_apart_by_id(stand_ins: Make) -> None:
    there = with_people(stand_ins)
    org_of(there).put("Campaign", {"Id": "701000000000003AAA", "Name": "Seats for all", "IsActive": True})
    assert "2 campaigns are called `Seats for all`; write the id" in str(added(there, "one"))
    done(added(there, "one", campaign=CAMPAIGN, status="invited"))
    assert members(there) == [("one@acme.example", "Invited")]


def test_a_campaign_that_is_not_active_is_said(stand_ins: Make) -> None:
    assert "the campaign is not active" in str(done(added(with_people(stand_ins), "one", campaign="Old one")).note)


def test_further_fields_arrive_as_their_type(stand_ins: Make) -> None:
    there = with_people(stand_ins, types={"CampaignMember": {"Seats__c": "double"}})
    done(added(there, "one", fields={"seats__c": "92"}))
    assert [one["Seats__c"] for one in org_of(there).all("CampaignMember")] == [92.0]


@pytest.mark.parametrize("name", ["Status", "contactid", "CampaignId"])
def test_what_has_a_word_of_its_own_is_no_further_field(name: str) -> None:
    with pytest.raises(ValidationError, match="has a word of its own"):
        AddToCampaign(campaign="x", people="admins", fields={name: "x"})


# --- taken back -------------------------------------------------------------------------------------------------------


def taken_back(there: StandIns, made: Done) -> str:
    [reply] = connect(there).actions[REMOVE].deliver([back(made.remote_id)])
    return str(reply.note if isinstance(reply, Done) else reply)


def test_members_are_taken_out_again_but_nobody_who_has_responded_or_was_worked_with(stand_ins: Make) -> None:
    there = with_people(stand_ins)
    org, made = org_of(there), done(added(there, "one", "two", "three"))
    by_person = {one["ContactId"]: one["Id"] for one in org.all("CampaignMember")}
    org.update("CampaignMember", by_person["003000000000000AAA"], {"Status": "Attended"})
    org.update("CampaignMember", by_person["003000000000001AAA"], {"Status": "Invited"}, by=BEN)
    note = taken_back(there, made)
    stay = "2 people are left in it: they have responded, or somebody has changed them"
    assert note == f"1 person taken out of the campaign; {stay}"
    assert [name for name, _ in members(there)] == ["one@acme.example", "two@acme.example"]
    assert taken_back(there, made).startswith("0 people taken out of the campaign")


def test_a_call_that_breaks_off_takes_out_once(stand_ins: Make) -> None:
    there = with_people(stand_ins)
    made = done(added(there, "one", "two"))
    there.fault("salesforce", "cut_after", method="DELETE", path="composite/sobjects")
    assert taken_back(there, made) == "2 people taken out of the campaign"
    assert members(there) == []


def test_without_the_right_to_delete_it_is_said(stand_ins: Make) -> None:
    there = with_people(stand_ins)
    made = done(added(there, "one"))
    org_of(there).may["CampaignMember"].discard("Delete")
    assert "may not do this: entity type cannot be deleted: CampaignMember; give it the permission" in taken_back(
        there, made
    )


def test_who_was_taken_out_by_hand_is_missing(stand_ins: Make) -> None:
    there = with_people(stand_ins)
    made = done(added(there, "one", "two"))

    def looked() -> Standing:
        one = Made("one", made.remote_id, campaign("one", "two").input)
        [found] = connect(there).actions[ADD].look([one])
        assert isinstance(found, Standing)
        return found

    assert looked() == Standing(there=True)
    org_of(there).remove("CampaignMember", made.remote_id.split(",")[0])
    assert looked() == Standing(there=True, missing="1 of 2 people not in the campaign any more")
    org_of(there).remove("CampaignMember", made.remote_id.split(",")[1])
    assert not looked().there
