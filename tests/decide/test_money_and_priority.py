"""What a firing is worth: exact until it is shown."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expansion.accounts.priority import Priority, priorities, priority, sort_key
from expansion.evaluate.results import NOT_GIVEN, FactValue
from expansion.language.model.models import Tier
from expansion.text.money import money_text, to_cents
from tests.decide.fakes import FakeEvaluator, known, unknown


def tier(likely: str = "15%", **worth: object) -> Tier:
    return Tier.model_validate({"title": "More seats", "worth": worth, "likely": likely})


def of_arr(fact: FactValue, likely: str = "15%", **worth: object) -> Priority:
    return priority(tier(likely, share="20%", of="arr", **worth), fact, "USD")


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=4))
def test_rounding_to_cents_is_what_decimal_does(amount: Decimal) -> None:
    assert to_cents(Fraction(amount)) == amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def test_a_third_of_a_huge_amount_keeps_its_cents() -> None:
    assert to_cents(Fraction(10**40, 3)) == Decimal("3" * 40 + ".33")


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("3600.00", "$3,600"),
        ("12.50", "$12.50"),
        ("-1200.00", "-$1,200"),
        ("0.00", "$0"),
        ("1234567.89", "$1,234,567.89"),
    ],
)
def test_money_reads_as_people_write_it(amount: str, text: str) -> None:
    assert money_text(Decimal(amount), "USD") == text


def test_other_currencies_show_their_sign_or_code() -> None:
    assert money_text(Decimal("900.00"), "EUR") == "€900"
    assert money_text(Decimal("-900.00"), "CHF") == "-900 CHF"
    assert money_text(None, "USD") == "unknown"


def test_a_tiny_negative_amount_is_no_minus_zero() -> None:
    assert money_text(to_cents(Fraction(-1, 1000)), "USD") == "$0"


def test_expected_is_worth_times_likely_rounded_once() -> None:
    found = of_arr(known(Decimal("333.33")), likely="12.5%")
    assert found.worth == Decimal("66.67")  # 66.666
    assert found.expected == Decimal("8.33")  # 66.666 × 12.5% = 8.33325; from 66.67 it would be 8.33375
    assert found.likely == Decimal("0.125")


def test_rounding_twice_would_show() -> None:
    found = priority(tier("50%", share="50%", of="arr"), known(Decimal("0.018")), "USD")
    assert found.worth == Decimal("0.01")  # 0.009
    assert found.expected == Decimal("0.00")  # 0.0045; half of a cent would have been rounded up


def test_the_parts_read_as_sentences() -> None:
    assert of_arr(known(120_000)).parts == (
        ("Worth a year", "$24,000, 20% of arr ($120,000)"),
        ("Likely to say yes", "15% (an estimate for More seats, not measured yet)"),
        ("Expected a year", "$3,600"),
    )


def test_a_flat_price_needs_no_fact() -> None:
    found = priority(tier(flat=3600), NOT_GIVEN, "EUR")
    assert found.parts[0] == ("Worth a year", "€3,600, a flat price")
    assert found.expected == Decimal("540.00")


@pytest.mark.parametrize(("arr", "worth"), [(24_999, "5000.00"), (25_000, "5000.00"), (25_001, "5000.20")])
def test_never_less_than_the_floor(arr: int, worth: str) -> None:
    assert of_arr(known(arr), at_least=5000).worth == Decimal(worth)


def test_a_floor_says_so() -> None:
    said = of_arr(known(10_000), at_least=5000).parts[0][1]
    assert said == "$5,000, the least that policy.yaml assumes; 20% of arr ($10,000) would be less"


def test_an_unknown_fact_takes_the_floor_and_says_why() -> None:
    found = of_arr(unknown("salesforce.account has no value"), at_least=5000)
    assert found.worth == Decimal("5000.00")
    why = "arr is not known, salesforce.account has no value"
    assert found.parts[0][1] == f"$5,000, the least that policy.yaml assumes: {why}"


def test_an_unknown_fact_without_a_floor_is_unknown_not_zero() -> None:
    found = of_arr(NOT_GIVEN)
    assert (found.worth, found.expected) == (None, None)
    assert found.parts[0][1] == "unknown: arr is not known, no source has given it"
    assert found.parts[2] == ("Expected a year", "unknown")
    assert found.texts("USD") == {"worth": "unknown", "likely": "15%", "expected": "unknown", "priority": "unknown"}


def test_a_fact_that_is_no_number_is_not_known() -> None:
    assert of_arr(known("a lot")).worth is None
    assert of_arr(known(True)).worth is None


def test_templates_name_money_and_points() -> None:
    texts = of_arr(known(Decimal("120001.90"))).texts("USD")
    assert texts == {"worth": "$24,000.38", "likely": "15%", "expected": "$3,600.06", "priority": "3,600"}


def test_one_question_serves_all_accounts() -> None:
    evaluator = FakeEvaluator({"a": {"arr": 100}, "b": {"arr": 200}})
    found = priorities(tier(share="50%", of="arr"), ["a", "b", "c"], "USD", evaluator)
    assert [found[each].worth for each in "abc"] == [Decimal("50.00"), Decimal("100.00"), None]
    assert evaluator.asked == ["arr"]


def test_most_money_first_unknown_last_then_people_then_ids() -> None:
    keys = {
        "unknown": sort_key(None, 99, "a", "t"),
        "small": sort_key(Decimal(1), 1, "a", "t"),
        "large": sort_key(Decimal(2), 1, "z", "t"),
        "large, more people": sort_key(Decimal(2), 3, "y", "t"),
        "large, first id": sort_key(Decimal(2), 1, "b", "t"),
        "nothing": sort_key(Decimal(0), 1, "a", "t"),
    }
    wanted = ["large, more people", "large, first id", "large", "small", "nothing", "unknown"]
    assert sorted(keys, key=lambda name: keys[name]) == wanted


@given(st.decimals(min_value=0, max_value=10**9, places=2), st.integers(0, 100))
def test_expected_is_exact_for_any_amount(arr: Decimal, percent: int) -> None:
    found = priority(tier(f"{percent}%", share="20%", of="arr"), known(arr), "USD")
    exact = Fraction(arr) * Fraction(1, 5) * Fraction(percent, 100)
    assert found.expected is not None
    assert abs(Fraction(found.expected) - exact) <= Fraction(1, 200)
