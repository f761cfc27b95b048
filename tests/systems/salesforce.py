"""Salesforce in the tests: an org of three accounts, the pieces of work that it is given, and how to connect to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr

from expansion.contract import Piece, Reply
from expansion.fields import Person
from expansion.records.ledger import StepRecord
from integrations.kit.declare import Connected
from integrations.kit.world import World
from integrations.salesforce import INTEGRATION
from integrations.salesforce.inputs import AddToCampaign, CreateOpportunity, CreateTask, UpdateFields
from integrations.salesforce.settings import Settings
from sandbox.salesforce.answers import ANSWERS
from sandbox.salesforce.app import CLIENT_ID, CLIENT_SECRET, Salesforce
from tests import world
from tests.integrations.conftest import StandIns
from tests.integrations.contract import HURRIED, TIMEOUT, Case, Rep, piece
from tests.systems.declare import About, Mark, Record, Shared, System, Work, step_key

ANA, BEN, GONE, FALLBACK = (f"00500000000000{n}AAA" for n in range(1, 5))


def account_id(number: int) -> str:
    return f"001000000000{number:03d}AAA"


def sample(accounts: int = 3) -> dict[str, Any]:
    return {
        "salesforce": {
            "users": [
                {"Id": ANA, "Email": "ana@seller.example", "Name": "Ana"},
                {"Id": BEN, "Email": "ben@seller.example", "Name": "Ben"},
                {"Id": GONE, "Email": "gone@seller.example", "Name": "Gone", "IsActive": False},
                {"Id": FALLBACK, "Email": "desk@seller.example", "Name": "Desk"},
            ],
            "accounts": [
                {
                    "Id": account_id(n),
                    "Name": f"Account {n}",
                    "Product_Account_Id__c": f"acct-{n}",
                    "ARR__c": 1000.5 * n,
                    "Region__c": "EMEA" if n % 2 else None,
                    "OwnerId": ANA if n % 2 else None,
                }
                for n in range(accounts)
            ],
            "opportunities": [
                {
                    "Id": f"006000000000{n:03d}AAA",
                    "AccountId": account_id(n % 3),
                    "Name": f"Deal {n}",
                    "StageName": stage,
                    "CloseDate": f"2026-0{n + 1}-15",
                }
                for n, stage in enumerate(["Prospecting", "Closed Lost", "Proposal", "Prospecting", "Closed Won"])
            ],
        }
    }


def settings(stand_ins: StandIns, **changes: Any) -> Settings:
    given: dict[str, Any] = {
        "domain": "acme.my.salesforce.com",
        "client_id": CLIENT_ID,
        "client_secret": SecretStr(CLIENT_SECRET),
        "base_url": stand_ins.base_url("salesforce"),
        "timeout": TIMEOUT,
    }
    return Settings(_env_file=None, **(given | changes))


def connect(stand_ins: StandIns, **changes: Any) -> Connected:
    return INTEGRATION.connect(settings(stand_ins, **changes), World(retry=HURRIED))


def task(key: str = "one", number: int = 0, **changes: Any) -> Piece:
    given: dict[str, Any] = {
        "assign_to": "ana@seller.example",
        "subject": "Seats: Acme is at 92%",
        "due": "2026-11-24",
        "notes": "Because:\n- 46 of 50 seats",
    }
    return piece(CreateTask(**(given | changes)), key, f"acct-{number}", "Acme", salesforce=account_id(number))


def deal(key: str = "one", number: int = 0, **changes: Any) -> Piece:
    given: dict[str, Any] = {
        "assign_to": "ana@seller.example",
        "name": "Acme: seats",
        "stage": "Prospecting",
        "close": "2027-01-31",
        "amount": "$3,600",
    }
    return piece(CreateOpportunity(**(given | changes)), key, f"acct-{number}", "Acme", salesforce=account_id(number))


def update(key: str = "one", number: int = 0, **fields: Any) -> Piece:
    what = UpdateFields(fields=fields or {"Region__c": "APAC"})
    return piece(what, key, f"acct-{number}", "Acme", salesforce=account_id(number))


CAMPAIGN, OTHER = "701000000000001AAA", "701000000000002AAA"
CAMPAIGNS = {
    "campaigns": [{"Id": CAMPAIGN, "Name": "Seats for all"}, {"Id": OTHER, "Name": "Old one", "IsActive": False}],
    "statuses": [
        {"Id": f"01Y00000000000{n}AAA", "CampaignId": campaign, "Label": label, **flags}
        for n, (campaign, label, flags) in enumerate(
            (
                (CAMPAIGN, "Planned", {"IsDefault": True}),
                (CAMPAIGN, "Invited", {}),
                (CAMPAIGN, "Attended", {"HasResponded": True}),
                (OTHER, "Sent", {"IsDefault": True}),
            )
        )
    ],
}


def contact(number: int, email: str, account: str | None = None) -> dict[str, Any]:
    where = account or account_id(0)
    return {"Id": f"003000000000{number:03d}AAA", "Email": email, "Name": email.partition("@")[0], "AccountId": where}


def campaign(*people: str | Person, key: str = "one", number: int = 0, **changes: Any) -> Piece:
    who = [one if isinstance(one, Person) else Person(user_id=one, email=f"{one}@acme.example") for one in people]
    what = AddToCampaign(**({"campaign": "Seats for all", "people": who} | changes))
    return piece(what, key, f"acct-{number}", "Acme", salesforce=account_id(number))


def case(org: StandIns, name: str, **changes: Any) -> Case:
    return Case(
        stand_ins=org,
        vendor="salesforce",
        connect=lambda: connect(org).actions[name],
        lock_out=lambda: setattr(org.get(Salesforce), "locked_out", True),
        answers=ANSWERS,
        sign_in={"method": "POST", "path": "oauth2/token"},
        **changes,
    )


def rep(org: StandIns, sobject: str, changes: dict[str, Any]) -> Rep:
    """A person who takes every record of ours over and edits it; `OwnerId` too."""
    stand_in = org.get(Salesforce).org
    edits = {"OwnerId": BEN, **changes}

    def ours() -> list[dict[str, Any]]:
        return [record for record in stand_in.all(sobject) if stand_in.key_of(sobject, record)]

    def change() -> None:
        for record in ours():
            stand_in.update(sobject, record["Id"], edits, by=BEN)

    return Rep(change, lambda: [{name: record[name] for name in edits} for record in ours()])


# --- in the tests that go through all systems -------------------------------------------------------------------------


def _in_world() -> Record:
    return {"users": world._USERS, "accounts": [_account(name) for name in world.ACCOUNTS], "opportunities": []} | {
        **CAMPAIGNS,
        "contacts": [
            contact(number, f"{who}-{name}@x.example", world.salesforce_id(name))
            for number, (name, who) in enumerate((name, who) for name in world.ACCOUNTS for who in ("ana", "bo"))
        ],
    }


def _account(name: str) -> dict[str, Any]:
    seats = {"ac-12": None}.get(name, 120 if name in world.BIG else 10)
    return {
        "Id": world.salesforce_id(name),
        "Name": world.called(name),
        "OwnerId": world._USERS[0]["Id"],
        "Account_Manager__c": world._USERS[1 if name == "ac-06" else 0]["Email"],
        "Product_Account_Id__c": name,
        "ARR__c": 10_000 + 1_000 * world.ACCOUNTS.index(name),
        "Plan__c": "Team",
        "Seats_Bought__c": seats,
        "Expansion_Signal__c": None,
        "LastModifiedDate": "2026-01-05T09:00:00.000+0000",
    }


def _task(about: About, owner: str = "dana@seller.example") -> Record:
    return {"assign_to": owner, "subject": f"Call {about.account}", "due": "2026-03-04", "notes": "Because."}


def _deal(about: About, amount: str = "3,600") -> Record:
    return {
        "assign_to": "dana@seller.example",
        "name": f"{about.account}: seats",
        "stage": "Prospecting",
        "close": "2026-05-01",
        "amount": amount,
    }


def _field(about: About, name: str = "Expansion_Signal__c") -> Record:
    return {"fields": {name: f"chaos {about.account}"}}


def _members(about: About, people: list[dict[str, str]] | None = None) -> Record:
    with_address = [{**one, "email": f"{one['user_id']}@x.example"} for one in people or about.people]
    return {"campaign": "Seats for all", "people": with_address}


def _put_in(step: StepRecord) -> list[Mark]:
    return [("create_campaignmember", f"{one['email']}|Seats for all") for one in (step.input or {})["people"]]


def _arrange(member: Salesforce, plan: Mapping[str, Any]) -> None:
    if not plan["key_field"]:
        member.org.key_fields.update(Task=None, Opportunity=None)


def _with_ten_calls(stand_ins: Any, clock: Any) -> StandIns:
    return stand_ins(lambda state: Salesforce(state, api_limit=10), sample=sample())


def _make(worker: Connected, number: int) -> Reply:
    [reply] = worker.actions["salesforce.create_task"].deliver([task(str(number))])
    return reply


SYSTEM = System(
    stand_in=Salesforce,
    sample=sample,
    connect=lambda stand_ins: connect(stand_ins, fallback_owner="desk@seller.example"),
    in_world=_in_world,
    canaries={"SALESFORCE_CLIENT_SECRET": "canary+salesforce/7Hq2="},
    work={
        "salesforce.create_task": Work(
            _task, lambda about: _task(about, "nobody@seller.example"), step_key("create_task")
        ),
        "salesforce.create_opportunity": Work(
            _deal, lambda about: _deal(about, "a lot"), step_key("create_opportunity")
        ),
        "salesforce.update_fields": Work(
            _field,
            lambda about: _field(about, "Nonsense__c"),
            lambda step: [("update_account", world.salesforce_id(step.account_id))],
            sets_again=True,
        ),
        "salesforce.add_to_campaign": Work(_members, lambda about: _members(about, [{"user_id": "nobody"}]), _put_in),
    },
    reads="/query",
    account_id=world.salesforce_id,
    shared=Shared(_with_ten_calls, 8, _make, (0, 1), {"daily_calls": 10}),  # two more learn fields and owners
    arrange=_arrange,
)
