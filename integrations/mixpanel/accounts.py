"""The accounts that a property of a person, of a group or of an event names."""

from __future__ import annotations

from expansion.usage.forms.cells import as_id, is_nothing


def accounts_in(value: object) -> list[str]:
    """A group key holds one id, or a list of them."""
    many = value if isinstance(value, list) else [value]
    return [as_id(one) for one in many if not is_nothing(one)]
