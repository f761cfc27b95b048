"""What pydantic finds, said to people of the field: what is wrong, and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from pydantic_core import ErrorDetails

from expansion.language.model.condition_words import OF_PROPERTY
from expansion.language.model.mistakes import brief, did_you_mean, listed

Sentence = tuple[str, str | None]

_QUOTE = "put quotes round it"
_CLAUSES = ("when", "unless", "only_if", "any_of", "all_of", "none_of", "of")

_LISTS = {
    "between": "write the ends, such as  between: [10, 50]",
    **{
        word: f"write two facts, such as  {word}: [seats_used, seats_bought]"
        for word in ("ratio", "difference", "headroom", "days_to_limit")
    },
    "sequence": "write the events in their order, such as  sequence: [Trial Started, Paywall Viewed]",
}
_EXAMPLES = {
    "then": "playbook: NAME",
    "where": "feature: sso",
    "worth": "flat: 3_600",
    "owners": "fallback: dana@acme.example",
    "steps": "id: ask-the-owner",
    "cases": "title: What this example shows",
    "plans": "fact: plan",
    "limits": "Team: {seats: 50}",
    "working_hours": "days: [mon, tue, wed, thu, fri]",
}


def sentence(name: str, error: ErrorDetails) -> Sentence:
    """(what is wrong, what to do) for one finding at the word `name`."""
    return _SENTENCES.get(error["type"], _as_it_says)(name, error["input"], error)


def _own_words(name: str, value: Any, error: ErrorDetails) -> Sentence:
    """Our validators speak for themselves: `what is wrong; what to do`."""
    message, _, hint = str(error.get("ctx", {}).get("error", error["msg"])).partition("; ")
    if name == "among_top" and hint.startswith("did you mean"):  # the ten largest are not the largest tenth
        hint = "write a share, such as `10%`; a number of accounts cannot be asked for"
    return message, hint or None


def _as_it_says(name: str, value: Any, error: ErrorDetails) -> Sentence:
    return f"`{name}`: {error['msg'][:1].lower()}{error['msg'][1:]}", None


def _not_text(name: str, value: Any, error: ErrorDetails) -> Sentence:
    if isinstance(value, float):  # 17.30 was read as 17.3: not to be shown as if it were what stands there
        return f"`{name}` should be text, and this is read as a number", _QUOTE
    if isinstance(value, bool | int):
        in_list = error["loc"][-1] != name and any(isinstance(step, int) for step in error["loc"][-2:])
        quoted = f'"{str(value).lower()}"'
        return f"`{name}` should be text", f"{_QUOTE}:  {quoted if in_list else f'{name}: {quoted}'}"
    return f"`{name}` should be text, not {_sort(value)}", None


def _not_list(name: str, value: Any, error: ErrorDetails) -> Sentence:
    if name in _LISTS:
        return f"`{name}` should be a list", _LISTS[name]
    message = f"`{name}` should be a list, even with one item"
    if isinstance(value, dict):
        return message, "start each item on a line of its own with `- `"
    return message, f"write  {name}: [{brief(value)}]"


def _not_mapping(name: str, value: Any, error: ErrorDetails) -> Sentence:
    if isinstance(value, str) and (found := re.match(r"([a-z_]+):(\S.*)", value)):
        return f"`{brief(value)}` is only text", f"put a space after the colon:  {found[1]}: {found[2]}"
    message = f"`{name}` should hold words with values, not {_sort(value)}"
    if name in _CLAUSES:
        return message, "write a condition, such as  fact: seat_usage  and below it  at_least: 80%"
    return message, f"write  {name}:  and below it  {_EXAMPLES.get(name, 'word: value')}"


def _not_number(name: str, value: Any, error: ErrorDetails) -> Sentence:
    if name == "need":
        return f"`need` should be a number, not {_sort(value)}", "write how many of the conditions, such as  need: 2"
    return f"`{name}` should be a number, not {_sort(value)}", "write digits alone"


def _not_yes_no(name: str, value: Any, error: ErrorDetails) -> Sentence:
    return f"`{name}` should be `true` or `false`, not {_sort(value)}", None


def _not_one_of(name: str, value: Any, error: ErrorDetails) -> Sentence:
    if name == "count" and value in OF_PROPERTY:
        return f"`count` cannot be `{value}`", f"name the property instead:  {value}: PROPERTY"
    words = re.findall(r"'([^']*)'", str(error.get("ctx", {}).get("expected", "")))
    meant = did_you_mean(str(value), words)
    hint = f"did you mean `{meant}`?" if meant else f"it is one of: {listed(words)}"
    return f"`{name}` cannot be `{brief(value)}`", hint


def _bad_pattern(name: str, value: Any, error: ErrorDetails) -> Sentence:
    pattern = str(error.get("ctx", {}).get("pattern", ""))
    if pattern.startswith("^[a-z0-9]"):
        return bad_name(str(value))
    known = {r"^\d{2}:\d{2}$": "write a time of day like `09:00`", "^[A-Z]{3}$": "write three capitals, such as `USD`"}
    return f"`{brief(value)}` cannot stand for `{name}`", known.get(pattern)


def bad_name(value: str) -> Sentence:
    fixed = re.sub(r"[^a-z0-9_-]+", "-", value.lower()).strip("-_")
    hint = "use small letters, digits, - and _"
    return f"`{brief(value)}` is not a name", f"{hint}, such as `{brief(fixed)}`" if fixed else hint


def _too_few(name: str, value: Any, error: ErrorDetails) -> Sentence:
    least = error.get("ctx", {}).get("min_length", 1)
    what = "characters" if isinstance(value, str) else "items"
    return f"`{name}` needs at least {least} {what if least != 1 else what[:-1]}", _LISTS.get(name)


def _too_many(name: str, value: Any, error: ErrorDetails) -> Sentence:
    most = error.get("ctx", {}).get("max_length", 0)
    return f"`{name}` takes at most {most} {'characters' if isinstance(value, str) else 'items'}", None


def _too_small(name: str, value: Any, error: ErrorDetails) -> Sentence:
    return f"`{name}` should be at least {error.get('ctx', {}).get('ge', error.get('ctx', {}).get('gt'))}", None


def _sort(value: Any) -> str:
    match value:
        case bool():
            return f"`{str(value).lower()}`"
        case int() | float():
            return f"the number {value}"
        case str():
            return f"the text `{brief(value)}`"
        case list():
            return "a list"
        case _:
            return "words with values"


_SENTENCES: dict[str, Callable[[str, Any, ErrorDetails], Sentence]] = {
    "value_error": _own_words,
    "string_type": _not_text,
    "list_type": _not_list,
    "dict_type": _not_mapping,
    "model_type": _not_mapping,
    "model_attributes_type": _not_mapping,
    "int_type": _not_number,
    "int_parsing": _not_number,
    "int_from_float": _not_number,
    "float_type": _not_number,
    "float_parsing": _not_number,
    "decimal_type": _not_number,
    "decimal_parsing": _not_number,
    "bool_type": _not_yes_no,
    "bool_parsing": _not_yes_no,
    "literal_error": _not_one_of,
    "enum": _not_one_of,
    "string_pattern_mismatch": _bad_pattern,
    "string_too_short": _too_few,
    "too_short": _too_few,
    "string_too_long": _too_many,
    "too_long": _too_many,
    "greater_than": _too_small,
    "greater_than_equal": _too_small,
}
