"""Numbers, money, shares and yes or no as people write them: by example, and in SQL the same as in Python."""

from __future__ import annotations

from functools import cache

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from expansion.usage.forms.duck import connect
from expansion.usage.storage.readings import (
    money,
    money_sql,
    number,
    number_sql,
    percent,
    percent_sql,
    yes_no,
    yes_no_sql,
)

NUMBERS = {
    ("1200", "point"): "1200",
    ("-1.50", "point"): "-1.50",
    ("1,200", "point"): "1200",
    ("1,234,567.89", "point"): "1234567.89",
    ("1 200", "point"): "1200",
    ("1'200.5", "point"): "1200.5",
    ("12,5", "point"): None,
    ("1,2000", "point"): None,
    ("1,200 300", "point"): None,
    ("1.234,5", "comma"): "1234.5",
    ("12,5", "comma"): "12.5",
    ("1.234", "comma"): "1234",
    ("1.5", "comma"): None,
    ("1e3", "point"): "1e3",
    ("", "point"): None,
    ("n/a", "point"): None,
}
AMOUNTS = {
    ("$1,200.00", "point"): "1200.00",
    ("USD 1200", "point"): "1200",
    ("1200 EUR", "point"): "1200",
    ("-$5", "point"): "-5",
    ("$-5", "point"): "-5",
    ("(1,200)", "point"): "-1200",
    ("1,200-", "point"): "-1200",
    ("(1,200", "point"): None,
    ("-(5)", "point"): None,
    ("US$ 12.50", "point"): "12.50",
    ("€1.200,50", "comma"): "1200.50",
    ("1.234,50 €", "comma"): "1234.50",
    ("€1.200,50", "point"): None,
    ("twelve", "point"): None,
}
SHARES = {"80%": "80%", "80 %": "80%", "0.8": "0.8", "1,200%": "1200%", "%": None, "80 percent": None}


@cache
def con() -> duckdb.DuckDBPyConnection:
    return connect(threads=1)


def asked(sql: str, text: str) -> str | None:
    return con().execute(f"SELECT {sql} FROM (SELECT $1::VARCHAR AS said)", [text]).fetchall()[0][0]


@pytest.mark.parametrize(("text", "decimal"), NUMBERS)
def test_a_number_is_read_where_it_can_mean_one_thing(text: str, decimal: str) -> None:
    assert number(text, decimal) == asked(number_sql("said", decimal), text) == NUMBERS[text, decimal]


@pytest.mark.parametrize(("text", "decimal"), AMOUNTS)
def test_an_amount_is_read_with_its_signs(text: str, decimal: str) -> None:
    assert money(text, decimal) == asked(money_sql("said", decimal), text) == AMOUNTS[text, decimal]


@pytest.mark.parametrize("text", SHARES)
def test_a_share_keeps_its_sign(text: str) -> None:
    assert percent(text) == asked(percent_sql("said"), text) == SHARES[text]


@pytest.mark.parametrize(
    ("text", "said"), [("T", "true"), ("Yes ", "true"), ("1.0", "true"), ("f", "false"), ("2", None)]
)
def test_yes_and_no_have_words(text: str, said: str | None) -> None:
    assert yes_no(text) == asked(yes_no_sql("said"), text) == said


def test_own_words_take_the_place_of_the_usual_ones() -> None:
    assert [yes_no(word, ["ja"], ["nein"]) for word in ("JA", "nein", "yes")] == ["true", "false", None]
    assert [asked(yes_no_sql("said", ["Ja"], ["Nein"]), word) for word in ("JA", "nein", "yes")] == [
        "true",
        "false",
        None,
    ]


@given(st.text(alphabet="0123456789.,'+-()$€ %eEUSDkr\u00a0\u202f", max_size=14), st.sampled_from(["point", "comma"]))
def test_sql_reads_as_python_does(text: str, decimal: str) -> None:
    both = ((number, number_sql), (money, money_sql), (percent, percent_sql))
    for python, sql in both:
        assert asked(sql("said", decimal), text) == python(text, decimal)
