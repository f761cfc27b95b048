"""Carries a SOQL query out over the stand-in's records."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from sandbox.salesforce.fields import NAME, POLYMORPHIC, STANDARD
from sandbox.salesforce.org import Org
from sandbox.salesforce.refusals import SoqlError
from sandbox.salesforce.soql import Id, Item, Literal, Query, Record, parse

T = TypeVar("T")

_NUMBERS = ("double", "currency", "percent", "int")
# What may be written beside a field of this type: object reference, "Date Formats", "fieldExpression".
_LITERALS = {
    **dict.fromkeys(_NUMBERS, ("number",)),
    "boolean": ("boolean",),
    "date": ("date", "day"),
    "datetime": ("datetime", "day"),
}
_CALLED = {"datetime": "dateTime"}


@dataclass(frozen=True)
class Found:
    """The rows of a query, whether they are of an aggregate, and how many it counted where only that was asked."""

    rows: list[Record]
    aggregate: bool = False
    count: int | None = None


@dataclass(frozen=True)
class Step:
    """One step of the way to a field: of which object, how Salesforce spells it, and the reference that leads on."""

    of: str
    name: str
    by: str = ""  # empty at the field itself
    kind: tuple[str, ...] = ()


class Runner:
    """Holds each query against the org's fields, then filters, groups and sorts. Names are found whatever the case."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._ways: dict[tuple[str, str], list[Step]] = {}

    def run(self, text: str, version: str = "67.0", *, deleted: bool = False) -> Found:
        query = parse(text)
        self._ways = {}  # fields may have changed since the last query
        query.sobject = self._org.spelt(query.sobject)
        kinds = {path: self._kind(query.sobject, path, filtered) for path, filtered in query.paths}
        for path, literal in query.literals:
            _hold(path.rpartition(".")[2], kinds[path], literal)
        rows = [*self._org.all(query.sobject), *(self._org.gone(query.sobject) if deleted else ())]
        if query.where:
            test = query.where(lambda record, path: self._value(query.sobject, record, path))
            rows = [r for r in rows if test(r)]
        if [(i.function, i.path) for i in query.items] == [("COUNT", None)]:
            return Found([], count=len(rows[: query.limit]))
        if query.group_by or any(i.function for i in query.items):
            return Found(self._aggregate(query, rows), aggregate=True)
        if query.order_by:
            rows = self._sorted(query, rows, query.order_by)
        rows = rows[: query.limit]
        return Found([self._row(query.sobject, r, [i.path or "" for i in query.items], version) for r in rows])

    def _sorted(self, query: Query, rows: list[Record], by: Item) -> list[Record]:
        if by.function or by.path is None:
            raise SoqlError("MALFORMED_QUERY", f"unexpected token: '{by.function or by.path}'")
        path = by.path
        return _ordered(rows, lambda record: self._value(query.sobject, record, path), query.descending)

    def _aggregate(self, query: Query, rows: list[Record]) -> list[Record]:
        groups: dict[Any, list[Record]] = {}
        for record in rows:
            groups.setdefault(
                self._value(query.sobject, record, query.group_by) if query.group_by else None, []
            ).append(record)
        if not query.group_by and not groups:
            groups[None] = []
        keys = list(groups)
        if by := query.order_by:
            if not by.function and (by.path or "").lower() != (query.group_by or "").lower():
                raise SoqlError("MALFORMED_QUERY", f"Ordered field must be grouped or aggregated: {by.path}")

            def placed(key: Any) -> Any:
                return self._function(query.sobject, by, groups[key]) if by.function else key

            keys = _ordered(keys, placed, query.descending)
        return [self._group(query, key, groups[key]) for key in keys][: query.limit]

    def _group(self, query: Query, key: Any, rows: list[Record]) -> Record:
        made: Record = {"attributes": {"type": "AggregateResult"}}
        for number, item in enumerate([i for i in query.items if i.function]):
            made[item.alias or f"expr{number}"] = self._function(query.sobject, item, rows)
        for item in query.items:
            if not item.function:
                if (item.path or "").lower() != (query.group_by or "").lower():
                    raise SoqlError("MALFORMED_QUERY", f"Field must be grouped or aggregated: {item.path}")
                made[self._last(query.sobject, str(item.path))] = key
        return made

    def _last(self, sobject: str, path: str) -> str:
        """What a grouped field is called in the reply: the field's own name, without the way to it."""
        return self._way(sobject, path)[-1].name

    def _function(self, sobject: str, item: Item, rows: list[Record]) -> Any:
        values = [self._value(sobject, r, item.path or "Id") for r in rows]
        values = [v for v in values if v is not None]
        kind = self._kind(sobject, item.path or "Id", filtered=False)[0]
        if item.function in ("SUM", "AVG") and kind not in _NUMBERS:
            raise SoqlError("MALFORMED_QUERY", f"field {item.path} does not support aggregate operator {item.function}")
        match item.function:
            case "COUNT":
                return len(values)
            case "COUNT_DISTINCT":
                return len(set(values))
            case "MAX":
                return max(values, key=_place, default=None)
            case "MIN":
                return min(values, key=_place, default=None)
            case "SUM":
                return sum(values) if values else None
        raise SoqlError("MALFORMED_QUERY", f"unexpected token: '{item.function}'")

    # --- fields and the way to them ---

    def _way(self, sobject: str, path: str) -> list[Step]:
        if (sobject, path) not in self._ways:
            self._ways[sobject, path] = self._find(sobject, path)
        return self._ways[sobject, path]

    def _find(self, sobject: str, path: str) -> list[Step]:
        head, _, rest = path.partition(".")
        fields = self._org.fields(sobject) if sobject != NAME else POLYMORPHIC
        if not rest:
            name = next((one for one in fields if one.lower() == head.lower()), None)
            if name is None:
                text = f"No such column '{head}' on entity '{sobject}'. If you are attempting to use a custom field, "
                text += "be sure to append the '__c' after the custom field name."
                raise SoqlError("INVALID_FIELD", text)
            return [Step(sobject, name, kind=fields[name])]
        for by, kind in fields.items():
            if kind[0] == "reference" and kind[2].lower() == head.lower() and kind[1] in {*STANDARD, NAME}:
                return [Step(sobject, kind[2], by, kind), *self._find(kind[1], rest)]
        raise SoqlError("INVALID_FIELD", f"Didn't understand relationship '{head}' in field path.")

    def _kind(self, sobject: str, path: str, filtered: bool) -> tuple[str, ...]:
        step = self._way(sobject, path)[-1]
        if filtered and step.kind[0] == "textarea":
            raise SoqlError("INVALID_FIELD", f"field '{step.name}' can not be filtered in a query call")
        return step.kind

    def _value(self, sobject: str, record: Record | None, path: str) -> Any:
        for step in self._way(sobject, path):
            if record is None:
                return None
            if not step.by:
                value = record.get(step.name)
                return Id(value) if value and step.kind[0] in ("id", "reference") else value
            record = self._org.behind(step.kind[1], record.get(step.by))
        return None

    def _row(self, sobject: str, record: Record, paths: list[str], version: str) -> Record:
        row = self._attributes(sobject, record, version)
        for path in paths:
            self._put(row, self._way(sobject, path), record, version)
        return row

    def _put(self, row: Record, way: list[Step], record: Record, version: str) -> None:
        """One field, each object on the way to it in an object of its own; null where there is none."""
        step, *rest = way
        if not step.by:
            row[step.name] = record.get(step.name)
            return
        other = self._org.behind(step.kind[1], record.get(step.by))
        if other is None:
            row.setdefault(step.name, None)
            return
        inside = row.get(step.name) or self._attributes(str(other.get("__type", step.kind[1])), other, version)
        row[step.name] = inside
        self._put(inside, rest, other, version)

    def _attributes(self, sobject: str, record: Record, version: str) -> Record:
        return {"attributes": {"type": sobject, "url": f"/services/data/v{version}/sobjects/{sobject}/{record['Id']}"}}


