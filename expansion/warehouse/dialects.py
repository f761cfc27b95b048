"""How warehouses spell the rollup query: a portable subset, and for each what it cannot say otherwise.

The subset: GROUP BY, COUNT, SUM, MAX, MIN, CASE, IN, literals, one ROW_NUMBER. No FILTER, INTERVAL, QUALIFY, bits: they
are spelled otherwise somewhere, or mean something else without saying so. PostgreSQL, ClickHouse and Spark were run;
of the others each word was looked up in the vendor's SQL reference.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from expansion.usage.forms.properties import column_of
from expansion.usage.forms.sql_dialect import BEYOND, PLACES, Items, Spelling
from expansion.warehouse.lists import LIST, item_pattern
from expansion.warehouse.texts import BLANKS, DAY_ITSELF, DAYS, NO_NUMBER, PLAIN, TINY, WITH_POWER


class Portable(Spelling):
    """What all of them share."""

    name = ""  # as SQLGlot calls it
    text_type = "VARCHAR"
    quotes = ('"', '"')  # around an identifier
    escapes: ClassVar[Mapping[str, str]] = {"'": "''"}  # inside a literal

    # --- names and literals -------------------------------------------------------------------------------------------

    def identifier(self, name: str) -> str:
        """A name of the warehouse's own, such as `analytics.events`."""
        begin, end = self.quotes
        return ".".join(f"{begin}{part.replace(end, end * 2)}{end}" for part in map(self._cased, name.split(".")))

    def _cased(self, name: str) -> str:
        return name

    def text(self, value: str) -> str:
        return "'" + "".join(self.escapes.get(letter, letter) for letter in value) + "'"

    def moment(self, moment: datetime) -> str:
        """A moment as a literal: UTC, without saying so."""
        return f"TIMESTAMP {self.text(moment.isoformat(sep=' '))}"

    # --- columns of a warehouse ---------------------------------------------------------------------------------------

    def as_text(self, column: str) -> str:
        """A column as text that is compared, and put in order, by its bytes."""
        return f"CAST({column} AS {self.text_type})"

    def as_moment(self, column: str) -> str:
        """A column as a moment in UTC, without saying so."""
        return f"CAST({column} AS TIMESTAMP)"

    def prop(self, name: str) -> str:
        return column_of(name)

    # --- counting -----------------------------------------------------------------------------------------------------

    def one_of(self, column: str, texts: Sequence[str]) -> str:
        return f"{column} IN ({', '.join(map(self.text, texts))})"

    def count(self, test: str) -> str:
        return f"COUNT(CASE WHEN {test} THEN 1 END)"

    def count_of(self, column: str, texts: Sequence[str]) -> str:
        return self.count(self.one_of(column, texts))

    # --- texts --------------------------------------------------------------------------------------------------------

    def contains(self, text: str, part: str) -> str:
        return f"{self.position(self.lower(self.text(part)), self.lower(text))} > 0"

    def starts_with(self, text: str, part: str) -> str:
        return f"{self.position(self.lower(self.text(part)), self.lower(text))} = 1"

    def lower(self, text: str) -> str:
        """Small letters of every alphabet."""
        return f"LOWER({text})"

    def position(self, part: str, text: str) -> str:
        """Where a part begins; 0 where it is not."""
        return f"POSITION({part} IN {text})"

    def trimmed(self, text: str) -> str:
        """Without the blanks that may stand around a number."""
        return f"TRIM(BOTH {self.text(BLANKS)} FROM {text})"

    def matches(self, text: str, pattern: str) -> str:
        """Whether a pattern is found in a text."""
        return f"{text} ~ {self.text(pattern)}"

    def found(self, text: str, pattern: str) -> str:
        """The part of a text that fits a pattern."""
        return f"REGEXP_SUBSTR({text}, {self.text(pattern)})"

    # --- lists --------------------------------------------------------------------------------------------------------

    def or_of_items(self, text: str, plain: str, item: Callable[[str], str], texts: Items) -> str:
        """A list is kept as JSON. Its items are looked for by a pattern, which every warehouse can."""
        found = self.matches(self.lower(text) if texts.any_case else text, item_pattern(texts))
        return f"CASE WHEN {self.matches(text, LIST)} THEN {found} ELSE {plain} END"

    def each(self, text: str) -> str:
        """A list as it is: its items are told apart where it has come back to."""
        return text

    # --- numbers and days in texts ------------------------------------------------------------------------------------

    def number(self, text: str) -> str:
        trimmed = self.trimmed(text)
        plain = f"REPLACE({trimmed}, '_', '')"
        exact = self.decimal(plain)
        bounded = f"CASE WHEN ABS({exact}) < {self.literal(str(BEYOND))} THEN {exact} END"
        return (
            f"CASE WHEN {self.matches(trimmed, NO_NUMBER)} THEN NULL WHEN {self.matches(plain, PLAIN)} THEN {exact} "
            f"WHEN {self.matches(plain, WITH_POWER)} THEN {bounded} "
            f"WHEN {self.matches(plain, TINY)} THEN {self.decimal(self.text('0'))} END"
        )

    def decimal(self, text: str) -> str:
        """A number out of a text that is one, rounded half away from zero; NULL where there is no room for it.

        Twice, because 38 digits must do: first as one with few digits before the point and 37 after, else as one with
        21 and 17. What has more after it than that is rounded twice, which no number that a computer writes shows.
        """
        few, many = (f"ROUND(TRY_CAST({text} AS DECIMAL(38, {places})), {PLACES})" for places in (37, 17))
        room = f"DECIMAL(33, {PLACES})"
        return f"COALESCE(CAST({few} AS {room}), CAST({many} AS {room}))"

    def day(self, text: str) -> str:
        written = f"LTRIM({text})"
        is_day = " OR ".join(self.matches(written, pattern) for pattern in DAYS)
        itself = f"REPLACE({self.found(written, DAY_ITSELF)}, '/', '-')"
        return f"CASE WHEN {is_day} THEN {self.as_day(itself)} END"

    def as_day(self, text: str) -> str:
        """The day of a text that is one."""
        return f"CAST({text} AS DATE)"

    # --- time ---------------------------------------------------------------------------------------------------------

    def local_day(self, column: str, time_zone: str) -> str:
        return f"CAST(CONVERT_TIMEZONE('UTC', {self.text(time_zone)}, {column}) AS DATE)"

    def microseconds(self, first: str, last: str) -> str:
        """How long from one moment to another."""
        return f"DATEDIFF(MICROSECOND, {first}, {last})"


