"""HubSpot's search: its limits, its filters, and an order that is nobody's unless one is asked for.

Limits: developers.hubspot.com, "CRM search", Limits.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.hubspot.refusals import Invalid

Record = dict[str, Any]

LONGEST, MOST_FOUND, MOST_IN_ALL = 3000, 200, 10_000
GROUPS, FILTERS, FILTERS_IN_ALL = 5, 6, 18
_VALUE = {"EQ": "value", "NEQ": "value", "GT": "value", "GTE": "value", "IN": "values"} | dict.fromkeys(
    ("HAS_PROPERTY", "NOT_HAS_PROPERTY"), ""
)


@dataclass(frozen=True)
class Search:
    """A search that may be carried out."""

    groups: list[list[Record]]
    properties: list[str] | None
    sort: str | None
    descending: bool
    query: str
    limit: int
    after: int


def number_of(text: Any, what: str) -> int:
    """A count from a query or body; anything else is refused."""
    if isinstance(text, int) and not isinstance(text, bool) and text >= 0:
        return text
    if isinstance(text, str) and text.isascii() and text.isdecimal() and len(text) < 12:
        return int(text)
    raise Invalid("INVALID_INTEGER", f"{what} must be a number")


def check_search(body: Any, length: int, known: Mapping[str, Any]) -> Search:
    """The search in a request's body of that length; Invalid where HubSpot would not take it."""
    if not isinstance(body, dict):
        raise Invalid("INVALID_JSON", "Invalid input JSON: it is not an object")
    if length > LONGEST:
        raise Invalid("INVALID_SEARCH", f"The request body is longer than {LONGEST} characters")
    limit, after = number_of(body.get("limit", 10), "limit"), number_of(body.get("after") or 0, "after")
    if limit > MOST_FOUND:
        raise Invalid("INVALID_LIMIT", f"limit must be at most {MOST_FOUND}")
    if after + limit > MOST_IN_ALL or after >= MOST_IN_ALL:
        raise Invalid("INVALID_AFTER", f"paging reaches {MOST_IN_ALL} results at most")
    groups = _groups(body.get("filterGroups") or [], known)
    properties, query = body.get("properties"), body.get("query") or ""
    if (properties is not None and not isinstance(properties, list)) or not isinstance(query, str):
        raise Invalid("INVALID_JSON", "Invalid input JSON: properties is a list and query a text")
    sort, descending = _sort(body.get("sorts") or [], known)
    return Search(groups, properties, sort, descending, query.lower(), limit, after)


def found_by(search: Search, records: list[Record]) -> list[Record]:
    """The records that fit. Without an order asked for they come in search's own."""
    found = [record for record in records if _fits(record, search)]
    if search.sort is None:
        return found[::-1]
    name = search.sort
    return sorted(found, key=lambda r: _order(r["properties"].get(name)), reverse=search.descending)


def _groups(groups: Any, known: Mapping[str, Any]) -> list[list[Record]]:
    if not isinstance(groups, list) or not all(
        isinstance(group, dict) and isinstance(group.get("filters", []), list) for group in groups
    ):
        raise Invalid("INVALID_JSON", "Invalid input JSON: filterGroups holds lists of filters")
    read = [list(group.get("filters", [])) for group in groups]
    if len(read) > GROUPS or any(len(one) > FILTERS for one in read) or sum(map(len, read)) > FILTERS_IN_ALL:
        text = f"at most {GROUPS} filterGroups with {FILTERS} filters each, {FILTERS_IN_ALL} in all"
        raise Invalid("INVALID_SEARCH", text)
    for wanted in (one for group in read for one in group):
        _check_filter(wanted, known)
    return read


def _check_filter(wanted: Any, known: Mapping[str, Any]) -> None:
    name, operator = (wanted.get("propertyName"), wanted.get("operator")) if isinstance(wanted, dict) else (None, None)
    if not isinstance(name, str) or name not in known:
        raise Invalid("INVALID_SEARCH", f"There was a problem with the request: property {name} does not exist")
    if not isinstance(operator, str) or operator not in _VALUE:
        raise Invalid("INVALID_SEARCH", f"unknown operator {operator}")
    needs = _VALUE[operator]
    given = wanted.get(needs) if needs else None
    if needs and not (isinstance(given, str) if needs == "value" else isinstance(given, list) and given):
        raise Invalid("INVALID_SEARCH", f"{operator} needs {needs}")


def _sort(sorts: Any, known: Mapping[str, Any]) -> tuple[str | None, bool]:
    if not isinstance(sorts, list) or len(sorts) > 1:
        raise Invalid("INVALID_SEARCH", "only one sort is supported")
    if not sorts:
        return None, False
    one = sorts[0] if isinstance(sorts[0], dict) else {"propertyName": sorts[0]}
    name, direction = one.get("propertyName"), one.get("direction", "ASCENDING")
    if not isinstance(name, str) or name.lstrip("-") not in known or direction not in ("ASCENDING", "DESCENDING"):
        raise Invalid("INVALID_SEARCH", f"cannot sort by {name}")
    return name.lstrip("-"), direction == "DESCENDING" or name.startswith("-")


def _order(value: Any) -> tuple[float, str]:
    """Numbers by their size, and moments by theirs: `value` of a filter has them in milliseconds."""
    text = str(value or "")
    if re.fullmatch(r"-?\d+(\.\d+)?", text):
        return float(text), ""
    try:
        return datetime.fromisoformat(text).timestamp() * 1000, ""
    except ValueError:
        return float("inf"), text


def _fits(record: Record, search: Search) -> bool:
    texts = (str(value).lower() for value in record["properties"].values() if value)
    if search.query and not any(search.query in text for text in texts):
        return False
    return not search.groups or any(all(_passes(record, one) for one in group) for group in search.groups)


def _passes(record: Record, wanted: Record) -> bool:
    """Texts are compared without regard to case; the values of IN are to be written in small letters."""
    seen = record["properties"].get(wanted["propertyName"])
    match wanted["operator"]:
        case "EQ":
            return seen is not None and seen.lower() == wanted["value"].lower()
        case "NEQ":
            return seen is not None and seen.lower() != wanted["value"].lower()
        case "GT":
            return seen is not None and _order(seen) > _order(wanted["value"])
        case "GTE":
            return seen is not None and _order(seen) >= _order(wanted["value"])
        case "IN":
            return seen is not None and seen.lower() in wanted["values"]
        case "HAS_PROPERTY":
            return bool(seen)
    return not seen
