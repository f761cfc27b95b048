"""The comparison words, carried out: numbers for all accounts at once, other kinds value by value."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

import numpy as np

from expansion.evaluate import logic
from expansion.evaluate.fact_values import FactColumn
from expansion.evaluate.logic import CANNOT_TELL, NO, YES
from expansion.evaluate.measures import Calendar, first_day
from expansion.evaluate.numbers import Array, Numbers, as_fraction, compare, compare_growth
from expansion.language.model.values import Span

# Comparison word -> whether the sign of (value - threshold) means yes.
_SIGNS: dict[str, Callable[[Array], Array]] = {
    "at_least": lambda signs: signs >= 0,
    "more_than": lambda signs: signs > 0,
    "at_most": lambda signs: signs <= 0,
    "less_than": lambda signs: signs < 0,
    "is": lambda signs: signs == 0,
    "is_not": lambda signs: signs != 0,
}


def number_answers(numbers: Numbers, word: str, wanted: Any) -> Array:
    """Answers for numbers. What was only seen in part (`least`) can be proven large, never small."""
    match word:
        case "between":
            low = number_answers(numbers, "at_least", wanted[0])
            return np.minimum(low, number_answers(numbers, "at_most", wanted[1]))
        case "is_one_of":
            parts = [number_answers(numbers, "is", one) for one in wanted]
            return logic.any_of(parts, len(numbers.known))
        case "is_not_one_of":
            return logic.negate(number_answers(numbers, "is_one_of", wanted))
    signs = compare(numbers, as_fraction(wanted))
    answers = np.where(_SIGNS[word](signs), YES, NO)
    if numbers.least:
        # It can only be larger than what was seen: settled where every larger value gives the same answer.
        settled = (signs > 0) | ((signs == 0) & (word in ("at_least", "less_than")))
        answers = np.where(settled, answers, CANNOT_TELL)
    return np.where(numbers.known, answers, CANNOT_TELL).astype(np.int8)


def growth_answers(now: Numbers, was: Numbers, word: str, share: Fraction, base: Any) -> Array:
    """`grew_at_least` and `fell_at_least`. From nothing there is no rate: cannot tell, or no below `from_at_least`."""
    signs = compare_growth(now, was, share if word == "grew_at_least" else -share)
    truth = signs >= 0 if word == "grew_at_least" else signs <= 0
    whole = not now.least and not was.least
    answers = logic.from_bool(truth, now.known & was.known & whole & (compare(was, Fraction(0)) > 0))
    return answers if base is None else np.minimum(answers, number_answers(was, "at_least", base))


def value_answers(column: FactColumn, word: str, wanted: Any, calendar: Calendar) -> Array:
    """Answers for text, yes/no, dates and lists."""
    return logic.from_bool(column.where(_test(column.kind, word, wanted, calendar)), column.known)


def _test(kind: str, word: str, wanted: Any, calendar: Calendar) -> Callable[[Any], bool]:
    if kind == "date":
        return _date_test(word, wanted, calendar)
    match word:
        case "is":
            return lambda value: _same(value, wanted)
        case "is_not":
            return lambda value: not _same(value, wanted)
        case "is_one_of":
            return lambda value: any(_same(value, one) for one in wanted)
        case "is_not_one_of":
            return lambda value: not any(_same(value, one) for one in wanted)
        case "contains":
            return lambda value: _contains(value, str(wanted))
        case "starts_with":
            return lambda value: _begins(value, str(wanted).lower())
    raise ValueError(f"`{word}` does not fit a {kind}")


def _same(value: Any, wanted: Any) -> bool:
    if isinstance(value, bool) or isinstance(wanted, bool):
        return value is wanted
    if isinstance(value, tuple):
        return str(wanted) in value
    return bool(value == str(wanted))


def _contains(value: Any, wanted: str) -> bool:
    if isinstance(value, tuple):
        return wanted.lower() in (item.lower() for item in value)
    return wanted.lower() in str(value).lower()


def _begins(value: Any, wanted: str) -> bool:
    texts = value if isinstance(value, tuple) else (value,)
    return any(str(text).lower().startswith(wanted) for text in texts)


def _date_test(word: str, wanted: Any, calendar: Calendar) -> Callable[[datetime], bool]:
    match word:
        case "older_than":
            edge = span_before(calendar, wanted)
            return lambda value: value < edge
        case "newer_than":
            edge = span_before(calendar, wanted)
            return lambda value: edge <= value <= calendar.as_of
        case "before":
            day = as_day(wanted)
            return lambda value: value.astimezone(calendar.zone).date() < day
        case "after":
            day = as_day(wanted)
            return lambda value: value.astimezone(calendar.zone).date() > day
        case "between":
            first, last = as_day(wanted[0]), as_day(wanted[1])
            return lambda value: first <= value.astimezone(calendar.zone).date() <= last
        case "is":
            day = as_day(wanted)
            return lambda value: value.astimezone(calendar.zone).date() == day
    raise ValueError(f"`{word}` does not fit a date")


def as_day(wanted: Any) -> date:
    """A date as written in YAML."""
    if isinstance(wanted, datetime):
        return wanted.date()
    return wanted if isinstance(wanted, date) else date.fromisoformat(str(wanted)[:10])


def span_before(calendar: Calendar, span: Span) -> datetime:
    """The first moment of the last `span`, as of a window `over` it: the last 7 days are today and the six before."""
    if span.exact is not None:
        return calendar.as_of - span.exact + timedelta(microseconds=1)  # a window is open at its start
    return calendar.start_of(first_day(calendar.today, span))
