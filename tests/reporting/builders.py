"""What a ledger knows, for tests of the report; a test says only what matters to it."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from expansion.calendar.hours import Calendar
from expansion.language.model.policy import WorkingHours
from expansion.records.dispositions import DispositionRecord
from expansion.records.ledger import Clock, FiringRecord, StepRecord
from jobs.reporting.known import Known
from tests.ledger.builders import a_firing, a_step

LONDON = ZoneInfo("Europe/London")
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
CALENDAR = Calendar(
    WorkingHours.model_validate({"days": ["mon", "tue", "wed", "thu", "fri"], "from": "09:00", "to": "17:00"}), LONDON
)


def fired(id_: int, account: str = "acme", trigger: str = "seat-limit", **rest: Any) -> FiringRecord:
    """A firing of the run of its day."""
    new = a_firing(account, trigger, fired_at=rest.pop("fired_at", MONDAY))
    run = rest.pop("run", new.fired_at.toordinal())
    known = {one.name: getattr(new, one.name) for one in fields(FiringRecord) if hasattr(new, one.name)}
    decided = {"decided_at": new.fired_at, "decided_in": run, "approved_by": None, "cleared_at": None}
    return FiringRecord(**{**known, **decided, "id": id_, "run_id": run, **rest})


def step(of: FiringRecord, position: int = 0, **rest: Any) -> StepRecord:
    """A step that is done."""
    new = a_step(of.account_id, of.trigger, of.episode, of.user_id, position)
    values: dict[str, Any] = dict.fromkeys((one.name for one in fields(StepRecord)), None)
    values |= {one.name: getattr(new, one.name) for one in fields(type(new)) if one.name in values}
    values |= {name: getattr(of, name) for name in ("run_id", "trigger", "account_id", "account_name", "episode")}
    values |= {"firing_id": of.id, "fired_at": of.fired_at, "owner": of.owner, "playbook": of.playbook or ""}
    return StepRecord(**{**values, "state": "done", "user_id": of.user_id, "user_name": "", **rest})


def task(of: FiringRecord, agreed: str = "8 working hours", **rest: Any) -> StepRecord:
    """A step whose task has to be touched in so much time."""
    return step(of, recipe={"sla": {"first_touch": agreed, "remind": {}}}, input={"assign_to": of.owner}, **rest)


def clock(of: StepRecord, hours: float, **rest: Any) -> Clock:
    return Clock(of.key, of.fired_at, timedelta(hours=hours), of.fired_at + timedelta(days=3), **rest)


def answer(of: FiringRecord, kind: str = "not_useful", reason: str | None = None, **rest: Any) -> DispositionRecord:
    id_ = rest.pop("id", of.id)
    usual: dict[str, Any] = {
        "id": id_, "firing_id": of.id, "step_key": None, "trigger": of.trigger, "account_id": of.account_id,
        "kind": kind, "reason": reason, "by": "U0ANA", "email": None, "called": "Ana", "at": of.fired_at, "until": None,
        "source": "slack.buttons", "remote_id": str(id_),
    }  # fmt: skip
    return DispositionRecord(**{**usual, **rest})


def known(*firings: FiringRecord, **rest: Any) -> Known:
    """The ledger's knowledge of 13 weeks that end on that Monday's noon."""
    until = MONDAY + timedelta(hours=3)
    return replace(Known(until - timedelta(days=91), until, LONDON, firings), **rest)
