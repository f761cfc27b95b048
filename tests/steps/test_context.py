"""What templates may name."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from expansion.accounts.priority import Priority
from expansion.calendar.spans import day_text
from expansion.language.model.template import NAMES
from expansion.steps.context import Story, account_values, complete, fact_texts, facts_in, names_of, pinned
from tests.decide.fakes import FakeEvaluator, known, policy, unknown


def story(**changes: object) -> Story:
    parts: dict[str, object] = {
        "account_id": "a",
        "account_name": "Acme",
        "trigger": "seat-limit",
        "trigger_title": "Nearly out of seats",
        "tier": "seat_upgrade",
        "tier_title": "More seats",
        "priority": Priority(Decimal("100.00"), Decimal("0.15"), Decimal("15.00"), ()),
        "currency": "USD",
        "reasons": ("full",),
        "people": ("u1",),
        "owner": "dana@acme.example",
        "playbook_title": "Talk about seats",
        "fired_on": date(2026, 3, 3),
        "links": {"this run": "https://prefect.example/runs/1"},
    }
    return Story(**(parts | changes))  # type: ignore[arg-type]


def test_the_context_holds_exactly_the_names_of_the_language() -> None:
    context = complete(pinned(story(), ["Una"]), {"arr": "$1"}, "$120,000")
    assert set(context) == {*NAMES, "facts"}
    assert {name: set(context[name]) for name, parts in NAMES.items() if parts} == {
        name: set(parts) for name, parts in NAMES.items() if parts
    }
    assert (context["account"]["value"], context["facts"], context["fired_on"]) == (
        "$120,000",
        {"arr": "$1"},
        "3 March 2026",
    )


def test_ten_people_are_named_and_all_are_counted() -> None:
    many = tuple(f"u{i}" for i in range(30))
    context = pinned(story(people=many), list(many))
    assert (len(context["people"]), context["people_count"]) == (10, 30)


def test_people_are_named_and_never_by_their_address() -> None:
    evaluator = FakeEvaluator(names={"u1": "Una Moss", "u3": "uma@acme.example"})
    found = names_of(["u1", "u2", "ben@acme.example", "u3"], "a", evaluator)
    assert found == ["Una Moss", "u2", "ben", "uma"]
    assert names_of([], "a", evaluator) == []


def test_facts_are_found_wherever_they_are_named() -> None:
    raw = {
        "a": "{{ facts.arr }} and {{ facts.seats | upper }}",
        "b": [{"c": '{{ facts["seat-usage"] }}'}, ("{{ facts.plan }}",)],
        "d": "facts.not_this {{ account.name }}",
        "e": 4,
        "f": "{{ facts.",
    }
    assert facts_in(raw) == {"arr", "seats", "seat-usage", "plan"}


def test_a_fact_that_is_not_known_reads_unknown() -> None:
    evaluator = FakeEvaluator({"a": {"arr": known(5, "$5")}, "b": {"arr": unknown("late")}})
    assert fact_texts(["arr"], ["a", "b"], evaluator) == {"a": {"arr": "$5"}, "b": {"arr": "unknown"}}
    assert fact_texts([], ["a"], evaluator) == {"a": {}}


def test_the_accounts_value_is_the_fact_that_policy_names() -> None:
    evaluator = FakeEvaluator({"a": {"arr": known(5, "$5")}})
    assert account_values(policy(), ["a"], evaluator) == {"a": "$5"}
    assert account_values(policy(account={}), ["a"], evaluator) == {"a": "unknown"}


def test_no_reader_takes_the_month_for_the_day() -> None:
    assert [day_text(date(2026, month, 4)) for month in (1, 12)] == ["4 January 2026", "4 December 2026"]
