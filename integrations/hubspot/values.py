"""Properties of HubSpot by what an author has written, and values for them: HubSpot keeps every value as text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from expansion.contract import Refused
from expansion.language.model.mistakes import did_you_mean
from integrations.hubspot.meanings import SYSTEM
from integrations.kit import values as values

Described = Mapping[str, Any]
Properties = Mapping[str, Described]


def spelling(name: str, known: Properties) -> str | None:
    """The internal name; HubSpot writes all of them in small letters."""
    return next((one for one in known if one.lower() == name.lower()), None)


def unknown(kind: str, names: list[str], known: Properties) -> Refused:
    """Why these names cannot be used, with the one that may be meant."""
    named = ", ".join(f"`{name}`" for name in names)
    near = did_you_mean(names[0], known)
    hint = f"did you mean `{near}`?" if near else "use the internal name, as in its settings"
    return Refused(f"{SYSTEM}: {kind} have no property {named}; {hint}")


def holds(described: Described) -> str:
    """What a property holds: its type, and for a number how HubSpot shows it (`numberDisplayHint`)."""
    kind = str(described.get("type"))
    hint = str(described.get("numberDisplayHint") or "")
    match kind:
        case "number" if hint in ("percentage", "probability"):
            return "percent"
        case "number" if hint == "currency" or described.get("showCurrencySymbol"):
            return "currency"
        case "number" | "date" | "datetime":
            return kind
        case "bool":
            return "boolean"
        case "enumeration":
            return "list" if described.get("fieldType") == "checkbox" else "text"
        case "string" | "phone_number":
            return "text"
    return ""


def _number(value: Any) -> str | None:
    """A share is the number itself: HubSpot shows 0.12 as 12 %."""
    found = values.number(value)
    return None if found is None else values.digits(found)


def _yes_no(value: Any) -> str | None:
    found = values.yes_no(value)
    return None if found is None else str(found).lower()


# What a property holds -> how a value is read, and what people are told that it takes.
_TYPES: Mapping[str, tuple[Callable[[Any], str | None], str]] = {
    **dict.fromkeys(("number", "percent", "currency"), (_number, "a number")),
    "boolean": (_yes_no, "true or false"),
    "date": (values.day, "a day, such as 2026-03-07"),
    "datetime": (values.moment, "a moment with its zone, such as 2026-03-07T09:00:00Z; a day alone is none"),
    "list": (lambda value: ";".join(values.items(value)), "a list"),
}


def written(kind: str, known: Properties, given: Mapping[str, Any]) -> dict[str, str]:
    """What is sent for these properties. Refused where a name is none, or a value is not of its property's type."""
    found: dict[str, str] = {}
    for asked, value in given.items():
        name = spelling(asked, known)
        if name is None:
            raise unknown(kind, [asked], known)
        found[name] = "" if value is None or value == "" else _of_type(name, known[name], value)
    return found


def _of_type(name: str, described: Described, value: Any) -> str:
    held = holds(described)
    if held not in _TYPES:
        return values.text(value)
    read, takes = _TYPES[held]
    found = read(value)
    if found is None:
        raise Refused(f"{SYSTEM}: `{name}` takes {takes}, and `{str(value)[:60]}` is not; give it a value of that kind")
    return found
