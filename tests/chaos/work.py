"""The firings of a run, as deciding would hand them over; and under which name the stand-ins count each step."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from expansion.records.firing import NewFiring, NewStep, step_key
from expansion.records.ledger import StepRecord
from tests import world
from tests.chaos.plan import ACCOUNTS, Plan, Step
from tests.chaos.town import CHANNELS

FIRED_AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TRIGGER, PLAYBOOK = "chaos", "chaos"
SELLER = "dana@seller.example"

# vendor, what it is called there, which one
Mark = tuple[str, str, str]


def firings(plan: Plan) -> list[NewFiring]:
    """One firing per account."""
    return [_firing(plan, account, steps) for account, steps in zip(ACCOUNTS, plan.firings, strict=False)]


def marks(step: StepRecord) -> list[Mark]:
    """What the stand-ins have counted once this step is done; several for several people."""
    given = step.input or {}
    match step.action:
        case "salesforce.update_fields":
            return [("salesforce", "update_account", world.salesforce_id(step.account_id))]
        case "hubspot.update_properties":
            return [("hubspot", "update_companies", _company(step.account_id))]
        case "intercom.enrol_in_series":
            return [("intercom", "tag", f"{one['user_id']}|{given['tag']}") for one in given["people"]]
        case "intercom.send_event":
            at = int(FIRED_AT.timestamp())
            return [("intercom", "event", f"{one['user_id']}|{given['event']}|{at}") for one in given["people"]]
    vendor, what = step.action.split(".")
    return [(vendor, what, step.key)]


def sets_again(step: StepRecord) -> bool:
    """Setting a field twice is harmless, and counted each time."""
    return step.action in ("salesforce.update_fields", "hubspot.update_properties")


def remote_ids() -> dict[str, dict[str, str]]:
    """What the usage store knows of the accounts."""
    return {name: {"salesforce": world.salesforce_id(name), "hubspot": _company(name)} for name in ACCOUNTS}


def _company(account: str) -> str:
    return f"82310000{account.removeprefix('ac-')}"


def _firing(plan: Plan, account: str, steps: tuple[Step, ...]) -> NewFiring:
    made = tuple(_step(plan, account, number, step) for number, step in enumerate(steps))
    return NewFiring(
        trigger=TRIGGER,
        account_id=account,
        account_name=world.called(account),
        episode=1,
        fired_at=FIRED_AT,
        decision="acting",
        reason="chaos",
        definition_hash="chaos",
        git_revision=None,
        watermark=None,
        tier="seat_upgrade",
        worth=Decimal(1000),
        currency="USD",
        likely=Decimal("0.5"),
        priority=Decimal(ACCOUNTS.index(account)),
        priority_parts=(),
        owner=SELLER,
        playbook=PLAYBOOK,
        evidence={},
        steps=made,
    )


def _step(plan: Plan, account: str, number: int, step: Step) -> NewStep:
    step_id = f"step-{number}"
    return NewStep(
        key=step_key(account, TRIGGER, 1, PLAYBOOK, step_id),
        step_id=step_id,
        position=number,
        integration=step.action.partition(".")[0],
        action=step.action,
        recipe={},
        input=_input(plan, account, step),
        state="due",
        can_fail=step.can_fail,
    )


def _input(plan: Plan, account: str, step: Step) -> dict[str, Any]:
    place = ACCOUNTS.index(account)
    two = place % 3 == 0
    people = [{"user_id": f"{who}-{account}"} for who in (("ana", "bo") if two else ("ana",))]
    if step.bad:
        people = [{"user_id": "nobody"}]
    match step.action:
        case "salesforce.create_task" | "hubspot.create_task":
            owner = "nobody@seller.example" if step.bad else SELLER
            return {"assign_to": owner, "subject": f"Call {account}", "due": "2026-03-04", "notes": "Because."}
        case "salesforce.create_opportunity":
            amount = "a lot" if step.bad else "3,600"
            name = f"{account}: seats"
            return {
                "assign_to": SELLER, "name": name, "stage": "Prospecting", "close": "2026-05-01", "amount": amount
            }  # fmt: skip
        case "salesforce.update_fields":
            return {"fields": {"Nonsense__c" if step.bad else "Expansion_Signal__c": f"chaos {account}"}}
        case "hubspot.update_properties":
            return {"properties": {"nonsense" if step.bad else "industry": f"chaos {account}"}}
        case "slack.post_message":
            channel = CHANNELS[0 if plan.crowd else place]["id"]
            return {"channel": "C0NOWHERE00" if step.bad else channel, "text": f"*{account}* is growing"}
        case "intercom.enrol_in_series":
            return {"series": "Seats", "tag": "chaos", "people": people}
        case "intercom.send_event":
            return {"event": "chaos-event", "people": people}
    raise AssertionError(step.action)
