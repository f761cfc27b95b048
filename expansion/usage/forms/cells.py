"""What a cell of a source says, whoever writes it: ways of writing nothing, and ids as text.

Files, pulls and the journal of pushed events read cells by these rules alone, in SQL and in Python, so that the same
account and the same nothing are one thing wherever they come from. moment_sql.py and readings.py read the rest.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from expansion.usage.forms.duck import quote, quote_list

# How databases, pandas and spreadsheets write that there is nothing. Words that could be a value (`NA`, `-`, `none`)
# are not among them: a map's `empty:` adds what a file uses.
NOTHING = ("\\N", "NULL", "null", "NaN", "nan", "NaT", "None", "<NA>", "#N/A", "N/A")

_NO_ITEMS = "[]"  # an empty list, as text
_BLANKS = " \t\r\n\u00a0"
_WHOLE = re.compile(r"(-?[0-9]+)\.0", re.ASCII)


def is_nothing(value: Any, words: Collection[str] = NOTHING) -> bool:
    """Whether a cell says that there is nothing: empty, blank, or one of these words."""
    if isinstance(value, str):
        return (text := value.strip(_BLANKS)) in ("", _NO_ITEMS) or text in words
    return value is None or value != value or value in ([], ())  # NaN is not itself


def as_id(value: Any) -> str:
    """An id as text: a column of numbers with a gap holds 4711 as 4711.0, and files have blanks around ids."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = str(value).strip(_BLANKS)
    whole = _WHOLE.fullmatch(text)
    return whole[1] if whole else text


def text_sql(text: str, words: Collection[str] = NOTHING) -> str:
    """SQL for a cell's text, NULL where it says nothing."""
    nothing = ("", _NO_ITEMS, *words)
    # Longer than all these words is looked at no further: the list alone takes three times as long (measured).
    longest = max(len(word.encode()) for word in nothing)
    return f"CASE WHEN strlen({text}) > {longest} OR {text} NOT IN ({quote_list(nothing)}) THEN {text} END"


def id_sql(text: str, words: Collection[str] = NOTHING) -> str:
    """SQL for an id, as `as_id` reads it; NULL where the cell says nothing."""
    bare = f"trim({text}, {quote(_BLANKS)})"
    whole = f"regexp_replace({bare}, '^(-?[0-9]+)\\.0$', '\\1')"
    # Few ids need more than a look at their ends: to trim all of them took longer than to read the file (measured).
    odd = f"{text} < '!' OR {text} >= chr(160) OR {text}[-1] NOT BETWEEN '!' AND '~' OR suffix({text}, '.0')"
    # Named once: what a query says twice, DuckDB works out for every row beforehand, also where no branch asks for it.
    kept = f"list_filter([{whole}], lambda word: {text_sql('word', words)} IS NOT NULL)[1]"
    return f"CASE WHEN {odd} THEN {kept} ELSE {text_sql(text, words)} END"
