"""Small worlds in which engine and oracle once differed; `shrinking.literal` prints an entry. They are asked first."""

# ruff: noqa: E501  # pasted as printed
from __future__ import annotations

from datetime import datetime

from tests.evaluate.words import CRM, PROFILE, Definition, change, event, member
from tests.evaluate.worlds import World

at = datetime.fromisoformat

KEPT: list[tuple[World, Definition]] = []

__all__ = ["CRM", "KEPT", "PROFILE", "at", "change", "event", "member"]
