"""The thirty triggers as the product reads them, and one more."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from expansion.evaluate.engine import Vocabulary
from expansion.files.maps import EventMap
from expansion.language.model.models import Facts, Policy, Trigger

_HERE = Path(__file__).parent

# The end of the last day of events.py: its windows hold whole days.
AS_OF = datetime(2025, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)

MAP = EventMap(
    id="id",
    event="event",
    time="time",
    account="account",
    user="user",
    properties=["feature", "department", "value"],
)

_POLICY = {
    "time_zone": "UTC",
    "working_hours": {"days": ["mon"], "from": "09:00", "to": "17:00"},
    "owners": {"fallback": "revops@acme.example"},
    "tiers": {"more_seats": {"title": "More seats", "worth": {"flat": 1000}, "likely": "10%"}},
}


def policy() -> Policy:
    return Policy.model_validate(_POLICY)


def vocabulary() -> Vocabulary:
    """No facts and a plain policy: the triggers are about events."""
    return Vocabulary(Facts(), policy())


def triggers() -> list[Trigger]:
    """The triggers of triggers.yaml."""
    written = YAML(typ="safe").load((_HERE / "triggers.yaml").read_text(encoding="utf-8"))
    return [trigger(name, clauses) for name, clauses in written.items()]


def trigger(name: str, clauses: dict[str, Any]) -> Trigger:
    rest = {"title": name, "owner": "revops@acme.example", "status": "live", "leads_to": "more_seats"}
    return Trigger.model_validate({"trigger": name, **rest, "then": {"playbook": "none"}, **clauses})


def one_more() -> Trigger:
    """A trigger about events that none of the others asks for in this way."""
    where = {"department": "legal", "feature": ["premium_export", "premium_sso"]}
    clause = {"event": "audit_viewed", "where": where, "count": "people", "at_least": 2, "over": "90 days"}
    return trigger("legal-audits-on-premium", {"when": [clause]})
