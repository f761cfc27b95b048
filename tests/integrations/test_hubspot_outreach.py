"""HubSpot's deals, lists and sequences: made once, put in and taken out, enrolled and never twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from expansion.contract import Done, Made, NoAccess, Piece, Refused, Standing
from expansion.fields import Person
from expansion.follow.inputs import TakeBack
from integrations.hubspot import INTEGRATION
from integrations.hubspot.inputs import AddToList, CreateDeal
from sandbox.hubspot.app import HubSpot
from sandbox.hubspot.pipelines import stage
from tests.integrations.conftest import StandIns
from tests.integrations.contract import ACCOUNTS, ActionContract, Case, key_of, number_of, piece
from tests.systems.hubspot import case, connect, deal, enrolment, listed, persons, sample, settings

Start = Callable[..., StandIns]
RENEWALS = {"id": "77", "label": "Renewals", "stages": [stage("771", "Contract Sent"), stage("772", "Due")]}


@pytest.fixture
def portal(stand_ins: Start) -> StandIns:
    given = sample()
    given["hubspot"]["pipelines"] = {"deals": [RENEWALS]}
    return stand_ins(HubSpot, sample=given)


@pytest.fixture
def many(stand_ins: Start) -> StandIns:
    portal = stand_ins(HubSpot, sample=sample(ACCOUNTS))
    portal.get(HubSpot).limits.burst = 100_000  # the clock of the test does not wait for the server's
    return portal


def do(portal: StandIns, action: str, *pieces: Piece) -> Any:
    replies = connect(portal, fallback_owner="desk@seller.example").actions[f"hubspot.{action}"].deliver(pieces)
    return replies[0] if len(replies) == 1 else replies


def take_back(number: int, key: str = "one", **made: Any) -> Piece:
    given = {"list": "Ready for more", "people": None} | made
    remote_id = str((7000 if given["people"] else 9000) + number)
    return piece(TakeBack(step=key_of(key), remote_id=remote_id, made=given), f"back {key}")


class TestCreateDeal(ActionContract):
    action = "hubspot.create_deal"

    @pytest.fixture
    def case(self, many: StandIns) -> Case:
        return case(
            many,
            self.action,
            good=lambda name: deal(name, number_of(name)),
            bad=deal("bad", ACCOUNTS - 1, name="forbidden"),
            write={"method": "POST", "path": "deals/batch/create"},
            what="create_deal",
        )


class TestAddToList(ActionContract):
    action = "hubspot.add_to_list"

    @pytest.fixture
    def case(self, many: StandIns) -> Case:
        return case(
            many,
            self.action,
            good=lambda name: listed(name, number_of(name)),
            bad=listed("bad", ACCOUNTS - 1, list="Filled by filters"),
            write={"method": "PUT", "path": "memberships/add"},
            what="add_to_list",
            counted_by=lambda one: f"Ready for more|{one.account.remote_ids['hubspot']}",
            findable=False,
        )


class TestRemoveFromList(ActionContract):
    action = "hubspot.remove_from_list"

    @pytest.fixture
    def case(self, many: StandIns) -> Case:
        many.get(HubSpot).lists.add("501", [str(9000 + n) for n in range(ACCOUNTS)])
        return case(
            many,
            self.action,
            good=lambda name: take_back(number_of(name), name),
            bad=take_back(ACCOUNTS - 1, "bad", list="No such list"),
            write={"method": "PUT", "path": "memberships/remove"},
            what="remove_from_list",
            counted_by=lambda one: f"Ready for more|{one.input.remote_id}",
            findable=False,
        )


class TestEnrolInSequence(ActionContract):
    """What HubSpot's contacts say of their sequences follows late: its own refusal has to do."""

    action = "hubspot.enrol_in_sequence"

    @pytest.fixture
    def case(self, many: StandIns) -> Case:
        many.get(HubSpot).sequences.follows = False
        return case(
            many,
            self.action,
            good=lambda name: enrolment(f"p{number_of(name)}", key=name),
            bad=enrolment(f"p{ACCOUNTS - 1}", key="bad", sequence="999"),
            write={"method": "POST", "path": "/enrollments"},
            what="enrol",
            counted_by=lambda one: f"{7000 + int(one.input.people[0].user_id[1:])}|Bigger plan",
            findable=False,
        )


