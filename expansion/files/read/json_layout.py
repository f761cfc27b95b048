"""How JSON is laid out: a row a line, or an array, or an array within an object, or objects one after the other."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from json.decoder import JSONDecodeError

from expansion.files.read.csv_layout import NoLayout

# What APIs call the rows of a page (Stripe: data, HubSpot: results, Salesforce: records).
_ROWS = ("data", "results", "records", "rows", "items", "value", "values", "objects", "entries")
# Who has one of these is a row itself, whatever arrays it holds.
_OF_A_ROW = {"id", "event", "event_name", "event_type", "timestamp", "time", "created_at"}
_BLANK = " \t\r\n"
_LOOKED_AT = 20  # lines; a file of lines has a whole object in one of the first


@dataclass(frozen=True)
class JsonLayout:
    """Where the rows begin; with `lines` each line is one."""

    lines: bool
    start: int = 0
    in_array: bool = False
    rows_at: str | None = None


def json_layout(text: bytes, whole: bool, rows_at: str | None) -> JsonLayout:
    """How the file is laid out that begins like this; `whole` says whether this is all of it."""
    known = text.decode("latin-1")  # a sign for each byte, so that places are places of the file
    start = len(known) - len(known.lstrip(_BLANK))
    if start == len(known):
        raise NoLayout("holds no row; write it again at its source, or leave it out")
    if rows_at:
        at = _array_at(known, start, rows_at.split("."))
        if at is None:
            raise NoLayout(f"has no array at `rows_at: {rows_at}`; name the keys that lead to the list of its rows")
        return JsonLayout(False, at, True, rows_at)
    if known[start] == "[":
        return JsonLayout(False, start + 1, True)
    if known[start] != "{":
        return JsonLayout(True)
    if (page := _page(known, start, whole)) is not None:
        return page
    return JsonLayout(_is_lines(known, start))


def _is_lines(text: str, start: int) -> bool:
    """Whether each line is a row: the first object stands in a line alone, or it is broken and a later one does."""
    lines = [line.strip() for line in text.splitlines()[:_LOOKED_AT] if line.strip()]
    if "{" in lines:
        return False  # indented
    try:
        _, end = json.JSONDecoder().raw_decode(text, start)
    except (JSONDecodeError, RecursionError):
        return any(_is_json(line) for line in lines) or not any(line in ("{", "[", "}") for line in lines)
    following = text[end : text.find("\n", end) if "\n" in text[end:] else len(text)]
    return "\n" not in text[start:end] and not following.strip(_BLANK)


def _is_json(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def _page(text: str, start: int, whole: bool) -> JsonLayout | None:
    """The one object of a file, if it is a page of an API: then its rows stand in an array of a usual name."""
    try:
        _, end = json.JSONDecoder().raw_decode(text, start)
        if text[end:].strip(_BLANK):
            return None  # there are more objects
    except (JSONDecodeError, RecursionError):
        if whole:
            return None
    seen = _keys(text, start)
    if _OF_A_ROW & {key for key, _ in seen}:
        return None
    for key, at in seen:
        if key in _ROWS and text[at : at + 1] == "[" and text[at + 1 :].lstrip(_BLANK)[:1] in ("{", "]"):
            return JsonLayout(False, at + 1, True, key)
    return None


def _array_at(text: str, start: int, keys: Sequence[str]) -> int | None:
    """Behind the bracket of the array that these keys lead to."""
    at = start
    for key in keys:
        named = key.encode().decode("latin-1")
        found = next((place for name, place in _keys(text, at) if name == named), None)
        if found is None:
            return None
        at = found
    return at + 1 if text[at : at + 1] == "[" else None


def _keys(text: str, start: int) -> list[tuple[str, int]]:
    """The keys of the object that begins here, and where their values do, as far as the text goes."""
    found: list[tuple[str, int]] = []
    at = start + 1
    decoder = json.JSONDecoder()
    try:
        while text[at := _after_blanks(text, at)] == '"':
            key, at = decoder.raw_decode(text, at)
            at = _after_blanks(text, _after_blanks(text, at) + 1)
            found.append((key, at))
            _, at = decoder.raw_decode(text, at)
            at = _after_blanks(text, at) + 1
    except (IndexError, ValueError, RecursionError):
        pass  # the text goes no further
    return found


def _after_blanks(text: str, at: int) -> int:
    while at < len(text) and text[at] in _BLANK:
        at += 1
    return at
