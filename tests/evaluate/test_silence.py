"""A source of facts that has not answered for longer than is expected: what it told cannot be told any more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from expansion.contract import FactRecord
from expansion.evaluate.engine import Vocabulary
from expansion.explain.evaluator import evaluator
from expansion.react.resident import Resident
from expansion.usage.facts import add_facts
from expansion.usage.storage.store import UsageStore
from tests.evaluate.words import trigger, vocabulary

CRM = "salesforce.account"
PULLED = datetime(2026, 3, 2, 6, tzinfo=UTC)
SILENT = f"{CRM} has not answered since 2026-03-02 06:00, and more often is expected of it"


@pytest.fixture
def store(tmp_path: Path) -> UsageStore:
    made = UsageStore(tmp_path / "usage")
    answered(made, PULLED, plan="Team", seats=40)
    add_facts(made, "hubspot.company", [FactRecord("hubspot.company", "acme", {"size": 7})], PULLED, asked=("size",))
    return made


def answered(store: UsageStore, at: datetime, **values: Any) -> None:
    add_facts(store, CRM, [FactRecord(CRM, "acme", values)], at, asked=tuple(values), full="accounts")


def words(**lags: str) -> Vocabulary:
    facts = {
        name: {"from": source, "field": name, "kind": kind}
        for name, source, kind in (
            ("plan", CRM, "text"),
            ("seats", CRM, "number"),
            ("size", "hubspot.company", "number"),
        )
    }
    expects = {name.replace("_", "."): {"lag": lag} for name, lag in lags.items()}
    return vocabulary(facts={"facts": facts, "expects": expects})


def answer(store: UsageStore, known: Vocabulary, now: datetime, **condition: Any) -> str:
    """By SQL, and of the account in memory; an explanation says the same."""
    asked = trigger(when=[condition])
    found = evaluator(store, known, now).answers([asked])["t"]
    said = "yes" if "acme" in found.yes else found.unknown.get("acme", "no")
    live = Resident.of(store, known, [asked], now).answer("acme", "ana", now)["t"]
    assert said == ("yes" if "acme" in live.yes else live.unknown.get("acme", "no"))
    lines = evaluator(store, known, now).explain(asked, "acme", flips=True).lines
    assert (lines[0].cause or lines[0].answer.value) == said
    return said


@pytest.mark.parametrize(("hours", "said"), [(0, "yes"), (47, "yes"), (48, "yes"), (49, SILENT)])
def test_what_a_source_told_counts_until_its_lag_is_over(store: UsageStore, hours: int, said: str) -> None:
    known, now = words(salesforce_account="2 days"), PULLED + timedelta(hours=hours)
    assert answer(store, known, now, fact="plan", **{"is": "Team"}) == said
    assert answer(store, known, now, fact="seats", at_least=10) == said
    assert answer(store, known, now, fact="plan", exists=False) == ("no" if said == "yes" else said)


def test_without_a_lag_the_last_answer_counts_however_old(store: UsageStore) -> None:
    assert answer(store, words(), PULLED + timedelta(days=300), fact="plan", **{"is": "Team"}) == "yes"


def test_other_sources_are_not_touched(store: UsageStore) -> None:
    known = words(salesforce_account="12 hours")
    assert answer(store, known, PULLED + timedelta(days=9), fact="size", at_least=5) == "yes"


def test_an_answer_ends_it_and_what_was_before_the_last_one_is_known(store: UsageStore) -> None:
    known, later = words(salesforce_account="12 hours"), PULLED + timedelta(days=9)
    assert answer(store, known, later, fact="plan", **{"is": "Team"}) == SILENT
    answered(store, later, plan="Pro", seats=90)
    assert answer(store, known, later, fact="plan", **{"is": "Pro"}) == "yes"
    assert answer(store, known, PULLED + timedelta(days=5), fact="plan", **{"is": "Team"}) == "yes"


def test_a_guard_rail_does_not_open_because_its_source_is_silent(store: UsageStore) -> None:
    now = PULLED + timedelta(days=9)
    clauses = trigger(when=[{"fact": "plan", "is": "Free"}]).when
    late = evaluator(store, words(salesforce_account="2 days"), now).unanswered(clauses, ["acme"])
    assert late == {"acme": SILENT}
    assert evaluator(store, words(), now).unanswered(clauses, ["acme"]) == {}
