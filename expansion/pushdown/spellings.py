"""How warehouses spell the rollup query: a portable subset, and for each what it cannot say otherwise.

The subset: GROUP BY, COUNT, SUM, MAX, MIN, CASE, IN, literals, one ROW_NUMBER. No FILTER, INTERVAL, QUALIFY, bits or
regular expressions where they differ. Sources for each word: the vendors' SQL references.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from expansion.usage.properties import column_of
from expansion.usage.spelling import BEYOND, PLACES, Spelling

# What is read as a number everywhere: an optional sign, at most 20 digits before the point, an exponent of two digits.
_NUMBER = r"^[+-]?([0-9]{1,20}[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]{1,2})?$"
# A day that there is, at the beginning of a text; what follows it must not be a digit.
_DAY = (
    r"^[0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)"
    r"|02-(0[1-9]|1[0-9]|2[0-9]))([T ].*)?$"
)


class Portable(Spelling):
    """What all of them share."""

    name = "postgres"  # as SQLGlot calls it
    text_type = "VARCHAR"
    quotes = ('"', '"')  # around an identifier

    def identifier(self, name: str) -> str:
        """A name of the warehouse's own."""
        begin, end = self.quotes
        return ".".join(f"{begin}{part.replace(end, end * 2)}{end}" for part in name.split("."))

    def as_text(self, column: str) -> str:
        return f"CAST({column} AS {self.text_type})"

    def as_moment(self, column: str) -> str:
        """A moment in UTC, without saying so."""
        return f"CAST({column} AS TIMESTAMP)"

    def moment(self, moment: datetime) -> str:
        """A moment as a literal: UTC."""
        return f"TIMESTAMP {self.text(moment.isoformat(sep=' '))}"

    def one_of(self, column: str, texts: Sequence[str]) -> str:
        return f"{column} IN ({', '.join(map(self.text, texts))})"

    def count(self, test: str) -> str:
        return f"COUNT(CASE WHEN {test} THEN 1 END)"

    def count_of(self, column: str, texts: Sequence[str]) -> str:
        return self.count(self.one_of(column, texts))

    def prop(self, name: str) -> str:
        return column_of(name)

    def number(self, text: str) -> str:
        guarded = f"CASE WHEN {self.matches(f'TRIM({text})', _NUMBER)} THEN {self.decimal(f'TRIM({text})')} END"
        return f"CASE WHEN ABS({guarded}) < {self.literal(str(BEYOND))} THEN {guarded} END"

    def decimal(self, text: str) -> str:
        """A number out of a text that is one, rounded half away from zero."""
        return f"ROUND(CAST({text} AS DECIMAL(38, 16)), {PLACES})"

    def literal(self, number: str) -> str:
        return super().literal(number).replace("(38, 17)", "(38, 16)")

    def matches(self, text: str, pattern: str) -> str:
        return f"{text} ~ {self.text(pattern)}"

    def day_fits(self, text: str, sign: str, day: str) -> str:
        """Days compare as texts: nothing has to be read that might not be one."""
        return f"(CASE WHEN {self.matches(text, _DAY)} THEN SUBSTR({text}, 1, 10) END {sign} {self.text(day)})"

    def contains(self, text: str, part: str) -> str:
        return f"POSITION({self.text(part.lower())} IN LOWER({text})) > 0"

    def starts_with(self, text: str, part: str) -> str:
        return f"SUBSTR(LOWER({text}), 1, {len(part)}) = {self.text(part.lower())}"


class Postgres(Portable):
    """PostgreSQL. Its numbers have no bound that matters here."""

    name = "postgres"
    text_type = "TEXT"

    def decimal(self, text: str) -> str:
        return f"ROUND(CAST({text} AS NUMERIC), {PLACES})"

    def prop(self, name: str) -> str:
        return f'{column_of(name)} COLLATE "C"'  # byte order, like everybody else


class Redshift(Portable):
    """Amazon Redshift."""

    name = "redshift"

    def local_day(self, column: str, time_zone: str) -> str:
        return f"CAST(CONVERT_TIMEZONE('UTC', {self.text(time_zone)}, {column}) AS DATE)"


