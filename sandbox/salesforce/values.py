"""What Salesforce takes as a field's value: a field of a type takes JSON of that type, else the request is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sandbox.salesforce.fields import SYSTEM
from sandbox.salesforce.refusals import SoqlError
from sandbox.salesforce.soql import Record

NUMBERS = ("double", "currency", "percent", "int")
_SHAPES = {bool: "VALUE_TRUE", int: "VALUE_NUMBER_INT", float: "VALUE_NUMBER_FLOAT", str: "VALUE_STRING"}
_CALLED = {"currency": "double", "percent": "double"}
# What an admin would have made of a custom field of this name, where the sample does not say.
_MONEY = re.compile(r"(?i)(?:^|_)(?:arr|mrr|amount|worth|revenue|price)(?:_|$)")
_SHARE = re.compile(r"(?i)(?:^|_)(?:use|usage|share|percent|pct)(?:_|$)")


READ_ONLY = {*SYSTEM, "IsClosed", "IsWon", "ClosedDate", "CaseNumber", "HasResponded", "IsConverted"} | {
    "LastStageChangeDate"
}


def readable(fields: Mapping[str, tuple[str, ...]], sobject: str, record: Any) -> Record:
    """A record as sent, cleaned, its names as Salesforce spells them; SoqlError where the request cannot be read."""
    if not isinstance(record, dict):
        raise SoqlError("JSON_PARSER_ERROR", "The HTTP entity body is required to be an object")
    spelt = {name.lower(): name for name in fields}
    given: Record = {}
    for asked, value in record.items():
        if asked.lower() in ("attributes", "id"):
            continue
        name = spelt.get(asked.lower())
        if name is None:
            raise SoqlError("INVALID_FIELD", f"No such column '{asked}' on sobject of type {sobject}")
        if name in READ_ONLY:
            text = f"Unable to create/update fields: {name}. Please check the security settings of this field."
            raise SoqlError("INVALID_FIELD_FOR_INSERT_UPDATE", text)
        given[name] = _value(fields[name][0], value)
    return given


def kind_of(name: str, value: Any) -> list[str]:
    """The type of a custom field that a sample's record has."""
    bare = name.removesuffix("__c")
    if isinstance(value, bool):
        return ["boolean"]
    if isinstance(value, int | float):
        return ["currency" if _MONEY.search(bare) else "percent" if _SHARE.search(bare) else "double"]
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        return ["date"]
    return ["string", "255"]


def _value(kind: str, value: Any) -> Any:
    if value is None:
        return None
    if kind in NUMBERS:
        return _number(kind, value)
    if kind == "boolean":
        return value if isinstance(value, bool) else _refuse("boolean", value)
    if kind == "date":
        return value if isinstance(value, str) and _is_date(value) else _refuse("date", value)
    if kind == "datetime":
        return value if isinstance(value, str) and _is_moment(value) else _refuse("datetime", value)
    return value if isinstance(value, str) else _refuse("string", value)


def _number(kind: str, value: Any) -> Any:
    called = _CALLED.get(kind, kind)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return _refuse(called, value)
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return _refuse(called, value)
    if number != number or number in (float("inf"), float("-inf")):
        return _refuse(called, value)
    if kind == "int":
        return int(number) if number.is_integer() else _refuse(called, value)
    return number


def _refuse(kind: str, value: Any) -> Any:
    if isinstance(value, list | dict):
        shape, shown = ("START_ARRAY" if isinstance(value, list) else "START_OBJECT"), ""
    else:
        shape = "VALUE_FALSE" if value is False else _SHAPES.get(type(value), "VALUE_STRING")
        shown = f" value {str(value).lower() if isinstance(value, bool) else value}"
    text = f"Cannot deserialize instance of {kind} from {shape}{shown} or request may be missing a required field"
    raise SoqlError("JSON_PARSER_ERROR", text)


def _is_date(value: str) -> bool:
    try:
        return bool(re.fullmatch(r"\d{4}-\d\d-\d\d", value) and date.fromisoformat(value))
    except ValueError:
        return False


def _is_moment(value: str) -> bool:
    try:
        return "T" in value and bool(datetime.fromisoformat(value))
    except ValueError:
        return False