# --- deals ------------------------------------------------------------------------------------------------------------


def test_a_deal_holds_what_the_seller_needs(portal: StandIns) -> None:
    one = deal(type="existingbusiness", notes="Because:\n46 of 50 seats", properties={"deal_currency_code": "USD"})
    reply = do(portal, "create_deal", one)
    assert isinstance(reply, Done) and not reply.already and reply.note is None
    made = portal.get(HubSpot).portal.get("deals", reply.remote_id) or {}
    shown = made["properties"]
    assert (made["companies"], made["primary"]) == (["9000"], "9000")
    assert (shown["dealname"], shown["pipeline"], shown["dealstage"]) == ("More seats", "default", "qualifiedtobuy")
    assert (shown["amount"], shown["dealtype"], shown["deal_currency_code"]) == ("12000", "existingbusiness", "USD")
    assert shown["closedate"] == "2026-12-31T13:00:00Z", "eight in the morning, US/Eastern"
    assert (shown["hubspot_owner_id"], shown["expansion_key"]) == ("11", key_of("one"))
    assert shown["description"] == "Because:\n46 of 50 seats"
    assert reply.link == f"{portal.base_url('hubspot')}/contacts/4711/record/0-3/{reply.remote_id}"


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({"stage": "due"}, ("77", "772")),
        ({"stage": "contract sent", "pipeline": "Renewals"}, ("77", "771")),
        ({"stage": "contractsent"}, ("default", "contractsent")),
        ({"stage": "771", "pipeline": "77"}, ("77", "771")),
    ],
)
def test_a_stage_is_found_by_its_name_or_its_id(
    portal: StandIns, given: dict[str, str], where: tuple[str, str]
) -> None:
    reply = do(portal, "create_deal", deal(**given))
    made = (portal.get(HubSpot).portal.get("deals", reply.remote_id) or {})["properties"]
    assert (made["pipeline"], made["dealstage"]) == where


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"stage": "Contract Sent"}, "in `Sales Pipeline` and `Renewals`; write which under `pipeline:`"),
        ({"stage": "Dew"}, "no stage of deals `Dew`; did you mean `Due`"),
        ({"stage": "Due", "pipeline": "Renwals"}, "no deal pipeline `Renwals`; did you mean `Renewals`"),
        ({"amount": "a lot"}, "the amount `a lot` is not a number"),
        ({"properties": {"nonsense": "x"}}, "deals have no property `nonsense`"),
        ({"type": "upsell"}, "none of its property's options"),
    ],
)
def test_what_a_deal_cannot_be_is_said(portal: StandIns, given: dict[str, Any], said: str) -> None:
    reply = do(portal, "create_deal", deal(**given))
    assert isinstance(reply, Refused) and said in str(reply)
    assert portal.get(HubSpot).portal.all("deals") == []


def test_an_amount_that_is_not_known_is_left_empty(portal: StandIns) -> None:
    reply = do(portal, "create_deal", deal(amount=None))
    made = portal.get(HubSpot).portal.get("deals", reply.remote_id) or {}
    assert "amount" not in made["properties"]


def test_a_deal_without_its_company_is_not_made(portal: StandIns) -> None:
    portal.get(HubSpot).portal.remove("companies", "9001")
    first, second = do(portal, "create_deal", deal("one", 0), deal("two", 1))
    assert isinstance(first, Done) and isinstance(second, Refused)
    assert "should stand on" in str(second)


def test_words_of_a_deal_are_not_given_as_properties() -> None:
    with pytest.raises(ValidationError, match="`dealstage` has a word of its own: write `stage`"):
        CreateDeal(name="x", stage="y", properties={"dealstage": "z"})


# --- lists ------------------------------------------------------------------------------------------------------------


def members(portal: StandIns, number: str) -> list[str]:
    return list(portal.get(HubSpot).lists.by_id(number)["members"])


