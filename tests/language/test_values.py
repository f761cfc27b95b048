"""The small values of the language."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from expansion.language.conditions import Condition
from expansion.language.models import Playbook
from expansion.language.values import (
    Counted,
    Percent,
    Span,
    format_number,
    parse_counted,
    parse_percent,
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


def test_a_playbook_model_refuses_two_steps_of_one_name() -> None:
    step = {"id": "a", "do": "x.y"}
    with pytest.raises(ValueError, match="two steps are called `a`"):
        Playbook.model_validate({"playbook": "p", "title": "t", "steps": [step, step]})
