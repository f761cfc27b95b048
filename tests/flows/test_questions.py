"""What a person is asked about what waits, and whether they can decide it by that alone."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

from expansion.records.ledger import FiringRecord
from jobs.place import Place
from jobs.questions import questions
from tests.flows.test_report import FIRING

TRIGGER = SimpleNamespace(title="Nearly out of seats")
EVIDENCE = {
    "reasons": ["seats in use at least 80%: 92% (46 of 50)"],
    "lines": [
        {"section": "when", "answer": "yes", "seen": "92% (46 of 50)"},
        {"section": "when", "answer": "yes", "seen": "38 → 46 (+21.05%)"},
        {"section": "unless", "answer": "no", "seen": "0"},
    ],
}


def place() -> Place:
    """Definitions with one trigger, and Salesforce with a page for each account."""
    evaluator = SimpleNamespace(remote_ids=lambda: {"a-1": {"salesforce": "001"}})
    found: Any = SimpleNamespace(
        definitions=SimpleNamespace(workspace=SimpleNamespace(triggers={"seat-limit": TRIGGER})),
        systems=SimpleNamespace(account_links=lambda _: {"Salesforce": "https://crm.example/{salesforce}"}),
        evaluator=lambda definitions, as_of: evaluator,
    )
    return cast(Place, found)


def waiting(number: int, decision: str, **more: Any) -> FiringRecord:
    reason = "flood brake: 12 new firings of seat-limit in one run; all of them are held. Look at one with …"
    told: dict[str, Any] = {"reason": reason if decision == "flood" else "waits for approval: a large deal"}
    told |= {"id": number, "account_id": f"a-{number}", "account_name": f"Account {number}", "trigger": "seat-limit"}
    told |= {"worth": Decimal(1000), "currency": "USD", "owner": "dana@acme.example", "evidence": EVIDENCE}
    return replace(FIRING, decision=decision, **(told | more))  # type: ignore[arg-type]


def test_a_firing_is_asked_about_with_reasons_numbers_owner_and_link() -> None:
    [question] = questions(place(), [waiting(1, "approval")])
    assert question.title == "Account 1 (a-1): Nearly out of seats, $1,000 a year"
    assert question.lines == (
        "why it waits: a large deal",
        f"why now ({FIRING.fired_at:%Y-%m-%d}): seats in use at least 80%: 92% (46 of 50)",
        "owner: dana@acme.example",
        "look at it: expansion explain seat-limit a-1",
    )
    assert question.links == (("Salesforce", "https://crm.example/001"),)


def test_all_that_one_flood_held_is_one_question() -> None:
    held = [waiting(number, "flood") for number in range(1, 13)]
    first, flood = questions(place(), [waiting(20, "approval"), *held])
    assert first.firings[0].id == 20
    assert [one.id for one in flood.firings] == list(range(1, 13))
    assert flood.title == "Nearly out of seats: 12 accounts at once, $12,000 a year together"
    assert flood.lines[0] == "why it waits: flood brake: 12 new firings of seat-limit in one run"
    assert flood.lines[1] == "Account 1 (a-1), $1,000, dana@acme.example: 92% (46 of 50); 38 → 46"
    assert "and 2 more" in flood.lines


def test_what_is_not_known_is_left_out_and_a_trigger_that_is_gone_has_its_name() -> None:
    [question] = questions(place(), [waiting(2, "approval", trigger="gone", worth=None, owner=None, evidence={})])
    assert question.title == "Account 2 (a-2): gone"
    assert question.lines == ("why it waits: a large deal", "look at it: expansion explain gone a-2")


def test_nothing_that_waits_asks_nothing() -> None:
    assert questions(place(), []) == []
