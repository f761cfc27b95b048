"""Accounts that have properties, for stand-ins that take them and tell nothing back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from html import escape
from typing import Any

from sandbox.kit.stand_in import InboxItem
from sandbox.kit.state import State

SET = "set"


def mark(account: str, properties: Mapping[str, Any]) -> str:
    """The key under which it is counted that these were set."""
    return f"{account}|{json.dumps(dict(sorted(properties.items())))}"


class Accounts:
    """Those of one system, by the id that the product gives them."""

    def __init__(self, state: State, system: str) -> None:
        self._state, self._system = state, system

    def set(self, account: str, properties: Mapping[str, Any]) -> None:
        """What was there beside them stays."""
        before = self.of(account)
        self._state.put(self._kept, account, {"id": account, "properties": {**before, **properties}})
        self._state.applied(self._system, SET, mark(account, properties))
        self._state.put(f"{self._system}.set", mark(account, properties), {"account": account, "to": dict(properties)})

    def of(self, account: str) -> dict[str, Any]:
        found: dict[str, Any] = (self._state.get(self._kept, account) or {}).get("properties", {})
        return found

    def inbox(self, word: str) -> list[InboxItem]:
        """A card for each time that something was set to what it was not; `word`: what the system calls it."""
        at = datetime.now(UTC).isoformat(timespec="seconds")
        return [
            InboxItem(self._system, word, one["account"], _title(one["to"]), _html(one["to"], word), at, None, key)
            for key, one in self._state.items(f"{self._system}.set")
        ]

    @property
    def _kept(self) -> str:
        return f"{self._system}.accounts"


def _title(properties: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}: {_said(value)}" for name, value in properties.items())


def _html(properties: Mapping[str, Any], word: str) -> str:
    rows = "".join(
        f"<li><code>{escape(name)}</code>: {escape(_said(value))}</li>" for name, value in properties.items()
    )
    return f"<p>Set on the {escape(word)}:</p><ul>{rows}</ul>"


def _said(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
