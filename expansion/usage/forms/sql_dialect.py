"""How an engine spells what the rollup query needs. DuckDB's spelling is here; pushdown/ has those of warehouses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal

from expansion.usage.forms.duck import quote, quote_list
from expansion.usage.forms.properties import column_of

# Properties are numbers of at most 20 digits before the point and 12 after; what has more after it is rounded there.
# So a sum of a million of the largest still fits the 38 digits that DuckDB has.
DIGITS, PLACES = 32, 12
BEYOND = Decimal(10) ** (DIGITS - PLACES)  # every number that can be read is smaller


@dataclass(frozen=True)
class Items:
    """What an item of a list has to be: one of these texts or numbers, or begin with one of the texts."""

    texts: tuple[str, ...]
    numbers: tuple[str, ...]
    whole: bool
    any_case: bool


class Spelling:
    """DuckDB's. A list function over a column of few different texts is run once per text, not once per row (measured:
    a third of the time of `=` in every column of a rollup)."""

    def text(self, value: str) -> str:
        """Text as a literal."""
        return quote(value)

    def one_of(self, column: str, texts: Sequence[str]) -> str:
        return f"{self._place(column, texts)} IS NOT NULL"

    def count(self, test: str) -> str:
        """How many rows pass. A sum of ones would take 16 bytes in every group, twice those of a count."""
        return f"CAST(COUNT(CASE WHEN {test} THEN 1 END) AS INTEGER)"

    def count_of(self, column: str, texts: Sequence[str]) -> str:
        """How many rows have one of these texts."""
        return f"CAST(COUNT({self._place(column, texts)}) AS INTEGER)"

    def _place(self, column: str, texts: Sequence[str]) -> str:
        return f"list_position([{quote_list(texts)}], {column})"

    def prop(self, name: str) -> str:
        """A property as text; NULL where there is none."""
        return column_of(name)

    def lower(self, text: str) -> str:
        return f"lower({text})"

    # --- lists --------------------------------------------------------------------------------------------------------

    def items(self, text: str) -> str:
        """The items of a list that is kept as JSON; NULL where a text is none. Never an error: DuckDB may work out what
        is said several times before it looks at the condition around it."""
        json = f"TRY_CAST(CASE WHEN starts_with({text}, '[') THEN {text} END AS JSON)"
        return f"json_extract_string({json}, '$[*]')"

    def or_of_items(self, text: str, plain: str, item: Callable[[str], str], texts: Items) -> str:
        """A test of a text, or where it is a list of any of its items."""
        found = f"len(list_filter({self.items(text)}, lambda each: coalesce({item('each')}, false))) > 0"
        return f"CASE WHEN starts_with({text}, '[') THEN coalesce({found}, {plain}) ELSE {plain} END"

    def each(self, text: str) -> str:
        """A text, or the items of a list as rows of their own."""
        return (
            f"unnest(CASE WHEN starts_with({text}, '[') THEN coalesce({self.items(text)}, [{text}]) ELSE [{text}] END)"
        )

    # --- numbers and days ---------------------------------------------------------------------------------------------

    def number(self, text: str) -> str:
        """An exact number, NULL where the text cannot be read as one."""
        number = f"TRY_CAST({text} AS DECIMAL({DIGITS}, {PLACES}))"
        # DuckDB lets `4.0832009906749e+20` pass, for which the type has no room, and stops where a few are added up.
        return f"CASE WHEN ABS({number}) < CAST('{BEYOND}' AS DECIMAL({DIGITS + 1}, {PLACES})) THEN {number} END"

    def literal(self, number: str) -> str:
        """A threshold. One that no number reaches becomes the first that none does: DuckDB would stop instead."""
        value = max(-BEYOND, min(BEYOND, Decimal(number)))
        exact = value.quantize(Decimal("1e-17"), ROUND_HALF_UP, Context(prec=40))
        return f"CAST('{exact:f}' AS DECIMAL(38, 17))"

    def day(self, text: str) -> str:
        """The day that a text says, NULL where it says none."""
        return f"CAST(TRY_CAST({text} AS TIMESTAMP) AS DATE)"

    def contains(self, text: str, part: str) -> str:
        return f"contains(lower({text}), lower({quote(part)}))"

    def starts_with(self, text: str, part: str) -> str:
        return f"starts_with(lower({text}), lower({quote(part)}))"

    def local_day(self, column: str, time_zone: str) -> str:
        """The calendar day of a UTC timestamp in a zone."""
        if time_zone == "UTC":
            return f"CAST({column} AS DATE)"
        return f"CAST(({column} AT TIME ZONE 'UTC') AT TIME ZONE {quote(time_zone)} AS DATE)"


DUCK = Spelling()