def test_a_company_comes_into_a_list_by_its_name_or_its_id(portal: StandIns) -> None:
    by_name, by_id = do(portal, "add_to_list", listed("one", 0, list="ready FOR more"), listed("two", 1, list="501"))
    assert (by_name.remote_id, by_name.note, by_name.already) == ("9000", "in the list ready FOR more", False)
    assert by_id.link == f"{portal.base_url('hubspot')}/contacts/4711/record/0-2/9001"
    assert members(portal, "501") == ["9000", "9001"]
    assert do(portal, "add_to_list", listed("one", 0)).already


def test_people_come_into_a_list_of_contacts_and_who_is_unknown_is_counted(portal: StandIns) -> None:
    people = [*persons("p0", "p1", "stranger"), Person(user_id="without-address")]
    reply = do(portal, "add_to_list", listed(list="People to reach", people=people))
    assert reply.remote_id == "7000,7001"
    assert reply.note == "2 people in the list People to reach; 2 of 4 people are not in HubSpot"
    assert members(portal, "502") == ["7000", "7001"]


def test_ids_that_came_back_as_missing_are_shown(portal: StandIns) -> None:
    body = {"recordsIdsAdded": ["7000"], "recordIdsRemoved": [], "recordIdsMissing": ["7001"]}
    portal.fault("hubspot", "status", path="memberships/add", status=200, body=body)
    reply = do(portal, "add_to_list", listed(list="People to reach", people=persons("p0", "p1")))
    assert (reply.remote_id, reply.note) == (
        "7000",
        "1 person in the list People to reach; not there any more: 7001",
    )


def test_a_company_that_is_gone_is_in_no_list(portal: StandIns) -> None:
    portal.get(HubSpot).portal.remove("companies", "9000")
    reply = do(portal, "add_to_list", listed())
    assert isinstance(reply, Refused) and "no company 9000 any more" in str(reply)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"list": "Redy for more"}, "no list `Redy for more` of companies"),
        ({"list": "999"}, "no list `999` of companies"),
        ({"list": "502"}, "the list `502` is not one of companies"),
        ({"list": "Filled by filters"}, "an active one, filled by its filters; name a static list"),
        ({"list": "50% more? #1"}, "no list `50% more? #1` of companies"),
    ],
)
def test_a_list_that_cannot_be_used_is_named(portal: StandIns, given: dict[str, str], said: str) -> None:
    reply = do(portal, "add_to_list", listed(**given))
    assert isinstance(reply, Refused) and said in str(reply)


def test_who_was_put_in_is_taken_out_again_and_nobody_else(portal: StandIns) -> None:
    people = [one.model_dump() for one in persons("p0")]
    do(portal, "add_to_list", listed(list="People to reach", people=persons("p0", "p1")))
    reply = do(portal, "remove_from_list", take_back(0, list="People to reach", people=people))
    assert reply.note == "1 person is taken out of the list People to reach; a workflow that has begun goes on"
    assert members(portal, "502") == ["7001"]
    again = do(portal, "remove_from_list", take_back(0, list="People to reach", people=people))
    assert again.already and "nobody is in the list People to reach any more" in again.note


def test_whether_they_are_still_in_it_is_seen(portal: StandIns) -> None:
    do(portal, "add_to_list", listed(list="People to reach", people=persons("p0", "p1")))
    made = Made(key_of("one"), "7000,7001", AddToList(list="People to reach", people=persons("p0", "p1")))
    action = connect(portal).actions["hubspot.add_to_list"]
    assert action.look([made]) == [Standing(there=True)]
    portal.get(HubSpot).lists.remove("502", ["7001"])
    assert action.look([made]) == [Standing(there=True, missing="1 of 2 is not in the list People to reach any more")]


# --- sequences --------------------------------------------------------------------------------------------------------


def enrolled(portal: StandIns) -> dict[str, tuple[str, str]]:
    """Each contact's sequence, and in whose name."""
    return {who: (one["sequenceName"], one["enrolledByEmail"]) for who, one in portal.get(HubSpot).sequences.items()}


def test_people_are_enrolled_in_the_name_of_the_owner(portal: StandIns) -> None:
    reply = do(portal, "enrol_in_sequence", enrolment("p0", "p1", "stranger"))
    assert reply.remote_id == "7000,7001"
    assert reply.note == "2 people in the sequence Bigger plan; 1 of 3 people is not in HubSpot"
    assert enrolled(portal) == dict.fromkeys(("7000", "7001"), ("Bigger plan", "ana@seller.example"))


