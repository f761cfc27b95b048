"""Texts, yes or no, lists and dates that would be answered otherwise."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np

from expansion.evaluate.comparing import as_day, span_before, value_answers
from expansion.evaluate.engine import Engine
from expansion.evaluate.fact_values import FactColumn
from expansion.evaluate.measures import Calendar, EventMeasure, basic_measures
from expansion.evaluate.tree import Leaf, Test
from expansion.explain.turns.kinds import NO, YES, Flip
from expansion.language.prose import listed, narrowed, value_text, wanted_text

_DAY = timedelta(days=1)
_ORDERED = {"before": ("earlier", "later"), "older_than": ("earlier", "later"), "after": ("later", "earlier")}


def of_value(engine: Engine, leaf: Leaf, test: Test, index: int, point: int, answer: int) -> Flip | None:
    """Another value that turns a test of a value that is no number, or of whether there is one."""
    if test.word == "exists":
        is_wanted = test.wanted == (answer == NO)
        return _there(leaf, is_wanted=is_wanted) if is_wanted or _all_seen(engine, test, point) else None
    column = engine.column(test.measure, point)
    assert column is not None, "asked of values that are no numbers"
    if column.kind == "date":
        return _of_date(engine.calendar, leaf, test, column.value(index), answer)
    return _of_text(leaf, test, column, index, answer)


def _all_seen(engine: Engine, test: Test, point: int) -> bool:
    """Whether it could be told that there is none."""
    counted = (one for one in basic_measures(test.measure) if isinstance(one, EventMeasure))
    return not any(engine.gap(one, point) for one in counted)


def _there(leaf: Leaf, *, is_wanted: bool) -> Flip:
    name = leaf.condition.fact or leaf.condition.aggregate[1] or ""
    if leaf.condition.fact is not None:
        return Flip("instead", name=name, value=is_wanted, said=f"{'a' if is_wanted else 'no'} value of `{name}`")
    events = narrowed(leaf.condition.events, leaf.condition.where)
    return Flip("instead", name=name, value=is_wanted, said=f"{'a' if is_wanted else 'no'} `{name}` in {events}")


def _of_text(leaf: Leaf, test: Test, column: FactColumn, index: int, answer: int) -> Flip:
    was = column.value(index)
    wanted = test.wanted if isinstance(test.wanted, list) else [test.wanted]
    is_one_of = (answer == NO) != (test.word in ("is_not", "is_not_one_of"))
    said = _such(test.word, wanted, column.kind, is_one_of=is_one_of)
    name = leaf.condition.fact or leaf.condition.latest or ""
    if is_one_of or column.kind == "yes_no":
        said += f" instead of {value_text(was, column.kind, '')}"
    if leaf.condition.fact is None:
        said = said.removeprefix("a text ")
        said = f"a newer {narrowed(leaf.condition.events, leaf.condition.where)} with {name} {said}"
    value = wanted[0] if is_one_of else not wanted[0] if column.kind == "yes_no" else None
    return Flip("instead", name=name, value=value, was=was, said=said)


def _such(word: str, wanted: list[Any], kind: str, *, is_one_of: bool) -> str:
    """Values that fit, or do not."""
    said = listed([wanted_text(one, kind, "") for one in wanted], "or")
    if kind == "yes_no":
        return said if is_one_of else wanted_text(not wanted[0], kind, "")
    if kind == "list":
        return f"a list {'with' if is_one_of else 'without'} {said}"
    match word:
        case "contains":
            return f"a text {'with' if is_one_of else 'without'} `{said}` in it"
        case "starts_with":
            return f"a text that {'starts' if is_one_of else 'does not start'} with `{said}`"
    return said if is_one_of else f"other than {said}"


# --- dates ------------------------------------------------------------------------------------------------------------


def _of_date(calendar: Calendar, leaf: Leaf, test: Test, was: Any, answer: int) -> Flip | None:
    """The nearest day on the other side."""
    days = [edge + _DAY * step for edge in _edges(calendar, test) for step in (-1, 0, 1)]
    other = NO if answer == YES else YES
    fitting = [day for day in days if _answer(calendar, test, day) == other]
    if not fitting:
        return None
    today = was.astimezone(calendar.zone).date()
    nearest = min(fitting, key=lambda day: (abs(day - today), day))
    towards = _ORDERED.get(test.word)
    beyond = f" or {towards[0 if answer == NO else 1]}" if towards else ""
    said = f"{nearest}{beyond} instead of {today}"
    return Flip("instead", name=leaf.condition.fact or "", value=nearest, was=today, said=said)


def _edges(calendar: Calendar, test: Test) -> list[date]:
    """The days at which the answer may turn."""
    match test.word:
        case "older_than" | "newer_than":
            return [calendar.local(span_before(calendar, test.wanted)), calendar.today]
    return [as_day(one) for one in (test.wanted if isinstance(test.wanted, list) else [test.wanted])]


def _answer(calendar: Calendar, test: Test, day: date) -> int:
    """What is answered of the beginning of a day."""
    value = datetime.combine(day, time(), calendar.zone)
    column = FactColumn("date", np.zeros(1, dtype=np.int64), (str(day),), (value,))
    return int(value_answers(column, test.word, test.wanted, calendar)[0])
