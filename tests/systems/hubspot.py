"""HubSpot in the tests: a portal of three companies, the pieces of work that it is given, and how to connect to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr

import integrations.hubspot.records
from expansion.contract import Piece, Reply
from expansion.fields import Person
from expansion.records.ledger import StepRecord
from integrations.hubspot import INTEGRATION
from integrations.hubspot.inputs import AddToList, CreateDeal, CreateTask, EnrolInSequence, UpdateProperties
from integrations.hubspot.settings import Settings
from integrations.kit.declare import Connected
from integrations.kit.retry import RetryPolicy
from integrations.kit.world import World
from sandbox.hubspot.answers import ANSWERS
from sandbox.hubspot.app import TOKEN, HubSpot
from tests import world
from tests.integrations.conftest import StandIns
from tests.integrations.contract import ACCOUNTS, TIMEOUT, Case, FakeClock, Rep, number_of, piece
from tests.systems.declare import About, Mark, Record, Shared, System, Work, step_key

LISTS = [
    {"listId": 501, "name": "Ready for more", "objectTypeId": "0-2"},
    {"listId": 502, "name": "People to reach", "objectTypeId": "0-1", "processingType": "SNAPSHOT"},
    {"listId": 503, "name": "Filled by filters", "objectTypeId": "0-2", "processingType": "DYNAMIC"},
]
SEQUENCES = [{"id": 601, "name": "Bigger plan"}, {"id": 602, "name": "Renewal"}]


def sample(companies: int = 3) -> dict[str, Any]:
    return {
        "hubspot": {
            "lists": LISTS,
            "sequences": SEQUENCES,
            "contacts": [contact(f"p{n}", 7000 + n) for n in range(companies)],
            "owners": [
                {"id": 11, "email": "ana@seller.example", "firstName": "Ana", "lastName": "Silva"},
                {"id": 12, "email": "gone@seller.example", "firstName": "Gone", "archived": True},
                {"id": 13, "email": "Desk@seller.example", "firstName": "Desk"},
            ],
            "companies": [
                {
                    "id": 9000 + n,
                    "properties": {
                        "name": f"Company {n}",
                        "product_account_id": f"acct-{n}",
                        "arr": 1000.5 * n,
                        "trial": bool(n % 2),
                        "hubspot_owner_id": "11" if n % 2 else None,
                    },
                }
                for n in range(companies)
            ],
        }
    }


def address(user: str) -> str:
    return f"{user}@customer.example"


def contact(user: str, number: int) -> Record:
    return {"id": number, "properties": {"email": address(user)}}


def persons(*users: str) -> list[Person]:
    return [Person(user_id=one, email=address(one)) for one in users]


def settings(stand_ins: StandIns, **changes: Any) -> Settings:
    given = {"token": SecretStr(TOKEN), "base_url": stand_ins.base_url("hubspot"), "timeout": TIMEOUT}
    return Settings(_env_file=None, **(given | changes))


def connect(stand_ins: StandIns, clock: FakeClock | None = None, **changes: Any) -> Connected:
    """Waiting moves a clock of the test's own, so that the lag of search passes at once."""
    clock = clock or FakeClock()
    return INTEGRATION.connect(settings(stand_ins, **changes), World(retry=RetryPolicy(sleep=clock.sleep), clock=clock))


def task(key: str = "one", number: int = 0, **changes: Any) -> Piece:
    given: dict[str, Any] = {
        "assign_to": "ana@seller.example",
        "subject": "Seats: Acme is at 92%",
        "due": "2026-11-24",
        "notes": "Because:\n<b>46</b> of 50 seats &amp; growing",
    }
    return piece(CreateTask(**(given | changes)), key, f"acct-{number}", "Acme", hubspot=str(9000 + number))


def update(key: str = "one", number: int = 0, **properties: Any) -> Piece:
    what = UpdateProperties(properties=properties or {"industry": "Retail"})
    return piece(what, key, f"acct-{number}", "Acme", hubspot=str(9000 + number))


def deal(key: str = "one", number: int = 0, **changes: Any) -> Piece:
    given: dict[str, Any] = {"assign_to": "ana@seller.example", "name": "More seats", "stage": "Qualified To Buy"}
    what = CreateDeal(**(given | {"close": "2026-12-31", "amount": "12,000"} | changes))
    return piece(what, key, f"acct-{number}", "Acme", hubspot=str(9000 + number))


def listed(key: str = "one", number: int = 0, **changes: Any) -> Piece:
    what = AddToList(**({"list": "Ready for more"} | changes))
    return piece(what, key, f"acct-{number}", "Acme", hubspot=str(9000 + number))


def enrolment(*users: str, key: str = "one", **changes: Any) -> Piece:
    given = {"sequence": "Bigger plan", "sender": "ana@seller.example", "people": persons(*users)}
    return piece(EnrolInSequence(**(given | changes)), key, "acct-0", "Acme", hubspot="9000")


def case(portal: StandIns, name: str, **changes: Any) -> Case:
    portal.get(HubSpot).portal.rules["forbidden"] = "Not in this portal, says bob@admin.example"
    given: dict[str, Any] = {
        "stand_ins": portal,
        "vendor": "hubspot",
        "connect": lambda: connect(portal).actions[name],
        "good": lambda name: task(name, number_of(name)),
        "bad": task("bad", ACCOUNTS - 1, subject="forbidden"),
        "lock_out": lambda: setattr(portal.get(HubSpot), "token", "another"),
        "what": "create_task",
        "answers": ANSWERS,
        "rep": rep(portal) if name == "hubspot.create_task" else None,
    }
    return Case(**(given | changes))


