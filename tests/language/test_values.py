"""The small values of the language."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from expansion.language.model.conditions import Condition
from expansion.language.model.models import Playbook
from expansion.language.model.values import (
    Counted,
    Percent,
    Periods,
    Span,
    format_number,
    parse_counted,
    parse_days,
    parse_percent,
    parse_periods,
    parse_scalar,
    parse_span,
)


@pytest.mark.parametrize(
    ("text", "days", "exact"),
    [
        ("14 days", 14, None),
        ("2 weeks", 14, None),
        ("1 month", 31, None),
        ("36 hours", 2, timedelta(hours=36)),
        ("90 minutes", 1, timedelta(minutes=90)),
    ],
)
def test_a_span_is_read_and_shown_as_written(text: str, days: int, exact: timedelta | None) -> None:
    span = parse_span(text)
    assert (span.days, span.exact, str(span)) == (days, exact, text)
    assert parse_span(span) is span


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("30", "`30 days`"), ("2w", "`2 weeks`"), ("6 hrs", "`6 hours`"), ("1 yr", "`12 months`"),
        ("5min", "`5 minutes`"), ("3 Days", "`3 days`"), ("3 mo", "`3 months`"), ("soon", "`14 days`, `6 hours`"),
    ],
)  # fmt: skip
def test_a_span_cut_short_is_understood(text: str, hint: str) -> None:
    with pytest.raises(ValueError, match=hint):
        parse_span(text)


@pytest.mark.parametrize(
    ("over", "within", "shorter"),
    [
        ("7 days", "2 weeks", True), ("14 days", "2 weeks", False), ("30 days", "1 month", True),
        ("90 minutes", "2 hours", True), ("2 hours", "120 minutes", False), ("2 hours", "1 day", False),
        ("1 day", "48 hours", False),
    ],
)  # fmt: skip
def test_a_span_is_shorter_where_that_can_be_told(over: str, within: str, shorter: bool) -> None:
    assert parse_span(over).shorter_than(parse_span(within)) is shorter


def test_whole_days_are_no_hours() -> None:
    assert parse_days("2 weeks") == Span(2, "weeks")
    with pytest.raises(ValueError, match="`48 hours` is not counted in days; write it in days"):
        parse_days("48 hours")


def test_periods_are_read_and_shown_as_written() -> None:
    weeks = parse_periods("3  of the last 4 weeks")
    assert (weeks, str(weeks), weeks.each, weeks.span) == (
        Periods(3, 4, "weeks"), "3 of the last 4 weeks", Span(1, "weeks"), Span(4, "weeks"),
    )  # fmt: skip
    assert parse_periods(weeks) is weeks
    assert str(parse_periods("1 of the last 1 month")) == "1 of the last 1 month"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("3 of 4 weeks", "did you mean `3 of the last 4 weeks`"), ("3/4 weeks", "did you mean `3 of the last 4 weeks`"),
        ("3 out of the last 4 Weeks", "did you mean `3 of the last 4 weeks`"), ("most weeks", "write it like"),
        ("5 of the last 4 weeks", "can never be true"), ("0 of the last 4 weeks", "always true"),
        ("1 of the last 0 days", "no time at all"), ("3 of the last 4 hours", "write it like"),
    ],
)  # fmt: skip
def test_periods_that_say_nothing_are_refused(text: str, hint: str) -> None:
    with pytest.raises(ValueError, match=hint):
        parse_periods(text)


def test_a_percentage_is_kept_exactly() -> None:
    assert parse_percent("33.3 %").value == Fraction(333, 1000)
    assert str(parse_percent("80%")) == "80%"
    assert parse_percent(Percent(Fraction(1))) == Percent(Fraction(1))


@pytest.mark.parametrize(("text", "hint"), [("80", "`80%`"), ("0.25", "`25%`"), ("lots", "like `80%`")])
def test_a_percentage_without_its_sign_is_understood(text: str, hint: str) -> None:
    with pytest.raises(ValueError, match=hint):
        parse_percent(text)


def test_scalars_are_read_exactly() -> None:
    assert parse_scalar(0.1) == Decimal("0.1")
    assert parse_scalar(Decimal("1.50")) == Decimal("1.5")
    assert parse_scalar("80%") == Percent(Fraction(4, 5))
    assert parse_scalar(True) is True
    with pytest.raises(ValueError, match="not a single value"):
        parse_scalar([1])


def test_counts_carry_their_word() -> None:
    two = parse_counted("2 people", "people", "person")
    assert (two, str(two), parse_counted("1 person", "people", "person").count) == (Counted(2, "people"), "2 people", 1)
    assert parse_counted(two, "people", "person") is two


@pytest.mark.parametrize(("value", "text"), [(1200, "1,200"), (Decimal("2.50"), "2.5"), (Fraction(1, 3), "0.33")])
def test_numbers_are_shown_for_people(value: int | Decimal | Fraction, text: str) -> None:
    assert format_number(value) == text


def test_a_condition_says_what_it_counts() -> None:
    over = Span(7, "days")
    assert Condition(event="A", at_least=1, over=over).aggregate == ("times", None)
    assert Condition(event=["A", "B"], at_least=1, over=over, distinct="page").aggregate == ("distinct", "page")
    people = Condition(event=["A", "B"], by_at_least=Counted(2, "people"), over=over)
    assert (people.events, people.has_comparison, people.subject) == (("A", "B"), False, "event")


def test_steps_are_the_same_however_they_are_written() -> None:
    written = {"sequence": ["A", {"event": ["B", "C"]}], "within": "3 days", "not_between": ["D", "B"]}
    walk = Condition.model_validate(written)
    assert [step.events for step in walk.steps] == [("A",), ("B", "C")]
    assert walk.excluded and walk.excluded.events == ("D", "B")
    assert (walk.subject, walk.events, walk.has_comparison) == ("sequence", ("A", "B", "C", "D"), False)


def test_a_pattern_names_its_length() -> None:
    assert Condition.model_validate({"event": "A", "first_within": "2 weeks"}).pattern == (
        "first_within", Span(2, "weeks"),
    )  # fmt: skip
    assert Condition(event="A", at_least=1, over=Span(7, "days")).pattern is None


def test_a_playbook_model_refuses_two_steps_of_one_name() -> None:
    step = {"id": "a", "do": "x.y"}
    with pytest.raises(ValueError, match="two steps are called `a`"):
        Playbook.model_validate({"playbook": "p", "title": "t", "steps": [step, step]})
