"""Due dates that a seller can keep, and texts that fit."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expansion.language.model.models import WorkingHours
from expansion.steps.due import due_date
from expansion.text.shorten import shorten


def hours(*days: str) -> WorkingHours:
    return WorkingHours.model_validate(
        {"days": days or ("mon", "tue", "wed", "thu", "fri"), "from": "09:00", "to": "17:00"}
    )


FRIDAY = date(2026, 3, 6)
SATURDAY = date(2026, 3, 7)


@pytest.mark.parametrize(
    ("text", "start", "due"),
    [
        ("today", SATURDAY, SATURDAY),
        ("in 1 day", FRIDAY, SATURDAY),
        ("in 10 days", FRIDAY, date(2026, 3, 16)),
        ("in 1 working day", FRIDAY, date(2026, 3, 9)),
        ("in 2 working days", FRIDAY, date(2026, 3, 10)),
        ("in 5 working days", FRIDAY, date(2026, 3, 13)),
        ("in 2 working days", SATURDAY, date(2026, 3, 10)),
        ("in 0 working days", FRIDAY, FRIDAY),
        ("in 0 working days", SATURDAY, date(2026, 3, 9)),
        ("2026-12-24", FRIDAY, date(2026, 12, 24)),
    ],
)
def test_due_dates_count_from_the_day_after(text: str, start: date, due: date) -> None:
    assert due_date(text, start, hours()) == due


def test_working_days_are_those_of_the_policy() -> None:
    assert due_date("in 2 working days", FRIDAY, hours("sun", "mon", "tue")) == date(2026, 3, 9)


def test_a_due_date_beyond_ten_years_is_a_slip() -> None:
    with pytest.raises(ValueError, match="more than ten years away"):
        due_date("in 99999999999 days", FRIDAY, hours())


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 40))
def test_a_due_date_in_working_days_is_never_at_the_weekend(start: date, count: int) -> None:
    due = due_date(f"in {count} working days", start, hours())
    assert due.weekday() < 5
    between = [date.fromordinal(n) for n in range(start.toordinal() + 1, due.toordinal() + 1)]
    assert sum(day.weekday() < 5 for day in between) == max(count, 1 if start.weekday() > 4 else count)


# --- texts ------------------------------------------------------------------------------------------------------------


def test_a_text_that_fits_stays_as_it_is() -> None:
    assert shorten("Seats: Acme", 11) == "Seats: Acme"


def test_a_long_text_ends_at_a_word() -> None:
    assert shorten("Seats: Acme is at 92% of its plan", 25) == "Seats: Acme is at 92% of…"
    assert shorten("Seats: Acme is at 92%, and growing", 23) == "Seats: Acme is at 92%…"


def test_one_endless_word_is_cut() -> None:
    assert shorten("Seats: " + "A" * 300, 20) == "Seats: AAAAAAAAAAAA…"


def test_markup_is_never_cut_in_two() -> None:
    assert shorten("aaaaaaaa<https://acme.example/very/long|here>", 20, markup=True) == "aaaaaaaa…"
    assert shorten("aaaaaaaaaaaaaaa&amp;bbbbbbbbbbb", 18, markup=True) == "aaaaaaaaaaaaaaa…"
    assert shorten("fewer than <5 seats are left for them", 30) == "fewer than <5 seats are left…"


@given(st.text(max_size=60), st.integers(1, 40), st.booleans())
def test_a_shortened_text_always_fits(text: str, longest: int, markup: bool) -> None:
    short = shorten(text, longest, markup=markup)
    assert len(short) <= longest
    assert short == text or short.endswith("…")
