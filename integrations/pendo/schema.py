"""Which fields of accounts Pendo has, and their types: GET /api/v1/metadata/schema/account.

`{"auto": {"lastvisit": {"Type": "time"}}, "custom": {"plan": {"Type": "string"}}}`, by where a field comes from.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from expansion.contract import Refused
from integrations.kit import values as values
from integrations.kit.said import number

CUSTOM = "custom"
_VISITS = {("auto", name) for name in ("firstvisit", "lastvisit", "lastupdated")}  # milliseconds since 1970
_NUMBERS = ("integer", "int", "float", "number")
_HOLDS = {
    **dict.fromkeys(_NUMBERS, "number"),
    "string": "text",
    "boolean": "boolean",
    "bool": "boolean",
    "time": "datetime",
}
_SHOWN = 10
Place = tuple[str, str]  # group and name


def place(field: str) -> Place:
    """`custom.plan`, `agent.plan`, `auto.lastvisit`; a plain `plan` is the custom one."""
    group, dot, name = field.partition(".")
    return (group, name) if dot else (CUSTOM, field)


class Schema:
    """The fields, by group and name."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self._types = {
            (group, name): str((about or {}).get("Type") or "")
            for group, fields in told.items()
            for name, about in (fields or {}).items()
        }

    def __contains__(self, where: object) -> bool:
        return where in self._types

    def names(self, group: str = "") -> list[str]:
        """All of them, or those of one group."""
        return sorted(f"{one}.{name}" for one, name in self._types if group in ("", one))

    def shown(self, group: str = "") -> str:
        known = self.names(group)
        return ", ".join(known[:_SHOWN]) + (", …" if len(known) > _SHOWN else "") if known else "none"

    def holds(self, where: Place) -> str:
        """What a field holds, in the kit's words; nothing where its type says nothing."""
        return _HOLDS.get("time" if where in _VISITS else self._types.get(where, ""), "")

    def read(self, where: Place, value: Any) -> Any:
        """A value as it comes; a moment is ISO 8601, for Pendo counts milliseconds."""
        is_time = self._types.get(where) == "time" or where in _VISITS
        milliseconds = number(value) if is_time else None
        if milliseconds is None or not 0 < milliseconds < 1e14:
            return value
        return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat()

    def written(self, name: str, value: object) -> object:
        """A value as its custom field takes it. Raises Refused where it cannot be, or there is no such field."""
        if (CUSTOM, name) not in self:
            raise Refused(
                f"Pendo has no custom field `{name}` of accounts; make it under Settings > Data mappings, or correct "
                f"the playbook (it has {self.shown(CUSTOM)})"
            )
        kind = self._types[CUSTOM, name]
        found = _typed(value, kind)
        if found is None:
            raise Refused(
                f"Pendo: the field `{name}` is of the type {kind}, and `{str(value)[:40]}` is none; change the playbook"
                " (also what it says under `cleared`)"
            )
        return found


def _typed(value: object, kind: str) -> object:
    if kind in _NUMBERS:
        found = values.number(value)
        return None if found is None else values.json_number(found)
    if kind in ("boolean", "bool"):
        return values.yes_no(value)
    return values.text(value or "") if kind == "string" else value
