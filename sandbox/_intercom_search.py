"""Intercom's contact search: filters, groups of filters, and which operators a field takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Doc = dict[str, Any]

_DEPTH, _FILTERS = 2, 15
_TEXT: dict[str, Callable[[str, str], bool]] = {
    "~": lambda has, wanted: wanted in has,
    "!~": lambda has, wanted: wanted not in has,
    "^": lambda has, wanted: has.startswith(wanted),
    "$": lambda has, wanted: has.endswith(wanted),
}
_FIELDS = frozenset(("id", "external_id", "email", "name", "role", "created_at", "updated_at", "tag_id"))


class BadQuery(Exception):
    """The query breaks a rule of the search; the message is what Intercom would say."""


def matches(query: Any, contact: Doc, depth: int = 0) -> bool:
    """Whether the contact fits the query. Raises BadQuery."""
    if not isinstance(query, dict) or "operator" not in query:
        raise BadQuery("query must have an operator")
    if query["operator"] in ("AND", "OR"):
        filters = query.get("value")
        if not isinstance(filters, list) or len(filters) > _FILTERS or depth >= _DEPTH:
            raise BadQuery(f"at most {_FILTERS} filters and {_DEPTH} levels are allowed")
        found = [matches(one, contact, depth + 1) for one in filters]
        return all(found) if query["operator"] == "AND" else any(found)
    return _fits(query, contact)


def _fits(query: Doc, contact: Doc) -> bool:
    name, operator, wanted = str(query.get("field")), query["operator"], query.get("value")
    has = _value(name, contact)
    if name == "tag_id":
        if operator not in ("=", "!="):
            raise BadQuery("tag_id takes = and != only")
        return bool((str(wanted) in contact["tags"]) == (operator == "="))
    match operator:
        case "=":
            return _same(has, wanted)
        case "!=":
            return not _same(has, wanted)
        case "IN" | "NIN":
            if not isinstance(wanted, list):
                raise BadQuery(f"{operator} takes a list")
            return bool(any(_same(has, one) for one in wanted) == (operator == "IN"))
        case ">" | "<" if isinstance(has, int):
            return has > int(str(wanted)) if operator == ">" else has < int(str(wanted))
        case _ if operator in _TEXT and isinstance(has, str):
            return _TEXT[operator](has.lower(), str(wanted).lower())
        case _:
            raise BadQuery(f"operator {operator} is not supported for {name}")


def _value(name: str, contact: Doc) -> Any:
    if name.startswith("custom_attributes."):
        return contact["custom_attributes"].get(name.removeprefix("custom_attributes."))
    if name not in _FIELDS:
        raise BadQuery(f"{name} is not a field that can be searched")
    return contact.get(name)


def _same(has: Any, wanted: Any) -> bool:
    return str(has).lower() == str(wanted).lower() if has is not None and wanted is not None else has is wanted