class Snowflake(Portable):
    """Snowflake. RLIKE matches the whole text."""

    name = "snowflake"

    def as_moment(self, column: str) -> str:
        return f"CAST({column} AS TIMESTAMP_NTZ)"

    def local_day(self, column: str, time_zone: str) -> str:
        return f"CAST(CONVERT_TIMEZONE('UTC', {self.text(time_zone)}, {column}) AS DATE)"

    def matches(self, text: str, pattern: str) -> str:
        return f"RLIKE({text}, {self.text(pattern)})"

    def text(self, value: str) -> str:
        return super().text(value.replace("\\", "\\\\"))


class BigQuery(Portable):
    """Google BigQuery: moments without a zone are DATETIME; DECIMAL with 38 digits and 16 places is BIGNUMERIC."""

    name = "bigquery"
    text_type = "STRING"
    quotes = ("`", "`")

    def text(self, value: str) -> str:
        escaped = value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
        return f"'{escaped}'"

    def as_moment(self, column: str) -> str:
        return f"CAST({column} AS DATETIME)"

    def moment(self, moment: datetime) -> str:
        return f"DATETIME {self.text(moment.isoformat(sep=' '))}"

    def decimal(self, text: str) -> str:
        return f"ROUND(SAFE_CAST({text} AS BIGNUMERIC), {PLACES})"

    def literal(self, number: str) -> str:
        return super().literal(number).replace("DECIMAL(38, 16)", "BIGNUMERIC")

    def matches(self, text: str, pattern: str) -> str:
        return f"REGEXP_CONTAINS({text}, {self.text(pattern)})"

    def contains(self, text: str, part: str) -> str:
        return f"STRPOS(LOWER({text}), {self.text(part.lower())}) > 0"

    def local_day(self, column: str, time_zone: str) -> str:
        return f"DATE(TIMESTAMP({column}), {self.text(time_zone)})"


class ClickHouse(Portable):
    """ClickHouse. Missing texts are NULL only in Nullable columns; moments are DateTime64 in UTC."""

    name = "clickhouse"
    text_type = "Nullable(String)"
    quotes = ("`", "`")

    def text(self, value: str) -> str:
        escaped = value.replace("\\", "\\\\").replace("'", "\\'")
        return f"'{escaped}'"

    def as_moment(self, column: str) -> str:
        return f"toDateTime64({column}, 6, 'UTC')"

    def moment(self, moment: datetime) -> str:
        return f"toDateTime64({self.text(moment.isoformat(sep=' '))}, 6, 'UTC')"

    def decimal(self, text: str) -> str:
        # Sixteen places are read, then rounded to twelve: what it reads at once it would cut off.
        return f"ROUND(toDecimal128OrNull({text}, 16), {PLACES})"

    def literal(self, number: str) -> str:
        return super().literal(number).replace("CAST(", "toDecimal128(").replace(" AS DECIMAL(38, 16))", ", 16)")

    def matches(self, text: str, pattern: str) -> str:
        return f"match({text}, {self.text(pattern)})"

    def contains(self, text: str, part: str) -> str:
        return f"position(LOWER({text}), {self.text(part.lower())}) > 0"

    def local_day(self, column: str, time_zone: str) -> str:
        return f"toDate(toTimeZone({column}, {self.text(time_zone)}))"


class Spark(Portable):
    """Apache Spark and Databricks, with the session's time zone set to UTC."""

    name = "spark"
    text_type = "STRING"
    quotes = ("`", "`")

    def text(self, value: str) -> str:
        escaped = value.replace("\\", "\\\\").replace("'", "\\'")
        return f"'{escaped}'"

    def as_moment(self, column: str) -> str:
        return f"CAST({column} AS TIMESTAMP)"

    def decimal(self, text: str) -> str:
        return f"ROUND(TRY_CAST({text} AS DECIMAL(38, 16)), {PLACES})"

    def matches(self, text: str, pattern: str) -> str:
        return f"{text} RLIKE {self.text(pattern)}"

    def contains(self, text: str, part: str) -> str:
        return f"LOCATE({self.text(part.lower())}, LOWER({text})) > 0"

    def local_day(self, column: str, time_zone: str) -> str:
        return f"CAST(FROM_UTC_TIMESTAMP({column}, {self.text(time_zone)}) AS DATE)"


class Databricks(Spark):
    """Databricks SQL."""

    name = "databricks"


SPELLINGS: dict[str, Portable] = {
    spelling.name: spelling
    for spelling in (Postgres(), Redshift(), Snowflake(), BigQuery(), ClickHouse(), Spark(), Databricks())
}
