"""Which comparison fits which kind of value: `at_least` on a text can never be answered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from expansion.language.model.comparing import GROWTH, Comparing
from expansion.language.model.conditions import Condition
from expansion.language.model.mistakes import brief
from expansion.language.model.values import Percent, format_number
from expansion.language.yaml.number_hints import DATES_MOVE, number_hint

NUMERIC = ("number", "money", "percent")
CALLED = {
    "number": "a number",
    "money": "an amount of money",
    "percent": "a share",
    "text": "text",
    "yes_no": "yes or no",
    "date": "a date",
    "list": "a list",
}

# Which kinds each comparison word fits.
FITS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("at_least", "more_than", "at_most", "less_than", *GROWTH, "among_top"), NUMERIC),
    "between": (*NUMERIC, "date"),
    "is": (*NUMERIC, "text", "yes_no", "date"),
    "is_not": (*NUMERIC, "text", "yes_no"),
    **dict.fromkeys(("is_one_of", "is_not_one_of"), (*NUMERIC, "text")),
    "contains": ("text", "list"),
    "starts_with": ("text",),
    "exists": tuple(CALLED),
    **dict.fromkeys(("before", "after", "older_than", "newer_than"), ("date",)),
}
_INSTEAD = {
    **dict.fromkeys(NUMERIC, "compare a number with `at_least`, `more_than`, `at_most`, `less_than` or `between`"),
    "text": "compare a text with `is`, `is_one_of`, `contains` or `starts_with`",
    "yes_no": "ask `is: true` or `is: false`",
    "date": "compare a date with `before`, `after`, `older_than`, `newer_than` or `between`",
    "list": "ask what a list holds with `contains`",
}
_OWN_VALUES = (*GROWTH, "among_top", "older_than", "newer_than", "exists")  # their models check them
_WHOLE_TEXTS = ("is", "is_not", "is_one_of", "is_not_one_of")
_OF_TEXTS = (*_WHOLE_TEXTS, "contains", "starts_with")
_WITHOUT_KIND = ("older_than", "newer_than")  # what the usage store does not ask of an event's property

_READ_ANYWAY = {
    **dict.fromkeys(("number", "money"), re.compile(r"-?\d{1,15}(?:\.\d{1,12})?")),
    "percent": re.compile(r"-?\d{1,9}(?:\.\d{1,9})?\s*%?"),
    "yes_no": re.compile(r"(?i:yes|no|true|false)"),
}


@dataclass(frozen=True)
class Misfit:
    """A word of a condition that does not fit, and why."""

    word: str
    message: str
    hint: str | None = None


def misfits(condition: Condition, kind: str, name: str) -> Iterator[Misfit]:
    """What of this condition does not fit a value of this kind."""
    yield from _comparison(condition, kind, name)
    if condition.clears_below is not None and condition.compared():
        yield from _clearing(condition, kind, name)
    if condition.from_at_least is not None and kind in NUMERIC:
        yield from _value("from_at_least", condition.from_at_least, kind, name)


def counted_misfits(condition: Condition) -> Iterator[Misfit]:
    """The same for an event: a count is a number, the latest value of a property is text."""
    word, prop = condition.aggregate
    if word == "latest":
        yield from misfits(condition, "text", f"latest {prop}")
        return
    if condition.exists is not None and word not in ("average", "max"):
        yield Misfit("exists", "a count is always there: `exists` says nothing", "ask `at_least: 1` or `at_most: 0`")
        return
    name = condition.events[0] if prop is None else prop
    yield from misfits(condition, "number", name)


def property_misfits(comparing: Comparing) -> Iterator[Misfit]:
    """The same for a property of an event, whose kind nobody declares: the value says what is compared."""
    for word, wanted in comparing.compared():
        yield from _of_property(word, wanted)


def _of_property(word: str, wanted: Any) -> Iterator[Misfit]:
    if word in _OF_TEXTS and "" in (wanted if isinstance(wanted, list) else [wanted]):
        yield Misfit(word, *empty(word))
    elif word in _WITHOUT_KIND:
        message = f"`{word}` is for facts; a property of an event cannot be asked that"
        yield Misfit(word, message, "narrow the window with `over` instead")
    elif word in ("before", "after"):
        yield from _says(word, wanted, "date")
    elif word in ("at_least", "more_than", "at_most", "less_than"):
        yield from _says(word, wanted, "number")
    elif word == "between":
        yield from _says(word, wanted, "date" if any(_is_date(one) for one in wanted) else "number")


def _says(word: str, wanted: Any, kind: str) -> Iterator[Misfit]:
    for one in wanted if isinstance(wanted, list) else [wanted]:
        fits, hint = _VALUES[kind](one, word)
        if not fits and not isinstance(one, Percent):
            yield Misfit(word, f"`{_shown(one)}` is not {CALLED[kind]}, and `{word}` compares {kind}s", hint)
            return


def peer_misfits(kind: str, name: str) -> Iterator[Misfit]:
    """What of `of` does not fit: accounts are compared by one value that is the same."""
    if kind == "list":
        message = f"`of` asks for the same value, and `{name}` is {CALLED[kind]}"
        yield Misfit("of", message, "name a text, a number, a date, or yes or no")


def unfit(value: Any, kind: str, name: str) -> tuple[str, str | None] | None:
    """Why a value that a source would send does not fit its kind: (what, hint)."""
    items = value if kind == "list" and isinstance(value, list) else [value]
    if isinstance(value, list | dict) and kind != "list":
        return f"`{name}` is {CALLED[kind]}, and this is {'a list' if isinstance(value, list) else 'none'}", None
    wanted = [_scalar(one, kind) for one in items]
    return next((_unfit(one, "text" if kind == "list" else kind, name) for one in wanted if one is not None), None)


def _scalar(value: Any, kind: str) -> Any:
    """None where the evaluator reads it anyway: `"100"` from a source is a number, `"80%"` a share."""
    wanted = _READ_ANYWAY.get(kind)
    return None if wanted and isinstance(value, str) and wanted.fullmatch(value.strip()) else value


def _comparison(condition: Condition, kind: str, name: str) -> Iterator[Misfit]:
    for word, wanted in condition.compared():
        if kind not in FITS[word]:
            hint = _INSTEAD[kind]
            if kind == "date" and re.fullmatch(r"(?:in )?\d+ (?:hour|day|week|month|year)s?", str(wanted).strip()):
                hint = DATES_MOVE
            yield Misfit(word, f"`{word}` does not fit `{name}`, which is {CALLED[kind]}", hint)
        elif word not in _OWN_VALUES:
            wrong = list(_value(word, wanted, kind, name))
            yield from wrong
            if word == "between" and not wrong and _descends(wanted):
                yield Misfit(word, "`between` goes from the smaller to the larger", "swap the two")


def _value(word: str, wanted: Any, kind: str, name: str) -> Iterator[Misfit]:
    for one in wanted if isinstance(wanted, list) else [wanted]:
        if problem := _unfit(one, kind, name, word):
            yield Misfit(word, *problem)
            return


def _unfit(wanted: Any, kind: str, name: str, word: str = "") -> tuple[str, str | None] | None:
    fits, hint = _VALUES["text" if kind == "list" else kind](wanted, word)
    if fits and isinstance(wanted, str) and word in _OF_TEXTS:
        if not wanted:
            return empty(word)
        if word in _WHOLE_TEXTS and wanted != wanted.strip():
            return blanks(wanted)
    return None if fits else (f"`{_shown(wanted)}` does not fit `{name}`, which is {CALLED[kind]}", hint)


def empty(word: str) -> tuple[str, str]:
    """What is empty is not known: no value is an empty text."""
    asked = {"is": "ask  exists: false", "is_not": "ask  exists: true"}
    return f"`{word}` has an empty text, and no value is one", asked.get(word, "leave it out, or write a text")


def blanks(wanted: str) -> tuple[str, str]:
    """Values are read without the blanks around them, so that a text with some is never one of them."""
    message = f'"{wanted}" has blanks at its ends, and no value has: it never fits'
    return message, f'write it without them:  "{wanted.strip()}"' if wanted.strip() else "ask  exists: false"


def _number(wanted: Any, word: str) -> tuple[bool, str | None]:
    if isinstance(wanted, Percent):
        return False, "a percentage compares shares: ask a fact made with `ratio`, or write a number"
    if word == "between":
        return _plain_number(wanted), "write the ends as numbers, such as  between: [10, 50]"
    return _plain_number(wanted), number_hint(wanted, word)


def _share(wanted: Any, word: str) -> tuple[bool, str | None]:
    if isinstance(wanted, int | float | Decimal) and not isinstance(wanted, bool):
        share = wanted * 100 if 0 < wanted <= 1 else wanted
        return word == "", f"write  {word}: {format_number(share)}%"
    return isinstance(wanted, Percent), f"write a percentage, such as  {word or 'share'}: 80%"


def _text(wanted: Any, word: str) -> tuple[bool, str | None]:
    return isinstance(wanted, str), f'put it in quotes:  {word or "text"}: "{_shown(wanted)}"'


def _yes_no(wanted: Any, word: str) -> tuple[bool, str | None]:
    meant = {"yes": "true", "y": "true", "on": "true", "no": "false", "n": "false", "off": "false"}
    said = meant.get(str(wanted).lower())
    return isinstance(wanted, bool), f"write `{said}`" if said else "write `true` or `false`"


def _day(wanted: Any, word: str) -> tuple[bool, str | None]:
    hint = "write a date as year-month-day, such as 2026-03-01"
    if isinstance(wanted, str) and re.search(
        r"\b(?:today|tomorrow|yesterday|now|next|in|ago|days?|weeks?|months?)\b", wanted
    ):
        hint += f"; {DATES_MOVE}"
    return _is_date(wanted), hint


_VALUES = {"number": _number, "money": _number, "percent": _share, "text": _text, "yes_no": _yes_no, "date": _day}


def _clearing(condition: Condition, kind: str, name: str) -> Iterator[Misfit]:
    word, threshold = condition.comparison()
    below = condition.clears_below
    wrong = list(_value("clears_below", below, kind, name)) if kind in NUMERIC else []
    if wrong:
        yield wrong[0]
    elif isinstance(below, Percent) and isinstance(threshold, Percent):
        if below.value > threshold.value:
            yield _above(word, threshold)
    elif _plain_number(below) and _plain_number(threshold) and below > threshold:
        yield _above(word, threshold)


def _above(word: str, threshold: Any) -> Misfit:
    message = f"`clears_below` lies above `{word}: {_shown(threshold)}`: the episode would end as it begins"
    return Misfit("clears_below", message, f"take a value below {_shown(threshold)}")


def _plain_number(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _descends(wanted: list[Any]) -> bool:
    first, last = (one.value if isinstance(one, Percent) else one for one in wanted)
    return type(first) is type(last) and not isinstance(first, bool) and bool(first > last)


def _is_date(value: Any) -> bool:
    if not isinstance(value, str) or not re.match(r"\d{4}-\d{2}-\d{2}(?:[T ]|$)", value):
        return isinstance(value, date)
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else brief(value)
