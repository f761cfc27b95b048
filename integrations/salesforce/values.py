"""Values for fields of Salesforce: of the type that describe says, under the name that Salesforce spells."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from expansion.contract import Refused
from integrations.kit import values as values
from integrations.salesforce.fields import Described, spelling, unknown
from integrations.salesforce.meanings import SYSTEM

if TYPE_CHECKING:
    from integrations.salesforce.client import Client

_MASTER = "Master"


def _number(value: Any) -> Any:
    found = values.number(value)
    return None if found is None else values.json_number(found)


def _percent(value: Any) -> Any:
    """The field holds 12 for 12 %: `12%` and 12 are the same there."""
    share = values.share(value)
    return _number(value) if share is None else values.json_number(share * 100)


# REST API, "Field Types" -> how a value is read, and what people are told that it takes.
_TYPES: Mapping[str, tuple[Callable[[Any], Any], str]] = {
    **dict.fromkeys(("double", "int", "long", "currency"), (_number, "a number")),
    "percent": (_percent, "a percentage, such as `80%`"),
    "boolean": (values.yes_no, "true or false"),
    "date": (values.day, "a day, such as 2026-03-07"),
    "datetime": (values.moment, "a moment with its zone, such as 2026-03-07T09:00:00Z; a day alone is none"),
    "multipicklist": (lambda value: ";".join(values.items(value)), "a list"),
}
_WHOLE = ("int", "long")


def written(client: Client, sobject: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """What is sent for these fields. Refused where a name is none, or a value is not of its field's type."""
    known = client.fields(sobject) if given else {}
    found: dict[str, Any] = {}
    for asked, value in given.items():
        name = spelling(asked, known)
        if name is None:
            raise unknown(sobject, asked, known)
        found[name] = None if value is None else _of_type(name, known[name], value)
    return found


def _of_type(name: str, described: Described, value: Any) -> Any:
    kind = str(described.get("type"))
    if kind not in _TYPES:
        return values.text(value)
    read, takes = _TYPES[kind]
    found = read(value)
    if found is None or (kind in _WHOLE and isinstance(found, float)):
        what = "a whole number" if kind in _WHOLE else takes
        raise Refused(f"{SYSTEM}: `{name}` takes {what}, and `{str(value)[:60]}` is not; give it a value of that kind")
    return found


def is_id(text: str) -> bool:
    """15 letters and digits, and three more that say which of them are capitals."""
    return re.fullmatch("[A-Za-z0-9]{15}([A-Za-z0-9]{3})?", text) is not None


def moment_text(at: datetime) -> str:
    """A moment as SOQL takes it, without quotes."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def record_type(client: Client, sobject: str, name: str) -> dict[str, str]:
    """The id of a record type by its name or developer name. Refused where the user may use none of that name."""
    infos = [one for one in client.record_types(sobject) if one.get("available") and one.get("name") != _MASTER]
    for one in infos:
        if name.lower() in (str(one.get("name")).lower(), str(one.get("developerName")).lower()):
            return {"RecordTypeId": str(one["recordTypeId"])}
    named = ", ".join(f"`{one.get('name')}`" for one in infos) or "none"
    raise Refused(f"{SYSTEM}: {sobject} has no record type `{name}` for the integration user; it may use {named}")
