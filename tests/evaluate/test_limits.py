"""Limits that are none: unlimited, -1, or zero. One account gets one answer in every arithmetic."""

from __future__ import annotations

from typing import Any

import pytest

from expansion.evaluate.results import Answer
from expansion.explain.cases import run_cases
from tests.evaluate.test_cases import case
from tests.evaluate.words import Definition, trigger, vocabulary

CRM = "crm.account"
ASKED: dict[str, Definition] = {
    "usage": {"fact": "usage", "at_least": "80%"},
    "room": {"fact": "room", "at_most": "20%"},
    "left": {"fact": "left", "at_most": 5},
    "days": {"fact": "days", "at_most": 30},
    "limit": {"fact": "bought", "at_most": 100},
    "growth": {"fact": "bought", "fell_at_least": "10%", "over": "28 days"},
}
FULL = {"usage": Answer.YES, "room": Answer.YES, "left": Answer.YES, "days": Answer.YES, "limit": Answer.YES}
UNKNOWN = dict.fromkeys(ASKED, Answer.CANNOT_TELL)
NO = dict.fromkeys(ASKED, Answer.NO)


def _facts(**bought: Any) -> Definition:
    return {
        "facts": {
            "used": {"from": CRM, "field": "used", "kind": "number"},
            "bought": {"from": CRM, "field": "bought", "kind": "number", **bought},
            "usage": {"ratio": ["used", "bought"]},
            "room": {"headroom": ["used", "bought"]},
            "left": {"difference": ["bought", "used"]},
            "days": {"days_to_limit": ["used", "bought"], "pace_over": "28 days"},
        }
    }


def _answers(facts: Definition, value: Any) -> dict[str, Answer]:
    triggers = {name: trigger(name, when=[asked]) for name, asked in ASKED.items()}
    now, before = {"used": 98, "bought": value}, {"used": 90, "bought": 98}
    cases = [case("fires", (None, now), ("28 days", before), name=name) for name in triggers]
    return {one.case.trigger: one.answer for one in run_cases(cases, triggers, vocabulary(facts=facts))}


def test_a_limit_of_a_hundred_is_nearly_reached() -> None:
    assert _answers(_facts(), 100) == {**FULL, "growth": Answer.NO}


@pytest.mark.parametrize("value", [-1, -5])
def test_a_limit_below_zero_is_not_known_anywhere(value: int) -> None:
    assert _answers(_facts(), value) == UNKNOWN


@pytest.mark.parametrize(
    ("unlimited", "value"),
    [(-1, -1), ([-1, 999_999], 999_999), ([-1, "Unlimited"], "Unlimited"), ("Unlimited", "unlimited")],
)
def test_what_facts_yaml_says_is_unlimited_is_larger_than_all(unlimited: Any, value: Any) -> None:
    assert _answers(_facts(unlimited=unlimited), value) == NO


def test_another_value_below_zero_stays_unknown_beside_the_one_that_is_named() -> None:
    assert _answers(_facts(unlimited=-1), -2) == UNKNOWN


def test_a_limit_of_zero_is_not_on_the_way_to_be_reached() -> None:
    answers = _answers(_facts(), 0)
    assert {answers[word] for word in ("usage", "room", "days")} == {Answer.CANNOT_TELL}
    assert answers["left"] is Answer.YES, "0 less 98 is a number"


def test_minus_one_in_a_difference_alone_is_not_known_unless_it_is_a_number() -> None:
    facts = _facts()
    for made in ("usage", "room", "days"):
        del facts["facts"][made]
    left = {"left": trigger("left", when=[ASKED["left"]])}

    def answer(facts: Definition) -> Answer:
        one = case("fires", (None, {"used": 98, "bought": -1}), name="left")
        return next(iter(run_cases([one], left, vocabulary(facts=facts)))).answer

    assert answer(facts) is Answer.CANNOT_TELL
    facts["facts"]["bought"]["unlimited"] = "never"
    assert answer(facts) is Answer.YES


def test_a_plan_may_be_unlimited() -> None:
    plans = {"fact": "plan", "limits": {"Team": {"seats": 100}, "Enterprise": {"seats": "unlimited"}}}
    facts = _facts()
    facts["facts"] |= {"plan": {"from": CRM, "field": "plan", "kind": "text"}, "bought": {"limit_of": "seats"}}
    words = vocabulary(facts=facts, plans=plans)
    triggers = {name: trigger(name, when=[asked]) for name, asked in ASKED.items()}
    for plan, wanted in (("Team", {**FULL, "growth": Answer.NO}), ("Enterprise", NO)):
        told = {"used": 98, "plan": plan}
        cases = [case("fires", (None, told), ("28 days", {"used": 90}), name=name) for name in triggers]
        assert {one.case.trigger: one.answer for one in run_cases(cases, triggers, words)} == wanted


@pytest.mark.parametrize(("before", "answer"), [(99, Answer.CANNOT_TELL), (85, Answer.NO), (80, Answer.YES)])
def test_a_counter_that_fell_has_no_pace(before: int, answer: Answer) -> None:
    """It may have started anew with the month, as every quota does: never a firm no."""
    days = {"days": trigger("days", when=[{"fact": "days", "at_most": 100}])}
    one = case("fires", (None, {"used": 85, "bought": 100}), ("28 days", {"used": before}), name="days")
    (result,) = run_cases([one], days, vocabulary(facts=_facts()))
    assert result.answer is answer
    if answer is Answer.CANNOT_TELL:
        assert "starts anew" in str(result.evidence.lines[0].cause)


def test_why_a_limit_below_zero_is_not_known_is_said_with_what_to_write() -> None:
    one = case("fires", (None, {"used": 98, "bought": -1}), name="usage")
    (result,) = run_cases([one], {"usage": trigger("usage", when=[ASKED["usage"]])}, vocabulary(facts=_facts()))
    assert result.evidence.lines[0].cause == (
        "`bought` is -1, which is no limit; if it means that there is none, add  unlimited: -1  to it in facts.yaml"
    )


def test_no_limit_is_said_as_such() -> None:
    words = vocabulary(facts=_facts(unlimited=-1))
    one = case("fires", (None, {"used": 98, "bought": -1}), name="left")
    (result,) = run_cases([one], {"left": trigger("left", when=[ASKED["left"]])}, words)
    assert result.evidence.lines[0].seen == "no limit (no limit less 98)"
