"""What a cell of a source says, whoever writes it: ways of writing nothing, ids as text, and moments.

Files, pulls and the journal of pushed events read cells by these rules alone, in SQL and in Python, so that the same
account, the same moment and the same nothing are one thing wherever they come from.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from expansion.usage.duck import connect, quote, quote_list

# How databases, pandas and spreadsheets write that there is nothing. Words that could be a value (`NA`, `-`, `none`)
# are not among them: a map's `empty:` adds what a file uses.
NOTHING = ("\\N", "NULL", "null", "NaN", "nan", "NaT", "None", "<NA>", "#N/A", "N/A")

_NO_ITEMS = "[]"  # an empty list, as text
_BLANKS = " \t\r\n\u00a0"
_WHOLE = re.compile(r"(-?[0-9]+)\.0", re.ASCII)
_DIGITS = re.compile(r"[0-9]{9,}")  # eight would be a day written without signs between
_PLAIN = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:\d\d)?)?", re.ASCII
)  # what Python and DuckDB read alike


def is_nothing(value: Any, words: Collection[str] = NOTHING) -> bool:
    """Whether a cell says that there is nothing: empty, blank, or one of these words."""
    if value is None or value != value or value in ([], ()):  # NaN is not itself
        return True
    return isinstance(value, str) and ((text := value.strip(_BLANKS)) in ("", _NO_ITEMS) or text in words)


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


def moment_sql(text: str) -> str:
    """SQL for a UTC timestamp from ISO 8601 text (no zone: UTC), or seconds or milliseconds since 1970."""
    # No text reads as both. Times come first: it takes long to find out that one is no number, and in a COALESCE DuckDB
    # would find out for every row.
    written, number = f"TRY_CAST({text} AS TIMESTAMPTZ)", f"TRY_CAST({text} AS DECIMAL(24, 6))"
    day = f"strptime({text}, '%Y%m%d')"
    return (
        f"CASE WHEN {written} IS NOT NULL THEN CAST({written} AS TIMESTAMP) "
        f"WHEN regexp_full_match({text}, '(19|20)[0-9]{{6}}') THEN try_{day} "
        f"WHEN abs({number}) < 100000000000 THEN make_timestamp(CAST({number} * 1000000 AS BIGINT)) "
        f"WHEN abs({number}) < 100000000000000 THEN make_timestamp(CAST({number} * 1000 AS BIGINT)) END"
    )


def moment(value: str | float | datetime | None) -> datetime | None:
    """The same moment as `moment_sql` reads, aware; None where there is none."""
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, datetime):
        return _utc(value)
    text = str(value)
    if _DIGITS.fullmatch(text):
        return _since_1970(text)
    if not _PLAIN.fullmatch(text):
        return _asked(text)
    try:
        return _utc(datetime.fromisoformat(text))
    except ValueError:
        return _asked(text)


def _utc(value: datetime) -> datetime:
    return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC)


def _since_1970(text: str) -> datetime | None:
    number = Decimal(text)
    if number >= 10**14:
        return None
    unit = 1_000_000 if number < 10**11 else 1_000
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(number * unit))


@lru_cache(maxsize=10_000)
def _asked(text: str) -> datetime | None:
    """There are more ways to write a moment than anybody should tell twice: DuckDB is asked."""
    con = connect(threads=1)
    ((found,),) = con.execute(f"SELECT {moment_sql('said')} FROM (SELECT $1::VARCHAR AS said)", [text]).fetchall()
    return found.replace(tzinfo=UTC) if isinstance(found, datetime) else None