class Postgres(Portable):
    """PostgreSQL. Its numbers have no bound that matters here; its texts are in the order of a language unless told."""

    name = "postgres"
    text_type = "TEXT"

    def as_text(self, column: str) -> str:
        return f'{super().as_text(column)} COLLATE "C"'

    def lower(self, text: str) -> str:
        # "C" knows the small letters of A to Z alone; the database's own collation knows all.
        return f'LOWER({text} COLLATE "default")'

    def found(self, text: str, pattern: str) -> str:
        return f"SUBSTRING({text} FROM {self.text(pattern)})"

    def decimal(self, text: str) -> str:
        return f"ROUND(CAST({text} AS NUMERIC), {PLACES})"

    def local_day(self, column: str, time_zone: str) -> str:
        return Spelling.local_day(self, column, time_zone)

    def microseconds(self, first: str, last: str) -> str:
        return f"EXTRACT(EPOCH FROM {last} - {first}) * 1000000"


class Redshift(Portable):
    """Amazon Redshift: a backslash escapes, and VARCHAR alone holds 256 bytes."""

    name = "redshift"
    text_type = "VARCHAR(65535)"
    escapes: ClassVar[Mapping[str, str]] = {"'": "''", "\\": "\\\\"}


class Snowflake(Portable):
    """Snowflake: a name without quotes is one in capitals, a pattern has to fit the whole text."""

    name = "snowflake"
    escapes: ClassVar[Mapping[str, str]] = {"'": "''", "\\": "\\\\"}

    def _cased(self, name: str) -> str:
        """`event_id` means what Snowflake takes it for, EVENT_ID; `"event_id"` means itself."""
        if len(name) > 1 and name[0] == name[-1] == '"':
            return name[1:-1]
        return name.upper() if re.fullmatch("[a-z_][a-z0-9_$]*", name) else name

    def as_moment(self, column: str) -> str:
        # Whatever kind of timestamp it is: one without a zone is read in the session's, which is UTC.
        return f"CAST(CONVERT_TIMEZONE('UTC', {column}) AS TIMESTAMP_NTZ)"

    def trimmed(self, text: str) -> str:
        return f"TRIM({text}, {self.text(BLANKS)})"

    def matches(self, text: str, pattern: str) -> str:
        return f"REGEXP_INSTR({text}, {self.text(pattern)}) > 0"

    def as_day(self, text: str) -> str:
        return f"TO_DATE({text}, 'YYYY-MM-DD')"


