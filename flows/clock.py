"""The only clock. Everything below takes the time as an argument."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> datetime:
    return datetime.now(UTC)


def moment(as_of: datetime | None) -> datetime:
    """The moment of a check: now, or the one asked for; a time without a zone is UTC."""
    if as_of is None:
        return utc_now()
    return as_of if as_of.tzinfo else as_of.replace(tzinfo=UTC)
