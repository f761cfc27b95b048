"""Carries a SOQL query out over the stand-in's records."""

from __future__ import annotations

import re
from typing import Any

from sandbox._salesforce_fields import STANDARD
from sandbox._salesforce_org import Org
from sandbox._soql import Item, Query, Record, SoqlError, parse


class Runner:
    """Holds each query against the org's fields, then filters, groups and sorts."""

    def __init__(self, org: Org) -> None:
        self._org = org

    def run(self, text: str) -> tuple[list[Record], bool]:
        """The rows of a query, and whether they are of an aggregate."""
        query = parse(text)
        fields = self._org.fields(query.sobject)
        for path, filtered in query.paths:
            self._check_path(query.sobject, fields, path, filtered)
        for path, literal in query.literals:
            is_id = path in fields and fields[path][0] in ("id", "reference")
            if is_id and literal is not None and not re.fullmatch(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?", str(literal)):
                raise SoqlError("INVALID_QUERY_FILTER_OPERATOR", f"invalid ID field: {literal}")
        rows = self._org.all(query.sobject)
        if query.where:
            test = query.where(lambda record, path: self._value(query.sobject, record, path))
            rows = [r for r in rows if test(r)]
        if query.group_by or any(i.function for i in query.items):
            return self._aggregate(query, rows), True
        if query.order_by:
            rows = self._sorted(query, rows)
        rows = rows[: query.limit]
        return [self._row(query.sobject, r, [i.path or "" for i in query.items]) for r in rows], False

    def _sorted(self, query: Query, rows: list[Record]) -> list[Record]:
        by = query.order_by or "Id"

        def place(record: Record) -> tuple[bool, str]:
            value = self._value(query.sobject, record, by)
            return value is not None, str(value).casefold()  # nulls first, as Salesforce has it

        return sorted(rows, key=place, reverse=query.descending)

    def _aggregate(self, query: Query, rows: list[Record]) -> list[Record]:
        groups: dict[Any, list[Record]] = {}
        for record in rows:
            groups.setdefault(
                self._value(query.sobject, record, query.group_by) if query.group_by else None, []
            ).append(record)
        if not query.group_by and not groups:
            groups[None] = []
        keys = sorted(groups, key=lambda k: str(k).casefold(), reverse=query.descending) if query.order_by else groups
        made = [self._group(query, key, groups[key]) for key in keys]
        return made[: query.limit]

    def _group(self, query: Query, key: Any, rows: list[Record]) -> Record:
        made: Record = {"attributes": {"type": "AggregateResult"}}
        for number, item in enumerate([i for i in query.items if i.function]):
            made[item.alias or f"expr{number}"] = self._function(query.sobject, item, rows)
        for item in query.items:
            if not item.function:
                if item.path != query.group_by:
                    raise SoqlError("MALFORMED_QUERY", f"Field must be grouped or aggregated: {item.path}")
                made[str(item.path)] = key
        return made

    def _function(self, sobject: str, item: Item, rows: list[Record]) -> Any:
        values = [self._value(sobject, r, item.path or "Id") for r in rows]
        values = [v for v in values if v is not None]
        match item.function:
            case "COUNT":
                return len(values)
            case "MAX":
                return max(values, default=None)
            case "MIN":
                return min(values, default=None)
            case "SUM":
                return sum(values)
        raise SoqlError("MALFORMED_QUERY", f"unexpected token: '{item.function}'")

    def _check_path(self, sobject: str, fields: dict[str, tuple[str, ...]], path: str, filtered: bool) -> None:
        head, _, rest = path.partition(".")
        if rest:
            target = next((kind[1] for kind in fields.values() if kind[0] == "reference" and kind[2] == head), None)
            if target is None or target not in STANDARD:
                text = f"Didn't understand relationship '{head}' in field path."
                raise SoqlError("INVALID_FIELD", text)
            self._check_path(target, self._org.fields(target), rest, filtered)
            return
        if path not in fields:
            text = f"No such column '{path}' on entity '{sobject}'. If you are attempting to use a custom field, be "
            text += "sure to append the '__c' after the custom field name."
            raise SoqlError("INVALID_FIELD", text)
        if filtered and fields[path][0] == "textarea":
            raise SoqlError("INVALID_FIELD", f"field '{path}' can not be filtered in a query call")

    def _value(self, sobject: str, record: Record, path: str) -> Any:
        head, _, rest = path.partition(".")
        if not rest:
            return record.get(path)
        name, kind = next((n, k) for n, k in self._org.fields(sobject).items() if k[0] == "reference" and k[2] == head)
        other = self._org.get(kind[1], record.get(name) or "")
        return self._value(kind[1], other, rest) if other else None

    def _row(self, sobject: str, record: Record, paths: list[str]) -> Record:
        row: Record = {
            "attributes": {"type": sobject, "url": f"/services/data/v67.0/sobjects/{sobject}/{record['Id']}"}
        }
        for path in paths:
            head, _, rest = path.partition(".")
            value = self._value(sobject, record, path)
            if not rest:
                row[head] = value
            elif value is None:
                row.setdefault(head, None)
            else:
                row[head] = (row.get(head) or {"attributes": {"type": head}}) | {rest: value}
        return row
