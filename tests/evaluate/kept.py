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
    # A month before the day before March 1 is a month before February 28, not the day before February 1.
    (
        World(
            "UTC",
            at("2026-03-01T09:00:00+00:00"),
            batches=[
                [
                    event("globex", "export", at("2026-02-27T10:00:00+00:00"), key="e0", rows=12.5),
                    event("globex", "print", at("2026-01-31T00:00:00+00:00"), key="e1", rows="10"),
                ],
            ],
            changes=[change("globex", "plan", "Team", at("2025-09-22T00:00:00+00:00"))],
            spans=[(at("2025-01-25T09:00:00+00:00"), at("2026-03-01T09:00:00+00:00"))],
        ),
        {"when": [{"fact": "days_to_exports", "is_one_of": [62, 3660], "in_at_least": "2 of the last 3 days"}]},
    ),
    # A person asked about alone is ranked among the people of accounts that were not asked about.
    (
        World(
            "UTC",
            at("2026-03-05T00:00:00+00:00"),
            batches=[],
            changes=[change("acme", "logins", "12", at("2026-01-03T00:00:00+00:00"), user="ana")],
            spans=[(at("2025-01-29T00:00:00+00:00"), at("2026-03-05T00:00:00+00:00"))],
        ),
        {"who": "users", "when": [{"event": "any event", "over": "1 day", "among_top": "80%", "of": "seat_usage"}]},
    ),
    # Nobody had looked a week before the check, so there may have been a pace.
    (
        World(
            "UTC",
            at("2026-03-05T09:00:00+00:00"),
            batches=[],
            changes=[change("acme", "plan", "Team", at("2026-03-03T00:00:00+00:00"))],
            spans=[],
            first_pulls={CRM: at("2026-03-03T00:00:00+00:00")},
        ),
        {"when": [{"fact": "days_to_full", "exists": False}]},
    ),
    # Where clocks go back, an hour comes twice: of two moments the one that reads earlier may be the later one.
    (
        World(
            "America/Havana",
            at("2025-11-04T05:00:00+00:00"),
            batches=[[event("acme", "print", at("2025-11-02T05:00:00+00:00"), key="e0", rows=30)]],
            changes=[],
            spans=[(at("2024-09-30T05:00:00+00:00"), at("2025-11-04T05:00:00+00:00"))],
        ),
        {"when": [{"event": "print", "over": "48 hours", "sum": "rows", "less_than": 25, "for": "2 days"}]},
    ),
]

__all__ = ["CRM", "KEPT", "PROFILE", "at", "change", "event", "member"]
