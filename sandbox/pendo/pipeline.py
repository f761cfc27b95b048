"""The stages of an aggregation that are played here; another one is a 400, as a misspelt one is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.kit.state import State

Row = dict[str, Any]
Rows = list[Row]


class Unknown(Exception):
    """A stage, or an expression, that is not played."""


def results(state: State, stages: list[Mapping[str, Any]]) -> Rows:
    rows: Rows = []
    for stage in stages:
        [(name, what)] = stage.items()
        if name not in _STAGES:
            raise Unknown(name)
        rows = _STAGES[name](state, rows, what)
    return rows


def _source(state: State, _: Rows, what: Mapping[str, Any]) -> Rows:
    [(kind, given)] = what.items()
    if kind not in ("accounts", "visitors") or given is not None:
        raise Unknown(kind)
    return [dict(one) for one in state.all(f"pendo.{kind}")]


def _identified(state: State, rows: Rows, what: str) -> Rows:
    """Without those that have not signed in."""
    return [row for row in rows if row.get(what) and not str(row[what]).startswith("_PENDO_T_")]


def _eval(state: State, rows: Rows, what: Mapping[str, str]) -> Rows:
    return [row | {name: _at(row, path) for name, path in what.items()} for row in rows]


def _unwind(state: State, rows: Rows, what: Mapping[str, Any]) -> Rows:
    field = what["field"]
    return [row | {field: one} for row in rows for one in row.get(field) or ([None] if what.get("keepEmpty") else [])]


def _segment(state: State, rows: Rows, what: Mapping[str, str]) -> Rows:
    """Its visitors; and, where its rules ask something of the account, in the role of such an account alone."""
    segment = state.get("pendo.segments", what["id"])
    if segment is None:
        raise Unknown("segment")
    visitors, accounts = set(segment.get("visitors", [])), segment.get("accounts")
    return [
        row
        for row in rows
        if row["visitorId"] in visitors and (accounts is None or ("account" in row and row["accountId"] in accounts))
    ]


def _bulk_expand(state: State, rows: Rows, what: Mapping[str, Any]) -> Rows:
    return [row | {"account": state.get("pendo.accounts", str(row.get(what["account"]["account"])))} for row in rows]


def _group(state: State, rows: Rows, what: Mapping[str, Any]) -> Rows:
    [by], [[(counted, _)]] = what["group"], [list(one.items()) for one in what["fields"]]
    found: dict[Any, Row] = {}
    for row in rows:
        one = found.setdefault(row.get(by), {by: row.get(by), counted: 0})
        one[counted] += 1
    return list(found.values())


_STAGES: dict[str, Callable[[State, Rows, Any], Rows]] = {
    "source": _source,
    "identified": _identified,
    "eval": _eval,
    "unwind": _unwind,
    "bulkExpand": _bulk_expand,
    "segment": _segment,
    "group": _group,
    "sort": lambda _, rows, by: sorted(rows, key=lambda row: str(row[by[0]])),
    "skip": lambda _, rows, many: rows[many:],
    "limit": lambda _, rows, many: rows[:many],
    "count": lambda _, rows, what: [{"count": len(rows)}],
}


def _at(row: Row, path: str) -> Any:
    found: Any = row
    for part in path.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found
