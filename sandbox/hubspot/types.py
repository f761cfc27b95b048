"""What HubSpot takes as a property's value, keeps of it, and says of the property."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any

from sandbox.hubspot.refusals import Invalid

Record = dict[str, Any]

_FIELD_TYPES = {"number": "number", "bool": "booleancheckbox", "date": "date", "datetime": "date", "string": "text"}
# What an admin would have made of a custom property of this name, where the sample does not say.
_MONEY = re.compile(r"(?:^|_)(?:arr|mrr|amount|worth|revenue|price)(?:_|$)")
_SHARE = re.compile(r"(?:^|_)(?:use|usage|share|percent|pct)(?:_|$)")
_SHOWN_AS = {"owner": "string", "stage": "enumeration", "pipeline": "enumeration"}
_SYSTEM = ("hs_object_id", "hs_lastmodifieddate", "createdate")


def type_of(name: str, value: Any) -> Any:
    """The type of a custom property that a sample's record has."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        hint = "currency" if _MONEY.search(name) else "percentage" if _SHARE.search(name) else None
        return {"type": "number", "numberDisplayHint": hint} if hint else "number"
    return "date" if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value) else "string"


def several(*options: str) -> Record:
    """A list of which several may be chosen."""
    shown = [{"label": o.title(), "value": o, "hidden": False, "displayOrder": n} for n, o in enumerate(options)]
    return {"type": "enumeration", "fieldType": "checkbox", "options": shown}


def described(name: str, what: Any, *, unique: bool) -> Record:
    """A property as the properties API shows it. `what`: a type, a tuple of options, or more of the description."""
    more = what if isinstance(what, dict) else {}
    options = what if isinstance(what, tuple) else ()
    kind = "enumeration" if options else _SHOWN_AS.get(str(what)) or more.get("type", what)
    return {
        "name": name,
        "label": name.replace("_", " "),
        "description": "",
        "groupName": "information",
        "type": kind,
        "fieldType": "select" if kind == "enumeration" else _FIELD_TYPES.get(str(kind), "text"),
        "options": [
            {"label": o.title(), "value": o, "hidden": False, "displayOrder": n} for n, o in enumerate(options)
        ],
        "hasUniqueValue": unique,
        "archived": False,
        "modificationMetadata": {
            "archivable": name not in _SYSTEM,
            "readOnlyDefinition": name in _SYSTEM,
            "readOnlyValue": name in _SYSTEM,
        },
        **more,
    }


def refuse_type(name: str, what: Any, value: str) -> None:
    """Raises Invalid where the value is not of its property's type."""
    kind = what.get("type") if isinstance(what, dict) else what
    if isinstance(what, tuple) and value not in what:
        raise Invalid("INVALID_OPTION", f"{value} was not one of the allowed options for {name}: {list(what)}")
    if kind == "bool" and value not in ("true", "false"):
        raise Invalid("INVALID_OPTION", f"{value} was not one of the allowed options for {name}: [true, false]")
    if kind == "number" and not re.fullmatch(r"-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", value):
        raise Invalid("INVALID_INTEGER", f'"{value}" was not a valid number')
    if kind == "date" and not _is_day(value):
        raise Invalid("INVALID_DATE", f"{value} was not a valid date for {name}; it has to be midnight UTC")
    if kind == "datetime" and not _is_moment(value):
        raise Invalid("INVALID_DATE", f"{value} was not a valid timestamp for {name}")


def kept(given: Record) -> Record:
    """What HubSpot keeps of what is written: a due date in milliseconds is given back as ISO writes it."""
    due = str(given.get("hs_timestamp") or "")
    if not due.isdecimal():
        return given
    moment = datetime.fromtimestamp(int(due) / 1000, UTC)
    return given | {"hs_timestamp": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")}


def _is_day(value: str) -> bool:
    if value.isdecimal():
        return int(value) % 86_400_000 == 0
    try:
        return bool(re.fullmatch(r"\d{4}-\d\d-\d\d", value) and date.fromisoformat(value))
    except ValueError:
        return False


def _is_moment(value: str) -> bool:
    if value.isascii() and value.isdecimal():
        return len(value) <= 14
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False
