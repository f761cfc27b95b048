"""Cases: each an account of its own, at one virtual moment, asked by the same evaluator as everything else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from expansion.evaluate.results import Answer
from expansion.explain.cases import _ago, run_cases
from expansion.language.check.case_parser import parse_events
from expansion.language.model.case_model import Case, CaseEvent, CaseFacts
from expansion.language.model.values import Percent, parse_percent, parse_span
from tests.evaluate.worlds import Definition, trigger, vocabulary


def case(expect: str, *told: tuple[str | None, Any], because: str | None = None, name: str = "t") -> Case:
    """A case of (how long ago, facts or a line of events)."""
    spans = [(None if ago is None else parse_span(ago), what) for ago, what in told]
    facts = tuple(CaseFacts(ago, what) for ago, what in spans if isinstance(what, dict))
    events: tuple[CaseEvent, ...] = ()
    for ago, what in spans:
        events += parse_events(what, ago) if isinstance(what, str) else ()
    return Case(name, "an example", facts, events, expect, because, "cases/t.yaml", 3)  # type: ignore[arg-type]


SEATS: Definition = {
    "when": [
        {"fact": "seat_usage", "at_least": "80%", "for": "14 days"},
        {"fact": "seats_used", "grew_at_least": "10%", "over": "28 days"},
    ],
    "unless": [{"fact": "in_trial", "is": True}],
    "accounts": "paying",
}
NOW = {"seats_bought": 50, "seats_used": 46, "in_trial": False}


@pytest.mark.parametrize(
    "one",
    [
        case("fires", (None, NOW), ("28 days", {"seats_used": 40})),
        case("fires", (None, NOW), ("15 days", {"seats_used": 40}), because="seat_usage"),
        case("stays quiet", (None, NOW), ("28 days", {"seats_used": 45}), because="seats_used"),
        case("stays quiet", (None, {**NOW, "seats_used": 39}), because="seat_usage"),
        case("stays quiet", (None, {**NOW, "in_trial": True}), ("28 days", {"seats_used": 40}), because="in_trial"),
        case("cannot tell", (None, {"seats_bought": 50, "in_trial": False}), because="seats_used"),
        case("cannot tell", (None, {**NOW, "seats_bought": 0}), ("28 days", {"seats_used": 40})),
        # Of the cohort nothing is said, so the example is one of its accounts; unless what it says makes it none.
        case("stays quiet", (None, {**NOW, "arr": 5}), ("28 days", {"seats_used": 40}), because="arr"),
    ],
)
def test_a_case_comes_out_as_it_says(one: Case) -> None:
    (result,) = run_cases([one], {"t": trigger(**SEATS)}, vocabulary("America/New_York"))
    assert result.passed, result.evidence


@pytest.mark.parametrize(
    ("one", "answer", "right_reason"),
    [
        (case("fires", (None, {**NOW, "seats_used": 39})), Answer.NO, True),
        (case("stays quiet", (None, NOW), ("28 days", {"seats_used": 40})), Answer.YES, True),
        (case("stays quiet", (None, {**NOW, "seats_used": 39}), because="in_trial"), Answer.NO, False),
    ],
)
def test_a_case_that_does_not_come_out_says_what_did(one: Case, answer: Answer, right_reason: bool) -> None:
    (result,) = run_cases([one], {"t": trigger(**SEATS)}, vocabulary())
    assert not result.passed
    assert (result.answer, result.right_reason or result.answer is not Answer.NO) == (answer, right_reason)


PAYWALL: Definition = {
    "when": [
        {
            "event": "Paywall Viewed",
            "where": {"feature": "sso"},
            "over": "7 days",
            "at_least": 3,
            "by_at_least": "2 people",
        }
    ]
}


@pytest.mark.parametrize(
    ("told", "expect"),
    [
        ([("6 days", "2 x Paywall Viewed by ana, ben with feature: sso")], "fires"),
        ([("7 days", "2 x Paywall Viewed by ana, ben with feature: sso")], "stays quiet"),
        ([("1 hour", "3 x Paywall Viewed by ana with feature: sso")], "stays quiet"),
        ([(None, "3 x Paywall Viewed by ana, ben with feature: audit")], "stays quiet"),
        (
            [
                ("1 day", "2 x Paywall Viewed by ana with feature: sso"),
                (None, "1 x Paywall Viewed by ben with feature: sso"),
            ],
            "fires",
        ),
        ([], "stays quiet"),
    ],
)
def test_events_have_ages_people_and_properties(told: list[tuple[str | None, str]], expect: str) -> None:
    (result,) = run_cases([case(expect, *told)], {"t": trigger(**PAYWALL)}, vocabulary())
    assert result.passed, result.evidence


def test_many_cases_of_many_triggers_are_kept_apart() -> None:
    triggers = {"seats": trigger("seats", **SEATS), "paywall": trigger("paywall", **PAYWALL)}
    full = [(None, NOW), ("28 days", {"seats_used": 40})]
    cases = [case("fires", *full, name="seats"), case("stays quiet", *full, name="paywall")] * 20
    results = list(run_cases(cases, triggers, vocabulary()))
    assert [result.case for result in results] == cases
    assert all(result.passed for result in results)


def test_no_cases_take_no_time() -> None:
    assert list(run_cases([], {}, vocabulary())) == []


@pytest.mark.parametrize(
    ("value", "condition"),
    [
        (parse_percent("20%"), {"fact": "discount", "is": "20%"}),
        (0.1, {"fact": "arr", "is": 0.1}),
        (1_000, {"fact": "arr", "is": 1000}),
        ("Team", {"fact": "plan", "is": "Team"}),
        (True, {"fact": "in_trial", "is": True}),
        ("2026-01-10", {"fact": "renews_on", "older_than": "4 days"}),
        (["EU", "US"], {"fact": "regions", "contains": "US"}),
        (None, {"fact": "plan", "exists": False}),
    ],
)
def test_values_are_those_that_a_source_would_send(value: Percent | Any, condition: Definition) -> None:
    told = {condition["fact"]: value}
    (result,) = run_cases([case("fires", (None, told))], {"t": trigger(when=[condition])}, vocabulary())
    assert result.passed, result.evidence


def test_hours_and_days_before_a_check_lie_where_they_say() -> None:
    when = [{"event": "x", "over": "3 hours", "is": 1}, {"event": "y", "over": "2 days", "is": 1}]
    told = [("2 hours", "1 x x"), ("3 hours", "1 x x"), ("1 day", "1 x y"), ("2 days", "1 x y"), ("1 month", "1 x y")]
    (result,) = run_cases([case("fires", *told)], {"t": trigger(when=when)}, vocabulary("Asia/Kolkata"))
    assert result.passed, result.evidence


RENEWS: Definition = {"when": [{"fact": "renews_on", "newer_than": "14 days"}]}


@pytest.mark.parametrize(
    ("given", "today", "answer"),
    [
        ("9 days ago", None, Answer.YES),
        ("13 days ago", None, Answer.YES),
        ("14 days ago", None, Answer.NO),  # today and the 13 days before are the last 14, as in a window
        ("1 week ago", None, Answer.YES),
        ("in 30 days", None, Answer.NO),
        ("today", None, Answer.YES),
        ("2026-01-06", None, Answer.YES),
        ("2026-02-20", "2026-03-02", Answer.YES),
        ("2026-02-20", None, Answer.NO),
        ("9 days ago", "2026-03-02", Answer.YES),
    ],
)
def test_a_date_may_be_given_by_its_age_and_a_case_may_say_its_day(
    given: str, today: str | None, answer: Answer
) -> None:
    one = case("fires", (None, {"renews_on": given}))
    if today:
        one = replace(one, today=date.fromisoformat(today))
    (result,) = run_cases([one], {"t": trigger(**RENEWS)}, vocabulary("America/New_York"))
    assert result.answer is answer


def test_cases_of_several_days_come_back_in_their_order() -> None:
    some = [case("fires", (None, {"renews_on": "2026-02-20"})) for _ in range(3)]
    some[1] = replace(some[1], today=date(2026, 3, 2))
    results = list(run_cases(some, {"t": trigger(**RENEWS)}, vocabulary()))
    assert [one.case for one in results] == some
    assert [one.answer for one in results] == [Answer.NO, Answer.YES, Answer.NO]


@pytest.mark.parametrize("span", ["1 day", "14 days", "2 weeks", "1 month", "6 hours"])
@pytest.mark.parametrize("ago", [None, "1 day", "13 days", "14 days", "1 month", "6 hours", "5 hours", "7 hours"])
def test_a_date_and_an_event_of_one_moment_are_within_the_same_days(ago: str | None, span: str) -> None:
    """Decided once: today and the days before it; hours to the microsecond, open at the start."""
    moment = _ago(datetime(2026, 1, 15, 12, tzinfo=UTC), parse_span(ago) if ago else None, ZoneInfo("UTC"))
    told = ({"renews_on": f"{moment.isoformat()}Z"}, "1 x export by ana")
    asked: Definition = {
        "newer": {"when": [{"fact": "renews_on", "newer_than": span}]},
        "older": {"when": [{"fact": "renews_on", "older_than": span}]},
        "window": {"when": [{"event": "export", "over": span, "at_least": 1}]},
    }
    triggers = {name: trigger(name, **written) for name, written in asked.items()}
    cases = [case("fires", (None, told[0]), (ago, told[1]), name=name) for name in triggers]
    newer, older, window = (one.answer for one in run_cases(cases, triggers, vocabulary()))
    assert newer is window
    assert {newer, older} == {Answer.YES, Answer.NO}
