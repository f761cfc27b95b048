"""Fields of Gainsight by what an author has written, values for them, and values of theirs as facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from expansion.contract import Refused
from expansion.language.model.mistakes import did_you_mean
from integrations.gainsight.meanings import SYSTEM
from integrations.kit import said, values

Described = Mapping[str, Any]
Fields = Mapping[str, Described]

_MOMENTS = ("DATE", "DATETIME")
_PICKLISTS = ("PICKLIST", "MULTISELECTDROPDOWNLIST")
_LOOKUP = "__gr."  # Csm__gr.Email: a field of what a lookup leads to


def spelling(name: str, known: Fields) -> str | None:
    """The field's name, by itself or by the label that people see; a field of a lookup is taken as it is written."""
    if _LOOKUP in name:
        return name if _of_lookup(name, known) else None
    exact = next((one for one in known if one.lower() == name.lower()), None)
    labelled = [one for one, field in known.items() if str(field.get("label")).lower() == name.lower()]
    return exact or (labelled[0] if len(labelled) == 1 else None)


def _of_lookup(name: str, known: Fields) -> bool:
    return any(one.lower() == name.partition("__gr")[0].lower() for one in known)


def unknown(names: list[str], known: Fields) -> Refused:
    """Why these names cannot be used, with the one that may be meant."""
    named = " and ".join(f"`{name}`" for name in names)
    near = did_you_mean(names[0], known)
    hint = f"did you mean `{near}`?" if near else "use the name that Data Management shows"
    return Refused(f"{SYSTEM}: Company has no field {named}; {hint}")


def plain(described: Described, value: Any) -> Any:
    """A value as a fact: days and moments, which come in milliseconds, as ISO; items of picklists by their names."""
    kind = described.get("dataType")
    if kind in _MOMENTS:
        found = moment(value)
        return value if found is None else found.date().isoformat() if kind == "DATE" else found.isoformat()
    if kind in _PICKLISTS:
        labels = {str(option.get("value")): option.get("label") for option in described.get("options") or []}
        parts = [labels.get(part, part) for part in str(value).split(";")] if value else []
        return parts if kind == _PICKLISTS[1] else parts[0] if parts else None
    return value


def moment(value: Any) -> datetime | None:
    """Milliseconds since 1970, or a moment as text."""
    milliseconds = said.number(value)
    if milliseconds is None:
        return said.moment(value)
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _number(value: Any) -> int | float | None:
    found = values.number(value)
    return None if found is None else values.json_number(found)


def _percentage(value: Any) -> int | float | None:
    """Of a share, its hundredths: a field shows 12 for 12%."""
    share = values.share(value)
    return _number(value) if share is None else values.json_number(share * 100)


# What a field holds -> how a value is read, and what people are told that it takes.
_TYPES: Mapping[str, tuple[Callable[[Any], Any], str]] = {
    **dict.fromkeys(("NUMBER", "CURRENCY"), (_number, "a number")),
    "PERCENTAGE": (_percentage, "a percentage"),
    "BOOLEAN": (values.yes_no, "true or false"),
    "DATE": (values.day, "a day, such as 2026-03-07"),
    "DATETIME": (values.moment, "a moment with its zone, such as 2026-03-07T09:00:00Z; a day alone is none"),
}


def written(known: Fields, given: Mapping[str, Any]) -> dict[str, Any]:
    """What is sent for these fields. Refused where a name is none, or a value is not of its field's type."""
    found: dict[str, Any] = {}
    for asked, value in given.items():
        name = None if _LOOKUP in asked else spelling(asked, known)
        if name is None:
            raise unknown([asked], known)
        found[name] = _of_type(name, known[name], value)
    return found


def _of_type(name: str, described: Described, value: Any) -> Any:
    meta, kind = described.get("meta") or {}, str(described.get("dataType"))
    if meta.get("readOnly") or meta.get("updateable") is False:
        raise Refused(f"{SYSTEM}: `{name}` can only be read there; set another field")
    if kind in ("LOOKUP", "MULTISELECTDROPDOWNLIST"):
        raise Refused(f"{SYSTEM}: `{name}` is a {kind.lower()}, which is not set from here; use a text field")
    if value is None or value == "":
        return None
    read, takes = _TYPES.get(kind, (values.text, "text"))
    if (found := read(value)) is None:
        raise Refused(f"{SYSTEM}: `{name}` takes {takes}, and `{str(value)[:60]}` is not; give it a value of that kind")
    return found
