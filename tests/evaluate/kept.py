"""Small worlds in which engine and oracle once differed; `shrinking.literal` prints an entry. They are asked first."""

from __future__ import annotations

from datetime import datetime

from tests.evaluate.words import CRM, PROFILE, Definition, change, event, member
from tests.evaluate.worlds import World

at = datetime.fromisoformat

KEPT: list[tuple[World, Definition]] = [
    # Accounts are no peers by a count of which only a part was seen.
    (
        World(
            "UTC",
            at("2025-11-03T17:00:00.000001+00:00"),
            batches=[],
            changes=[change("acme", "seats_used", "40", at("2025-10-04T04:00:00.000001+00:00"))],
            spans=[],
        ),
        {"when": [{"fact": "seats_used", "among_top": "25%", "of": "exports"}]},
    ),
    # The largest of values of which one cannot be read is not known, though there are others.
    (
        World(
            "UTC",
            at("2024-02-29T00:30:00+00:00"),
            batches=[
                [
                    event("acme", "print", at("2024-02-27T23:30:00+00:00"), key="e0", rows=True),
                    event("acme", "paywall", at("2024-02-24T05:00:00+00:00"), key="e1", rows=0),
                ],
            ],
            changes=[],
            spans=[(at("2023-01-25T00:30:00+00:00"), at("2024-02-29T00:30:00+00:00"))],
        ),
        {"when": [{"event": "any event", "over": "7 days", "max": "rows", "exists": False}]},
    ),
]

__all__ = ["CRM", "KEPT", "PROFILE", "at", "change", "event", "member"]
