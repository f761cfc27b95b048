"""The moment that a cell tells, in SQL: one reader for events and facts, of files, pulls and the journal.

moments.py reads the same in Python. A session's time zone is UTC, as duck.connect sets it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from expansion.usage.forms.clock import Clock
from expansion.usage.forms.duck import quote, quote_list
from expansion.usage.forms.moment_forms import (
    BLANKS,
    FIRST,
    IN_UTC,
    LAST,
    MONTHS,
    MOST_HOURS,
    NAIVE,
    NUMBER,
    OFFSET_APART,
    OFFSETS,
    OUTSIDE,
    PLAIN,
    SINCE_1970,
    WHOLE_DAY,
    WITH_OFFSET,
    ordered,
    written,
    wrong,
)

USUAL = Clock()


def moment_sql(text: str, clock: Clock = USUAL, *, numbers_first: bool = False) -> str:
    """SQL for the UTC timestamp that a text tells, or NULL. `numbers_first`: where most of them are whole numbers."""
    # In the order of how often they come: to try all forms of a text that is none takes twenty times as long.
    rare = _let("bare", f"trim({text}, {quote(BLANKS)})", _rare("bare", clock))
    first = _when({SINCE_1970: _since_1970(text)}, text) if numbers_first else ""
    return f"CASE {first} {_when(_common(text, clock), text)} WHEN {text} IS NOT NULL THEN {rare} END"


def moment_of_type_sql(column: str, duckdb_type: str, clock: Clock = USUAL) -> str:
    """The same for a column that has a type."""
    kind = duckdb_type.upper()
    if kind == "DATE":
        return clock.place_sql(f"CAST({column} AS TIMESTAMP)", "false")
    if kind in ("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ"):
        return f"CAST({column} AS TIMESTAMP)"
    if kind == "TIMESTAMP_NS":
        return clock.place_sql(f"make_timestamp(epoch_ns({column}) // 1000)")  # a cast rounds, into the next day too
    if kind.startswith("TIMESTAMP") or kind == "DATETIME":
        return clock.place_sql(f"CAST({column} AS TIMESTAMP)")
    return moment_sql(f"CAST({column} AS VARCHAR)", clock)


def within_sql(moment: str) -> str:
    """SQL for whether an event can have happened then; not true of no moment."""
    return f"{moment} BETWEEN TIMESTAMP '{FIRST:%Y-%m-%d}' AND TIMESTAMP '{LAST:%Y-%m-%d}'"


def why_not_sql(text: str, found: str, what: str, clock: Clock = USUAL) -> str:
    """SQL for one sentence on why `text` is no moment of an event and what to write; NULL where it is one.

    `found` is what moment_sql made of it. The sentence names the kind of mistake and not the text, so that mistakes can
    be counted.
    """
    cases = " ".join(
        f"WHEN regexp_full_match(said, {quote(pattern)}) THEN {quote(f'{what} {sentence}')}"
        for pattern, sentence in wrong(clock)
    )
    why = _let("said", f"trim({text}, {quote(BLANKS)})", f"CASE {cases} END")
    outside = quote(f"{what} {OUTSIDE}")
    return f"CASE WHEN {within_sql(found)} THEN NULL WHEN {found} IS NOT NULL THEN {outside} ELSE {why} END"


def _let(name: str, value: str, body: str) -> str:
    """SQL that works out a value once, and only where it is asked for."""
    return f"list_transform([{value}], lambda {name}: {body})[1]"


def _common(text: str, clock: Clock) -> dict[str, str]:
    """The cases of what nearly all files hold."""
    local = f"TRY_CAST({text} AS TIMESTAMP)"  # takes no notice of a zone
    cases = {PLAIN: local}
    if clock.place_sql("found") != "found":
        cases = {IN_UTC: local, NAIVE: _placed(local, clock, f"strlen({text}) > 10")}
    cases[WITH_OFFSET] = f"CAST(TRY_CAST({text} AS TIMESTAMPTZ) AS TIMESTAMP)"
    cases[SINCE_1970] = _since_1970(text)
    cases[WHOLE_DAY] = _placed(f"CAST(try_strptime({text}, '%Y%m%d') AS TIMESTAMP)", clock, "false")
    for pattern, order in ordered(clock).items():
        iso = f"TRY_CAST(regexp_replace({text}, {quote(f'^{pattern}$')}, {quote(order)}) AS TIMESTAMP)"
        cases[pattern] = _placed(iso, clock, f"strlen({text}) > 10")
    apart = f"regexp_replace({text}, {quote(f'^{OFFSET_APART}$')}, '\\1\\2')"
    cases[OFFSET_APART] = f"CAST(TRY_CAST({apart} AS TIMESTAMPTZ) AS TIMESTAMP)"
    return cases


def _when(cases: Mapping[str, str], text: str) -> str:
    """The branches of a CASE for the patterns that a text is."""
    return " ".join(f"WHEN regexp_full_match({text}, {quote(pattern)}) THEN {sql}" for pattern, sql in cases.items())


def _placed(local: str, clock: Clock, has_time: str) -> str:
    placed = clock.place_sql("found", has_time)
    return local if placed == "found" else _let("found", local, placed)


def _since_1970(text: str) -> str:
    number = f"CAST({text} AS UBIGINT)"
    micros = (
        f"CASE WHEN strlen({text}) < 12 THEN {number} * 1000000 WHEN strlen({text}) < 15 THEN {number} * 1000 "
        f"WHEN strlen({text}) < 18 THEN {number} ELSE {number} // 1000 END"
    )
    return f"make_timestamp(CAST({micros} AS BIGINT))"


def _rare(text: str, clock: Clock) -> str:
    """A number with a sign, decimals or an exponent; else a day and what follows it, put together from their parts."""
    number = _let("number", f"TRY_CAST({text} AS DECIMAL(38, 15))", _of_number("number"))
    is_number = f"regexp_full_match({text}, {quote(NUMBER)}) AND NOT regexp_full_match({text}, {quote(WHOLE_DAY)})"
    return f"CASE WHEN {is_number} THEN {number} ELSE {_written(text, clock)} END"


def _of_number(number: str) -> str:
    micros = (
        f"CASE WHEN {number} < 100000000 THEN NULL WHEN {number} < 100000000000 THEN {number} * 1000000 "
        f"WHEN {number} < 100000000000000 THEN {number} * 1000 WHEN {number} < 100000000000000000 THEN {number} "
        f"WHEN {number} < 10000000000000000000 THEN {number} * 0.001 END"
    )
    return f"make_timestamp(CAST(floor({micros}) AS BIGINT))"


def _written(text: str, clock: Clock) -> str:
    """Put together from its parts; of a text that is written otherwise they are empty, and make no time."""
    pattern, names = written(clock)
    parts = f"regexp_extract({text}, {quote(f'^(?:{pattern})$')}, [{quote_list(names)}])"
    minute, second = (f"CASE WHEN part.{name} = '' THEN '00' ELSE part.{name} END" for name in ("minute", "second"))
    shown = f"{_day(names)} || ' ' || {_hour()} || ':' || {minute} || ':' || {second} || '.' || part.fraction[:6]"
    return _let("part", parts, _let("shown", shown, _in_its_zone(clock)))


def _day(names: Sequence[str]) -> str:
    year, month, day, week, weekday = (
        "concat(" + ", ".join(f"part.{name}" for name in names if name[0] == part and name[1:].isdigit()) + ")"
        for part in "ymdwn"
    )
    iso = f"{year} || '-W' || {week} || '-' || {weekday}"
    # DuckDB takes a week 53 in every year.
    read = f"CASE WHEN strftime(monday, '%G-W%V-%u') = {iso} THEN strftime(monday, '%Y-%m-%d') END"
    of_week = _let("monday", f"try_strptime({iso}, '%G-W%V-%u')", read)
    return f"CASE WHEN {week} <> '' THEN {of_week} ELSE {_year(year)} || '-' || {_month(month)} || '-' || {day} END"


def _year(year: str) -> str:
    """Two digits are of this century up to 69, as in POSIX."""
    return f"CASE WHEN strlen({year}) = 4 THEN {year} WHEN {year} < '70' THEN '20' || {year} ELSE '19' || {year} END"


def _month(month: str) -> str:
    named = f"(strpos({quote(MONTHS)}, lower({month}[:3])) + 2) // 3"
    return f"CASE WHEN {month} < 'A' THEN {month} ELSE CAST({named} AS VARCHAR) END"


def _hour() -> str:
    hour = "CAST(part.hour AS INTEGER)"
    whole = f"{hour} % 12 + CASE WHEN lower(part.half) = 'p' THEN 12 ELSE 0 END"
    of_half = f"CASE WHEN {hour} BETWEEN 1 AND 12 THEN CAST({whole} AS VARCHAR) END"
    return f"CASE WHEN part.hour = '' THEN '0' WHEN part.half = '' THEN part.hour ELSE {of_half} END"


def _in_its_zone(clock: Clock) -> str:
    local = "TRY_CAST(shown AS TIMESTAMP)"
    hours, minutes = (f"TRY_CAST('0' || part.{name} AS INTEGER)" for name in ("hours", "minutes"))
    offset = f"to_minutes(CAST(part.sign || '1' AS INTEGER) * ({hours} * 60 + {minutes}))"
    exists = f"{hours} <= {MOST_HOURS} AND {minutes} < 60"
    known = ", ".join(f"{quote(name)}: {minutes}" for name, minutes in OFFSETS.items())
    named = f"to_minutes(MAP {{{known}}}[upper(part.letters)])"
    placed = _placed(local, clock, "part.hour <> ''")
    found = (
        f"CASE WHEN part.sign <> '' THEN CASE WHEN {exists} THEN {local} - {offset} END "
        f"WHEN part.letters <> '' THEN {local} - {named} "
        f"WHEN part.region <> '' THEN CAST(TRY_CAST(shown || ' ' || part.region AS TIMESTAMPTZ) AS TIMESTAMP) "
        f"ELSE {placed} END"
    )
    return _let("found", found, "CASE WHEN found < TIMESTAMP '10000-01-01' THEN found END")  # Python's last year