def _hold(name: str, kind: tuple[str, ...], literal: Literal) -> None:
    """A literal of another type than its field's is refused, as Salesforce words it."""
    if literal.kind == "null":
        return
    if kind[0] in ("id", "reference"):
        if literal.kind != "string" or not re.fullmatch(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?", str(literal.value)):
            raise SoqlError("INVALID_QUERY_FILTER_OPERATOR", f"invalid ID field: {literal.value}")
        return
    fits = _LITERALS.get(kind[0], ("string",))
    if literal.kind in fits:
        return
    called = _CALLED.get(kind[0], kind[0] if kind[0] in _LITERALS else "string")
    text = f"value of filter criterion for field '{name}' must be of type {called}"
    if literal.kind == "string":
        text += " and should not be enclosed in quotes"
    elif fits == ("string",):
        text += " and should be enclosed in quotes"
    raise SoqlError("INVALID_FIELD", text)


def _place(value: Any) -> Any:
    """Numbers by size, texts without regard to case."""
    return value.casefold() if isinstance(value, str) else value


def _ordered(items: list[T], value_of: Callable[[T], Any], descending: bool) -> list[T]:
    """Nulls first whichever way: SOQL, "ORDER BY"."""
    values = [(value_of(item), item) for item in items]
    empty = [item for value, item in values if value is None]
    full = sorted((pair for pair in values if pair[0] is not None), key=lambda p: _place(p[0]), reverse=descending)
    return [*empty, *(item for _, item in full)]
