"""Whether something cannot be told for want of an answer, or of one that says nothing, as guard rails need to know."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from expansion.contract import FactRecord
from expansion.evaluate.engine import Vocabulary
from expansion.explain.evaluator import evaluator
from expansion.language.model.conditions import Condition
from expansion.language.model.models import Facts, Policy
from expansion.usage.facts import add_facts
from expansion.usage.storage.store import UsageStore

CRM, PRODUCT = "salesforce.account", "mixpanel.group"
FIELDS = {"do_not_contact": (CRM, "DNC__c", "yes_no"), "open_deals": (CRM, "Deals", "number")}
FACTS = Facts.model_validate({"facts": {n: {"from": s, "field": f, "kind": k} for n, (s, f, k) in FIELDS.items()}})
POLICY = Policy.model_validate(
    {
        "time_zone": "UTC",
        "working_hours": {"days": ["mon"], "from": "09:00", "to": "17:00"},
        "owners": {"fallback": "ops@acme.example"},
        "tiers": {"add_on": {"title": "An add-on", "worth": {"flat": 1}, "likely": "10%"}},
    }
)
RULE = {"fact": "do_not_contact", "is": True}


def day(number: int) -> datetime:
    return datetime(2026, 3, number, 9, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> UsageStore:
    made = UsageStore(tmp_path / "usage")
    told(made, PRODUCT, 1, acme={"seats": 5}, globex={"seats": 5})
    return made


def told(store: UsageStore, source: str, on: int, **values: dict[str, Any]) -> None:
    records = [FactRecord(source, account, known) for account, known in values.items()]
    add_facts(store, source, records, day(on), asked=["DNC__c"] if source == CRM else (), full="accounts")


def unanswered(store: UsageStore, rule: dict[str, Any] = RULE, on: int = 9) -> dict[str, str]:
    asked = evaluator(store, Vocabulary(FACTS, POLICY), day(on))
    return asked.unanswered([Condition.model_validate(rule)], ["acme", "globex"])


def test_a_source_that_was_never_pulled_told_nothing(store: UsageStore) -> None:
    cause = "salesforce.account was never pulled"
    assert unanswered(store) == {"acme": cause, "globex": cause}


def test_an_empty_field_is_an_answer(store: UsageStore) -> None:
    told(store, CRM, 2, acme={"DNC__c": None}, globex={"DNC__c": False})
    assert unanswered(store) == {}


def test_an_account_that_the_crm_never_had_is_an_answer(store: UsageStore) -> None:
    told(store, CRM, 2, acme={"DNC__c": False})
    assert unanswered(store) == {}


def test_an_account_that_is_known_since_after_the_last_answer_was_not_asked_about(store: UsageStore) -> None:
    told(store, CRM, 2, acme={"DNC__c": False})
    told(store, PRODUCT, 5, acme={"seats": 5}, globex={"seats": 6}, newcomer={"seats": 1})
    asked = evaluator(store, Vocabulary(FACTS, POLICY), day(9))
    found = asked.unanswered([Condition.model_validate(RULE)], ["acme", "globex", "newcomer"])
    assert found == {"newcomer": "salesforce.account has no record of this account"}
    told(store, CRM, 6, acme={"DNC__c": False})
    assert evaluator(store, Vocabulary(FACTS, POLICY), day(9)).unanswered(
        [Condition.model_validate(RULE)], ["newcomer"]
    ) == {}  # fmt: skip


def test_a_record_that_is_gone_or_there_twice_says_nothing_any_more(store: UsageStore) -> None:
    told(store, CRM, 2, acme={"DNC__c": True}, globex={"DNC__c": False})
    told(store, CRM, 3, globex={"DNC__c": False})
    assert unanswered(store) == {"acme": "salesforce.account no longer has a record of this account"}
    twice = [FactRecord(CRM, "acme", {}, is_twice=True), FactRecord(CRM, "globex", {"DNC__c": False})]
    add_facts(store, CRM, twice, day(4), asked=["DNC__c"], full="accounts")
    assert list(unanswered(store)) == ["acme"]


def test_a_field_that_no_record_ever_had_was_not_answered(store: UsageStore) -> None:
    told(store, CRM, 2, acme={"DNC__c": False}, globex={"DNC__c": False})
    cause = "salesforce.account never told a field `Deals`"
    assert unanswered(store, {"fact": "open_deals", "at_least": 1}) == {"acme": cause, "globex": cause}


def test_the_strict_reading_holds_whoever_the_crm_does_not_have(store: UsageStore) -> None:
    told(store, CRM, 2, acme={"DNC__c": None})
    strict = {"fact": "do_not_contact", "exists": False}
    assert unanswered(store, strict) == {"globex": "salesforce.account has no record of this account"}
