"""SQL for the values that are kept of a row: properties of events, and facts."""

from __future__ import annotations

from decimal import Decimal

from expansion.files.columns import Columns
from expansion.files.maps import Cell, Column, Kind, TableMap
from expansion.usage.forms.clock import Clock
from expansion.usage.forms.duck import quote
from expansion.usage.forms.moment_sql import moment_sql
from expansion.usage.storage.readings import NO, YES, money_sql, number_sql, percent_sql, yes_no_sql

_MARK = "chr(26)"  # how a mark begins (usage/storage/marks.py): no source can send one


def value_sql(columns: Columns, column: Column, mapping: TableMap, clock: Clock, kind: str | None = None) -> str:
    """SQL for a value as it is stored; NULL where the cell says nothing.

    With `as`, or a kind that facts.yaml gives, what can be read as that is kept plain: `$1,200` is 1200. What cannot
    be read is kept as it is, so that it can be shown.
    """
    cell = column if isinstance(column, Cell) else None
    said = _kept(columns.said(column))
    wanted = (cell.as_ if cell else None) or kind or ("number" if cell and cell.divide_by else None)
    read = (
        _date(said, clock) if wanted == "date" and (mapping.dates or mapping.zone) else read_sql(said, wanted, mapping)
    )
    if read is None:
        return said
    if cell and cell.divide_by:
        read = divided(read, cell.divide_by)
    return f"coalesce({read}, {said})"


def read_sql(text: str, kind: str | None, mapping: TableMap) -> str | None:
    """SQL for a text as a value of a kind, or NULL; None for kinds that are kept as they are written."""
    match kind:
        case "number":
            return number_sql(text, mapping.decimal)
        case "money":
            return money_sql(text, mapping.decimal)
        case "percent":
            return percent_sql(text, mapping.decimal)
        case "yes_no":
            return yes_no_sql(text, mapping.yes or YES, mapping.no or NO)
    return None


def _date(text: str, clock: Clock) -> str:
    """SQL for a date as everybody reads it, from the way in which only this file writes it."""
    return f"strftime({moment_sql(text, clock)}, '%Y-%m-%dT%H:%M:%SZ')"


def divided(number: str, by: Decimal) -> str:
    """SQL for a number in a larger unit, as a decimal without the zeros at its end: exact where the unit divides ten
    (cents), and else to nine places.
    """
    share = 1 / by
    if share * by == 1 and share == round(share, 8) and share < 10_000:
        whole = f"TRY_CAST({number} AS DECIMAL(26, 6)) * CAST({quote(format(share, 'f'))} AS DECIMAL(12, 8))"
    else:
        whole = f"TRY_CAST(round(TRY_CAST({number} AS DOUBLE) / {by:f}, 9) AS DECIMAL(30, 9))"
    return f"regexp_replace(CAST({whole} AS VARCHAR), '\\.?0+$', '')"


def _kept(text: str) -> str:
    """A text as it is, unless it is blank or looks like a mark: few begin so low that a closer look is needed."""
    bare = f"ltrim({text}, {_MARK})"
    return f"CASE WHEN {text} >= '!' THEN {text} WHEN trim({bare}) <> '' THEN {bare} END"


__all__ = ["Kind", "divided", "read_sql", "value_sql"]