class BigQuery(Portable):
    """Google BigQuery: moments without a zone are DATETIME, and exact numbers BIGNUMERIC."""

    name = "bigquery"
    text_type = "STRING"
    quotes = ("`", "`")
    escapes: ClassVar[Mapping[str, str]] = {
        "'": "\\'", "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v", "\f": "\\f",
    }  # fmt: skip

    def as_moment(self, column: str) -> str:
        return f"CAST({column} AS DATETIME)"

    def moment(self, moment: datetime) -> str:
        return f"DATETIME {self.text(moment.isoformat(sep=' '))}"

    def literal(self, number: str) -> str:
        return super().literal(number).replace("DECIMAL(38, 17)", "BIGNUMERIC")

    def position(self, part: str, text: str) -> str:
        return f"STRPOS({text}, {part})"

    def trimmed(self, text: str) -> str:
        return f"TRIM({text}, {self.text(BLANKS)})"

    def matches(self, text: str, pattern: str) -> str:
        return f"REGEXP_CONTAINS({text}, {self.text(pattern)})"

    def found(self, text: str, pattern: str) -> str:
        return f"REGEXP_EXTRACT({text}, {self.text(pattern)})"

    def decimal(self, text: str) -> str:
        return f"ROUND(SAFE_CAST({text} AS BIGNUMERIC), {PLACES})"

    def local_day(self, column: str, time_zone: str) -> str:
        return f"DATE(TIMESTAMP({column}), {self.text(time_zone)})"

    def microseconds(self, first: str, last: str) -> str:
        return f"DATETIME_DIFF({last}, {first}, MICROSECOND)"


class ClickHouse(Portable):
    """ClickHouse. Missing texts are NULL only in Nullable columns; LOWER knows A to Z, and cuts letters to bytes."""

    name = "clickhouse"
    text_type = "Nullable(String)"
    quotes = ("`", "`")
    escapes: ClassVar[Mapping[str, str]] = {"'": "\\'", "\\": "\\\\"}

    def as_moment(self, column: str) -> str:
        return f"toDateTime64({column}, 6, 'UTC')"

    def moment(self, moment: datetime) -> str:
        return f"toDateTime64({self.text(moment.isoformat(sep=' '))}, 6, 'UTC')"

    def literal(self, number: str) -> str:
        return super().literal(number).replace("CAST(", "toDecimal128(").replace(" AS DECIMAL(38, 17))", ", 17)")

    def lower(self, text: str) -> str:
        return f"lowerUTF8({text})"

    def position(self, part: str, text: str) -> str:
        return f"position({text}, {part})"

    def matches(self, text: str, pattern: str) -> str:
        return f"match({text}, {self.text(pattern)})"

    def found(self, text: str, pattern: str) -> str:
        return f"extract({text}, {self.text(pattern)})"

    def decimal(self, text: str) -> str:
        # What has more than forty places is cut off there, so that it is rounded only once. A sum of them has room.
        return f"ROUND(toDecimal256OrNull({text}, 40), {PLACES})"

    def as_day(self, text: str) -> str:
        return f"toDate32OrNull({text})"

    def local_day(self, column: str, time_zone: str) -> str:
        return f"toDate32(toTimeZone({column}, {self.text(time_zone)}))"

    def microseconds(self, first: str, last: str) -> str:
        return f"toUnixTimestamp64Micro({last}) - toUnixTimestamp64Micro({first})"


class Spark(Portable):
    """Apache Spark and Databricks, with the session's time zone set to UTC."""

    name = "spark"
    text_type = "STRING"
    quotes = ("`", "`")
    # `${x}` would be replaced by a setting of that name, and by nothing where there is none.
    escapes: ClassVar[Mapping[str, str]] = {"'": "\\'", "\\": "\\\\", "{": "\\u007b"}

    def matches(self, text: str, pattern: str) -> str:
        return f"{text} RLIKE {self.text(pattern)}"

    def local_day(self, column: str, time_zone: str) -> str:
        return f"CAST(FROM_UTC_TIMESTAMP({column}, {self.text(time_zone)}) AS DATE)"

    def microseconds(self, first: str, last: str) -> str:
        return f"UNIX_MICROS({last}) - UNIX_MICROS({first})"


class Databricks(Spark):
    """Databricks SQL."""

    name = "databricks"


SPELLINGS: dict[str, Portable] = {
    spelling.name: spelling
    for spelling in (Postgres(), Redshift(), Snowflake(), BigQuery(), ClickHouse(), Spark(), Databricks())
}