def test_who_is_in_another_sequence_stays_there_and_is_counted(portal: StandIns) -> None:
    do(portal, "enrol_in_sequence", enrolment("p0", key="before", sequence="Renewal"))
    reply = do(portal, "enrol_in_sequence", enrolment("p0", "p1"))
    assert reply.remote_id == "7001" and "1 of 2 people is left out: HubSpot refuses it" in reply.note
    assert enrolled(portal)["7000"][0] == "Renewal"
    alone = do(portal, "enrol_in_sequence", enrolment("p0"))
    assert isinstance(alone, Refused) and "in a sequence already" in str(alone)


def test_who_was_in_it_and_has_answered_since_is_not_put_in_again(portal: StandIns) -> None:
    """By what the contact's properties say: a reply has taken it out."""
    first = do(portal, "enrol_in_sequence", enrolment("p0"))
    portal.state.delete("hubspot.enrolments", "7000")
    second = do(portal, "enrol_in_sequence", enrolment("p0"))
    assert second.already and second.remote_id == first.remote_id
    assert enrolled(portal) == {}


def test_who_was_in_it_before_the_trigger_fired_is_put_in_again(portal: StandIns) -> None:
    person = portal.get(HubSpot).portal.get("contacts", "7000") or {}
    long_ago = datetime(2025, 1, 1, tzinfo=UTC).isoformat()
    latest = {"hs_latest_sequence_enrolled": "601", "hs_latest_sequence_enrolled_date": long_ago}
    portal.get(HubSpot).portal.put("contacts", person | {"properties": person["properties"] | latest})
    assert not do(portal, "enrol_in_sequence", enrolment("p0")).already
    assert list(enrolled(portal)) == ["7000"]


def test_a_sender_without_an_inbox_is_said(portal: StandIns) -> None:
    portal.get(HubSpot).sequences.inboxes = set()
    reply = do(portal, "enrol_in_sequence", enrolment("p0"))
    assert isinstance(reply, Refused) and "the sender has no connected inbox there" in str(reply)


def test_an_owner_who_has_left_is_stood_in_for(portal: StandIns) -> None:
    reply = do(portal, "enrol_in_sequence", enrolment("p0", sender="gone@seller.example"))
    assert "given to HUBSPOT_FALLBACK_OWNER" in reply.note
    assert enrolled(portal)["7000"][1] == "Desk@seller.example"


@pytest.mark.parametrize(
    ("sequence", "said"),
    [("Biger plan", "may use no sequence `Biger plan`"), ("Twice", "2 sequences are called `Twice`; write the id")],
)
def test_a_sequence_that_is_none_or_several_is_said(portal: StandIns, sequence: str, said: str) -> None:
    portal.get(HubSpot).sequences.load([{"id": 701, "name": "Twice"}, {"id": 702, "name": "twice"}])
    reply = do(portal, "enrol_in_sequence", enrolment("p0", sequence=sequence))
    assert isinstance(reply, Refused) and said in str(reply)


# --- rights -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scope", "action", "one"),
    [
        ("crm.objects.deals.write", "create_deal", deal()),
        ("crm.lists.write", "add_to_list", listed()),
        ("crm.lists.read", "add_to_list", listed()),
        ("automation.sequences.enrollments.write", "enrol_in_sequence", enrolment("p0")),
        ("automation.sequences.read", "enrol_in_sequence", enrolment("p0")),
    ],
)
def test_a_scope_that_is_missing_is_named(portal: StandIns, scope: str, action: str, one: Piece) -> None:
    portal.get(HubSpot).scopes.discard(scope)
    reply = do(portal, action, one)
    assert isinstance(reply, NoAccess) and scope in str(reply)


def test_doctor_looks_at_the_deals_property_where_deals_are_made(portal: StandIns) -> None:
    portal.get(HubSpot).portal.deal_key = "another"
    connected = INTEGRATION.connect(settings(portal, fallback_owner="desk@seller.example"))
    said = [one.what for one in connected.check(frozenset({"hubspot.create_deal"})) if not one.ok]
    assert said == ["the deal property expansion_key makes creating repeatable"]
    assert not [one for one in connected.check(frozenset({"hubspot.create_task"})) if not one.ok]