def rep(portal: StandIns) -> Rep:
    """A person who takes every task over and edits it."""
    stand_in = portal.get(HubSpot).portal
    edits = {"hs_task_status": "COMPLETED", "hubspot_owner_id": "13", "hs_task_subject": "Called", "hs_task_body": "Hi"}

    def change() -> None:
        for record in stand_in.all("tasks"):
            stand_in.update("tasks", record["id"], edits)

    return Rep(change, lambda: [{name: each["properties"][name] for name in edits} for each in stand_in.all("tasks")])


# --- in the tests that go through all systems -------------------------------------------------------------------------

_OWNER = {"id": "71001", "userId": 900_001, "email": "dana@seller.example", "firstName": "Dana", "lastName": "Doe"}


def company_id(account: str) -> str:
    return f"82310000{account.removeprefix('ac-')}"


def _in_world() -> Record:
    people = [f"{who}-{name}" for name in world.ACCOUNTS for who in ("ana", "bo")]
    return {
        "owners": [_OWNER],
        "companies": [_company(name) for name in world.ACCOUNTS],
        "contacts": [contact(user, 7000 + n) for n, user in enumerate(people)],
        "lists": [{"listId": 501, "name": "chaos"}],
        "sequences": [{"id": 601, "name": "chaos"}],
    }


def _number(user: str) -> str:
    """Of the contact."""
    who, account = user.split("-", 1)
    return str(7000 + 2 * list(world.ACCOUNTS).index(account) + ("ana", "bo").index(who))


def _deal(about: About, owner: str = "dana@seller.example") -> Record:
    return {"assign_to": owner, "name": f"More for {about.account}", "stage": "contractsent", "close": "2026-06-30"}


def _listed(about: About, name: str = "chaos") -> Record:
    return {"list": name}


def _enrolled(about: About, owner: str = "dana@seller.example") -> Record:
    people = [{"user_id": one["user_id"], "email": address(one["user_id"])} for one in about.people]
    return {"sequence": "chaos", "sender": owner, "people": people}


def _in_it(step: StepRecord) -> list[Mark]:
    return [("enrol", f"{_number(one['user_id'])}|chaos") for one in (step.input or {})["people"]]


def _company(name: str) -> dict[str, Any]:
    known = {
        "name": world.called(name),
        "product_account_id": name,
        "lifecyclestage": "customer",
        "hubspot_owner_id": "71001",
    }
    return {"id": company_id(name), "properties": known}


def _task(about: About, owner: str = "dana@seller.example") -> Record:
    return {"assign_to": owner, "subject": f"Call {about.account}", "due": "2026-03-04", "notes": "Because."}


def _property(about: About, name: str = "industry") -> Record:
    return {"properties": {name: f"chaos {about.account}"}}


def _arrange(member: HubSpot, plan: Mapping[str, Any]) -> None:
    member.limits.burst, member.limits.searches = 5_000, 100  # a run is too short to wait for a window to end
    member.portal.task_key_unique = plan["key_property"] == "unique"
    member.portal.lag = 0.1 if plan["key_property"] == "searched" else 0.0
    if plan["key_property"] == "none":
        member.portal.task_key = None


def _hurry() -> None:
    integrations.hubspot.records.SEARCH_LAG = 0.3  # the stand-in's search shows a task after 0.1 s


def _least(stand_ins: StandIns) -> None:
    stand_ins.get(HubSpot).scopes = {right.name for right in INTEGRATION.rights}


def _in_the_time_of(stand_ins: Any, clock: FakeClock) -> StandIns:
    portal: StandIns = stand_ins(HubSpot, sample=sample(3))
    portal.get(HubSpot).limits.now = clock.monotonic
    return portal


def _make(worker: Connected, number: int) -> Reply:
    """Two calls."""
    [reply] = worker.actions["hubspot.create_task"].deliver([task(str(number))])
    return reply


SYSTEM = System(
    stand_in=HubSpot,
    sample=sample,
    connect=lambda stand_ins: connect(stand_ins, fallback_owner="desk@seller.example"),
    in_world=_in_world,
    canaries={"HUBSPOT_TOKEN": "pat-na1-" + "ca4a12fe-0b5e-4c1d-9a7f-canaryhubspot"},
    work={
        "hubspot.create_task": Work(
            _task, lambda about: _task(about, "nobody@seller.example"), step_key("create_task")
        ),
        "hubspot.create_deal": Work(
            _deal, lambda about: _deal(about, "nobody@seller.example"), step_key("create_deal")
        ),
        "hubspot.add_to_list": Work(
            _listed,
            lambda about: _listed(about, "nonsense"),
            lambda step: [("add_to_list", f"chaos|{company_id(step.account_id)}")],
        ),
        "hubspot.enrol_in_sequence": Work(_enrolled, lambda about: _enrolled(about, "nobody@seller.example"), _in_it),
        "hubspot.update_properties": Work(
            _property,
            lambda about: _property(about, "nonsense"),
            lambda step: [("update_companies", company_id(step.account_id))],
            sets_again=True,
        ),
    },
    reads="companies",
    account_id=company_id,
    # 200 calls and a few: the second ten seconds have begun.
    shared=Shared(_in_the_time_of, 100, _make, (10, 11)),
    least=_least,
    arrange=_arrange,
    hurry=_hurry,
)
