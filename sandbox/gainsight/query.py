"""Conditions of a query, and where its parts are refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sandbox.gainsight.refusals import Problem

Doc = dict[str, Any]

_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "EQ": lambda held, given: held == given,
    "GT": lambda held, given: held is not None and str(held) > str(given),
    "CONTAINS": lambda held, given: str(given) in str(held or ""),
}


def fitting(rows: Sequence[Doc], where: Any, name: str) -> list[Doc]:
    """The rows that fit all conditions. `name`: what the API calls a field here: others are no conditions to it."""
    if not where:
        return list(rows)
    conditions = where.get("conditions") or []
    expected = " AND ".join(str(one.get("alias")) for one in conditions)
    if not conditions or where.get("expression") != expected:
        raise Problem(400, "GSOBJ_1008", "Invalid where clause")
    for one in conditions:
        if name not in one or not isinstance(one.get("value"), list) or one.get("operator") not in _TESTS:
            raise Problem(400, "GSOBJ_1008", f"Invalid where clause - {one.get('alias')}")
    return [row for row in rows if all(_fits(row, one, name) for one in conditions)]


def _fits(row: Doc, condition: Doc, name: str) -> bool:
    return _TESTS[condition["operator"]](row.get(condition[name]), condition["value"][0])


def selected(rows: Sequence[Doc], select: Any, known: Callable[[str], bool], code: str) -> list[Doc]:
    """Only what is asked for; a field that holds nothing is left out."""
    if not isinstance(select, list) or not select:
        raise Problem(400, code, "Please add fields in the select clause")
    if wrong := [name for name in select if not known(name)]:
        raise Problem(400, code, f"Invalid fields in select clause - {', '.join(wrong)}")
    return [{name: row[name] for name in select if row.get(name) is not None} for row in rows]


def whole(value: Any, least: int, most: int, code: str, name: str) -> int:
    if not isinstance(value, int) or not least <= value <= most:
        raise Problem(400, code, f"{name} is a number from {least} to {most}")
    return value
