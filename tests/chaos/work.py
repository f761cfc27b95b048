"""The firings of a run, as deciding would hand them over; and under which name the stand-ins count each step."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from expansion.records.firing import NewFiring, NewStep, step_key
from expansion.records.ledger import StepRecord
from tests import world
from tests.chaos.plan import ACCOUNTS, Plan, Step
from tests.systems import system, systems
from tests.systems.declare import About, Work

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
    return [(step.integration, what, key) for what, key in _work(step.action).marks(step)]


def sets_again(step: StepRecord) -> bool:
    """Setting a field twice is harmless, and counted each time."""
    return _work(step.action).sets_again


def remote_ids() -> dict[str, dict[str, str]]:
    """What the usage store knows of the accounts."""
    known = [(one.name, one.account_id) for one in systems() if one.account_id]
    return {account: {name: id_of(account) for name, id_of in known} for account in ACCOUNTS}


def _work(action: str) -> Work:
    return system(action.partition(".")[0]).work[action]


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
    people = ("ana", "bo") if place % 3 == 0 else ("ana",)
    about = About(account, place, [{"user_id": f"{who}-{account}"} for who in people], plan.crowd)
    work = _work(step.action)
    return work.bad(about) if step.bad else work.good(about)
