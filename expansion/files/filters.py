"""SQL for whether a row counts: what `only` and `leave_out` of a map say."""

from __future__ import annotations

from collections.abc import Sequence

from expansion.files.columns import Columns
from expansion.files.maps import RowTest, RowTests, TableMap
from expansion.usage.forms.duck import quote
from expansion.usage.storage.readings import NO, YES, yes_no_sql


def left_out(columns: Columns, mapping: TableMap) -> str:
    """SQL for: this row does not count. Never NULL."""
    kept = (f"NOT {_any(columns, mapping, name, wanted)}" for name, wanted in mapping.only.items())
    return f"({' OR '.join([fits_any(columns, mapping, mapping.leave_out), *kept])})"


def fits_any(columns: Columns, mapping: TableMap, tests: RowTests) -> str:
    """SQL for: a row passes one of these. Never NULL."""
    return f"({' OR '.join(_any(columns, mapping, *test) for test in tests.items()) or 'false'})"


def _any(columns: Columns, mapping: TableMap, name: str, wanted: object) -> str:
    text = columns.said(name)
    several: Sequence[object] = wanted if isinstance(wanted, list) else [wanted]
    return f"coalesce({' OR '.join(_one(text, mapping, one) for one in several)}, false)"


def _one(text: str, mapping: TableMap, wanted: object) -> str:
    if isinstance(wanted, RowTest):
        return _tested(text, mapping, wanted)
    if isinstance(wanted, bool):
        return f"{yes_no_sql(text, mapping.yes or YES, mapping.no or NO)} = '{str(wanted).lower()}'"
    if isinstance(wanted, int):
        return f"TRY_CAST({text} AS DECIMAL(38, 6)) = {wanted}"
    return f"{text} = {quote(str(wanted))}"


def _tested(text: str, mapping: TableMap, test: RowTest) -> str:
    if test.exists is not None:
        return f"({text} IS {'NOT ' if test.exists else ''}NULL)"
    if test.is_not is not None:
        return f"NOT coalesce({_one(text, mapping, test.is_not)}, false)"
    low = f"lower({text})"
    if test.contains is not None:
        return f"contains({low}, {quote(test.contains.lower())})"
    if test.starts_with is not None:
        return f"starts_with({low}, {quote(test.starts_with.lower())})"
    return f"ends_with({low}, {quote((test.ends_with or '').lower())})"
