"""A value that a prepared guide or flow looks for, set on a record of the system's own and withdrawn afterwards.

No vendor shows a guide by a call. What is set makes people eligible; what they see, and when, is the guide's business.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from expansion.contract import Done, Refused, Standing
from integrations.kit import values as values
from integrations.kit.said import number


@dataclass(frozen=True)
class Nudge:
    """A property or field by its name, the value that makes eligible, and the one that no guide looks for."""

    name: str
    value: object
    cleared: object

    def needs_value(self, system: str) -> None:
        """Raises Refused where the playbook's template had nothing to fill in."""
        if self.value is None:
            raise Refused(f"{system}: the value of `{self.name}` is not known for this account, so nothing was set")

    def is_set(self, known: object) -> bool:
        return same(known, self.value)

    def standing(self, known: object, where: str) -> Standing:
        """How it stands, where that is what the record holds now."""
        there = self.is_set(known)
        return Standing(there, missing=None if there else f"`{self.name}` of {where} has another value by now")

    def withdrawn(self, known: object, remote_id: str, where: str, clear: Callable[[], object]) -> Done:
        """Cleared, unless it is something else by now: that somebody has set, and it stays."""
        if same(known, self.cleared):
            return Done(remote_id, note=f"`{self.name}` of {where} is cleared already", already=True)
        if not self.is_set(known):
            return Done(remote_id, note=f"`{self.name}` of {where} was changed since, and stays as it is", already=True)
        clear()
        return Done(remote_id, note=f"`{self.name}` of {where} is cleared; who has seen the guide has seen it")


def same(known: object, value: object) -> bool:
    """78 is 78.0 and `78`, true is `true`, and nothing at all is the empty text."""
    if isinstance(known, bool) or isinstance(value, bool):
        return values.yes_no(known) is values.yes_no(value)
    left, right = number(known), number(value)
    if left is not None and right is not None:
        return left == right
    return values.text(known or "") == values.text(value or "")
