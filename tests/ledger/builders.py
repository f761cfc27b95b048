"""Firings and steps for tests; a test says only what matters to it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from expansion.ledger.store import Ledger
from expansion.records.firing import NewFiring, NewStep, step_key

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LEASE = timedelta(minutes=15)
LINE = {"section": "when", "depth": 0, "text": "seat_usage at least 80%", "answer": "yes", "seen": "92% (46 of 50)"}


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def a_firing(account: str = "acme", trigger: str = "seat-limit", steps: list[dict[str, Any]] | None = None, **rest):
    episode, user = rest.get("episode", 1), rest.get("user_id", "")
    values: dict[str, Any] = {
        "trigger": trigger,
        "account_id": account,
        "account_name": account.title(),
        "episode": episode,
        "fired_at": NOON,
        "decision": "acting",
        "reason": "nearly out of seats",
        "definition_hash": "abc",
        "git_revision": "0bf846c",
        "watermark": NOON,
        "tier": "seat_upgrade",
        "worth": Decimal("3600"),
        "currency": "USD",
        "likely": Decimal("0.3"),
        "priority": Decimal("1080"),
        "priority_parts": (("worth", "$3,600"), ("likely", "30%")),
        "owner": "dana@acme.example",
        "playbook": "seats",
        "evidence": {"lines": [LINE]},
    }
    made = tuple(a_step(account, trigger, episode, user, place, **step) for place, step in enumerate(steps or []))
    return NewFiring(**values | rest, steps=made)


def a_step(account: str, trigger: str, episode: int, user: str, position: int, **rest) -> NewStep:
    step_id = rest.pop("step_id", f"step-{position}")
    action = rest.pop("action", "crm.create_task")
    values: dict[str, Any] = {"recipe": {"with": {"text": "hi"}}, "input": {"text": "hi"}, "state": "due"}
    return NewStep(
        key=step_key(account, trigger, episode, "seats", step_id, user),
        step_id=step_id,
        position=position,
        integration=action.split(".")[0],
        action=action,
        **values | rest,
    )


def key_of(
    account: str = "acme", step_id: str = "step-0", trigger: str = "seat-limit", episode: int = 1, user: str = ""
) -> str:
    return step_key(account, trigger, episode, "seats", step_id, user)


def record(ledger: Ledger, *firings: NewFiring, cleared=(), at: datetime = NOON) -> int:
    """A completed run that records these firings; its id."""
    run_id = ledger.start_run("expansion", as_of=at, now=at)
    ledger.record(run_id, firings, cleared, at)
    ledger.finish_run(run_id, "completed", at)
    return run_id


def claim(ledger: Ledger, action: str = "crm.create_task", holder: str = "me", at: datetime = NOON, limit: int = 100):
    return ledger.claim(action, limit, holder, at, LEASE)


def state_of(ledger: Ledger, key: str) -> str:
    return next(step.state for step in ledger.steps() if step.key == key)
