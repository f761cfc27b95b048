"""On which side of the draw each firing stands in the ledger, and whether the draw is still the same."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from expansion.records.firing import Decision
from expansion.records.ledger import FiringRecord

# What is decided after the draw, so that it happens on one side alone. `paused`: see `_was_drawn`.
AFTER_THE_DRAW: frozenset[Decision] = frozenset(
    {"acting", "flood", "approval", "declined", "carried", "no_playbook", "held_out"}
)


@dataclass(frozen=True)
class Drawn:
    """A firing about which the draw had its say, and what it says today."""

    trigger: str
    unit: str
    at: datetime
    held_out: bool
    acted: bool
    today: bool  # held out by the definitions of today
    said: str = ""  # why it was held out, with the share
    says: str = ""  # what that would be today


def sides(firings: Iterable[FiringRecord], units: Mapping[int, str], today: Mapping[str, str]) -> list[Drawn]:
    """The firings that stand on a side. `units`: what was drawn, by firing; `today`: who is held out now, and why.

    Left out on both sides alike: what was suppressed or only watched, which is decided before the draw; and a trigger's
    quiet first run, after which nobody was acted on.
    """
    every = list(firings)
    quiet = {(one.trigger, one.run_id) for one in every if one.decision == "quiet"}
    return [
        _drawn(one, units[one.id], today) for one in every if _was_drawn(one) and (one.trigger, one.run_id) not in quiet
    ]


def changed_at(drawn: Sequence[Drawn]) -> datetime | None:
    """The last moment at which the draw was certainly another than today's; None where it was always this one.

    Another share stands in the reasons. Another salt shows in who was held out: most of those are not any more. A few
    that changed sides alone have another parent account now, and stay where they were drawn.
    """
    held = [one for one in drawn if one.held_out]
    reasons = {one.says for one in drawn if one.says}
    other = [one for one in held if not one.today or (reasons and one.said not in reasons)]
    if not other:
        return None
    last = max(one.at for one in other)
    before = [one for one in held if one.at <= last]
    return last if len(other) > 1 and 2 * len(other) >= len(before) else None


def on_both_sides(drawn: Iterable[Drawn], since: datetime) -> Collection[str]:
    """Those that stood on another side before a change than after it: what was done before goes on working."""
    return {one.unit for one in drawn if one.at <= since and one.held_out != one.today}


def _drawn(one: FiringRecord, unit: str, today: Mapping[str, str]) -> Drawn:
    held = one.decision == "held_out"
    return Drawn(
        trigger=one.trigger,
        unit=unit,
        at=one.fired_at,
        held_out=held,
        acted=one.decision == "acting",
        today=unit in today,
        said=one.reason if held else "",
        says=today.get(unit, ""),
    )


def _was_drawn(one: FiringRecord) -> bool:
    """A paused trigger decides nothing; a paused playbook is asked for after the draw, of those that are acted on."""
    return one.decision in AFTER_THE_DRAW or (one.decision == "paused" and one.reason.startswith("playbook "))
