"""Are the keys taken, do cohorts and events answer, and how many downloads are left?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from integrations.amplitude.client import Client
from integrations.amplitude.meanings import NoEvents, TooMuch
from integrations.kit.declare import Finding
from integrations.kit.doctor import asked

_UNTOLD = "a project's keys may read all of it, and take new events; give them to nobody else"


def check(client: Client, now: Callable[[], datetime]) -> list[Finding]:
    """Nothing is changed, and none of the month's downloads is used."""
    keys = asked("the keys", lambda: _cohorts_answer(client))
    if not keys.ok:
        return [keys]
    return [
        keys,
        asked("raw export", lambda: _export_answers(client, now())),
        Finding("Amplitude does not tell what the keys may do", True, _UNTOLD, "note"),
    ]


def _cohorts_answer(client: Client) -> Finding:
    count = len(client.cohorts())
    return Finding(f"the keys are accepted; {'1 cohort' if count == 1 else f'{count} cohorts'} can be seen", True)


def _export_answers(client: Client, now: datetime) -> Finding:
    """The last hour that is whole; it may be empty, or more than one answer holds."""
    hour = now.astimezone(UTC) - timedelta(hours=client.settings.export_lag_hours)
    lines = client.events(hour, hour)
    try:
        next(lines, None)
    except (NoEvents, TooMuch):
        pass
    finally:
        lines.close()
    return Finding("the raw export answers", True)
