"""What a person has paused: a trigger, a playbook, or a whole integration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from expansion.calendar.spans import day_text, local_date

PauseKind = Literal["trigger", "playbook", "integration"]


@dataclass(frozen=True)
class Pause:
    """Something paused since then, until somebody resumes it."""

    kind: PauseKind
    name: str
    by: str
    since: datetime
    note: str = ""

    def told(self, zone: ZoneInfo) -> str:
        """`trigger seat-limit is paused by dana since 3 March 2026: a new price list`."""
        said = f"{self.kind} {self.name} is paused by {self.by} since {day_text(local_date(self.since, zone))}"
        return f"{said}: {self.note}" if self.note else said


@dataclass(frozen=True)
class Paused:
    """Everything that is paused now, as sentences by name."""

    triggers: Mapping[str, str] = field(default_factory=dict)
    playbooks: Mapping[str, str] = field(default_factory=dict)


def paused(pauses: Iterable[Pause], zone: ZoneInfo) -> Paused:
    """What deciding has to know of these. An integration that is paused holds up steps, and decides nothing."""
    told: dict[PauseKind, dict[str, str]] = {"trigger": {}, "playbook": {}, "integration": {}}
    for each in pauses:
        told[each.kind][each.name] = each.told(zone)
    return Paused(told["trigger"], told["playbook"])
