"""Intercom's contact search: filters, groups of filters, and which operators a field takes, by its type.

Fields, types and operators: developers.intercom.com, "Search contacts", version 2.15. Dates are matched by the day of
the workspace, which is UTC here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.intercom.refusals import Problem

Doc = dict[str, Any]

_DEPTH, _FILTERS = 2, 15
_DAY = 86_400

_STRINGS = (
    "id role name avatar email email_domain phone external_id language_override browser browser_language os "
    "location.country location.region location.city ios_app_version ios_device ios_app_device ios_os_version "
    "ios_app_name ios_sdk_version android_app_version android_device android_app_name andoid_sdk_version"
)
_DATES = (
    "created_at signed_up_at updated_at last_seen_at last_contacted_at last_replied_at last_email_opened_at "
    "last_email_clicked_at ios_last_seen_at android_last_seen_at"
)
_FIELDS = {
    **dict.fromkeys(_STRINGS.split(), "string"),
    **dict.fromkeys(_DATES.split(), "date"),
    **dict.fromkeys(("unsubscribed_from_emails", "marked_email_as_spam", "has_hard_bounced"), "boolean"),
    "owner_id": "integer",
    "tag_id": "tag",
}
_OPERATORS = {
    "string": ("=", "!=", "IN", "NIN", "~", "!~", "^", "$"),
    "integer": ("=", "!=", "IN", "NIN", "<", ">", "<=", ">="),
    "boolean": ("=", "!=", "IN", "NIN"),
    "date": ("=", "<", ">"),
    "tag": ("=", "!="),
}
_OF_ATTRIBUTES = {"integer": "integer", "float": "integer", "boolean": "boolean", "date": "date", "datetime": "date"}
_TEXT: dict[str, Callable[[str, str], bool]] = {
    "~": lambda has, wanted: wanted in has,
    "!~": lambda has, wanted: wanted not in has,
    "^": lambda has, wanted: has.startswith(wanted),
    "$": lambda has, wanted: has.endswith(wanted),
}
_ORDER: dict[str, Callable[[float, float], bool]] = {
    "<": lambda has, wanted: has < wanted,
    ">": lambda has, wanted: has > wanted,
    "<=": lambda has, wanted: has <= wanted,
    ">=": lambda has, wanted: has >= wanted,
}


class BadQuery(Problem):
    """The query breaks a rule of the search; the message is what Intercom would say."""

    def __init__(self, message: str) -> None:
        super().__init__(400, "parameter_invalid", message)


def matches(query: Any, contact: Doc, types: Mapping[str, str], depth: int = 0) -> bool:
    """Whether the contact fits the query; `types`: of the workspace's own attributes. Raises BadQuery."""
    if not isinstance(query, dict) or "operator" not in query:
        raise BadQuery("query must have an operator")
    if query["operator"] in ("AND", "OR"):
        filters = query.get("value")
        if not isinstance(filters, list) or len(filters) > _FILTERS or depth >= _DEPTH:
            raise BadQuery(f"at most {_FILTERS} filters and {_DEPTH} levels are allowed")
        found = [matches(one, contact, types, depth + 1) for one in filters]
        return all(found) if query["operator"] == "AND" else any(found)
    return _fits(query, contact, types)


def _fits(query: Doc, contact: Doc, types: Mapping[str, str]) -> bool:
    name, operator, wanted = str(query.get("field")), query["operator"], query.get("value")
    kind = _kind(name, types)
    if operator not in _OPERATORS[kind]:
        raise BadQuery(f"operator {operator} is not supported for {name}")
    if isinstance(wanted, list) != (operator in ("IN", "NIN")):
        raise BadQuery(f"{operator} takes {'a list' if operator in ('IN', 'NIN') else 'one value'}")
    has = _value(name, contact)
    if kind == "tag":
        return bool((str(wanted) in contact["tags"]) == (operator == "="))
    if isinstance(wanted, list):
        return bool(any(_same(has, _read(one, kind, name)) for one in wanted) == (operator == "IN"))
    if kind == "date":
        return _by_day(has, operator, int(_read(wanted, kind, name)))
    given = None if wanted is None else _read(wanted, kind, name)
    if operator in _TEXT:
        return isinstance(has, str) and _TEXT[operator](has.lower(), str(given).lower())
    if operator in _ORDER:
        return isinstance(has, int | float) and isinstance(given, float) and _ORDER[operator](has, given)
    return bool(_same(has, given) == (operator == "="))


def _kind(name: str, types: Mapping[str, str]) -> str:
    if name.startswith("custom_attributes."):
        return _OF_ATTRIBUTES.get(types.get(name.removeprefix("custom_attributes."), "string"), "string")
    if name not in _FIELDS:
        raise BadQuery(f"{name} is not a field that can be searched")
    return _FIELDS[name]


def _value(name: str, contact: Doc) -> Any:
    if name.startswith("custom_attributes."):
        return contact["custom_attributes"].get(name.removeprefix("custom_attributes."))
    if name == "email_domain":
        return str(contact.get("email") or "").partition("@")[2] or None
    return contact.get(name, False if _FIELDS[name] == "boolean" else None)


def _read(wanted: Any, kind: str, name: str) -> Any:
    """The value to look for, as the field's type has it; a number may have come as text, or with a point."""
    if kind in ("integer", "date"):
        try:
            found = float(wanted) if isinstance(wanted, int | float | str) and not isinstance(wanted, bool) else None
        except ValueError:
            found = None
        if found is None or found != found or abs(found) > 1e15:
            raise BadQuery(f"{name} takes a number")
        return found
    if kind == "boolean":
        if str(wanted).lower() not in ("true", "false"):
            raise BadQuery(f"{name} takes true or false")
        return str(wanted).lower() == "true"
    if not isinstance(wanted, str | int):
        raise BadQuery(f"{name} takes text")
    return wanted


def _by_day(has: Any, operator: str, wanted: int) -> bool:
    """`=` is the whole day, `>` from the next one on, `<` before its start."""
    if has is None:
        return False
    day, asked = int(has) // _DAY, wanted // _DAY
    return day == asked if operator == "=" else day > asked if operator == ">" else day < asked


def _same(has: Any, wanted: Any) -> bool:
    if isinstance(wanted, float):
        return isinstance(has, int | float) and has == wanted
    return str(has).lower() == str(wanted).lower() if has is not None and wanted is not None else has is wanted
