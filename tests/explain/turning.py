"""Changes carried out: what an explanation says would turn an answer, done to the world, for the oracle to judge."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

from expansion.explain.turns.kinds import Flip
from tests.evaluate.oracle.counting import matches
from tests.evaluate.oracle.stored import NOW, Who
from tests.evaluate.words import FACTS, Definition, change, event
from tests.evaluate.worlds import EVENTS, World

_SOON = timedelta(microseconds=1)
_MADE = ("added", "step")  # ids of events that a test makes up
_PROPERTIES: list[Definition] = [
    {name: value for name, value in (("rows", rows), ("feature", feature)) if value is not None}
    for rows, feature in product(
        [None, 10, 5, 7, 0, 10**15, True], [None, "sso", "audit log", "10", "2026-03-01", "2026-02-01"]
    )
]


class NotTried(Exception):
    """A change that this module does not know how to carry out."""


@dataclass(frozen=True)
class Asked:
    """A condition, of whom, and in which world."""

    world: World
    clause: Definition
    who: Who

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.world.zone)

    def answer(self, world: World | None = None) -> str:
        """What the oracle says, in a world that may be changed."""
        return (world or self.world).oracle().clause(self.clause, self.who, NOW)

    # --- time ---------------------------------------------------------------------------------------------------------

    def later(self, on: date | datetime, world: World | None = None) -> World:
        """The world at a later check, with nothing new: what arrives later never does, and sources go on to be seen."""
        world = world or self.world
        moment = on.astimezone(UTC) if isinstance(on, datetime) else self.check_on(on)
        now = self.world.as_of
        known = [(first, min(last, now)) for first, last in world.spans if first <= now]
        return replace(
            world,
            as_of=moment,
            batches=[[one for one in batch if _is_known(one, now)] for batch in world.batches],
            changes=[one for one in world.changes if _is_known(one, now)],
            first_pulls={name: at for name, at in world.first_pulls.items() if at <= now} | _never(world, now),
            spans=[*known, (now, now + timedelta(days=800))],
        )

    def check_on(self, day: date) -> datetime:
        """The check of a day, at the same time."""
        at = self.world.as_of.astimezone(self.zone).time()
        return datetime.combine(day, at, self.zone).astimezone(UTC)

    @property
    def today(self) -> date:
        return self.world.as_of.astimezone(self.zone).date()

    # --- events -------------------------------------------------------------------------------------------------------

    def fitting(self, wanted: Definition) -> Definition:
        """The name and properties of an event that fits."""
        named = wanted["event"]
        names = [named] if isinstance(named, str) else named
        name = EVENTS[0] if names == ["any event"] else names[0]
        for properties in _PROPERTIES:
            if matches({"event": name, "properties": properties}, {**wanted, "event": name}):
                return {"name": name, "properties": properties}
        raise NotTried("an event that fits")

    def one(self, wanted: Definition, at: datetime, user: str, key: str, **more: Any) -> Definition:
        made = self.fitting(wanted)
        user = self.who.user or user
        return event(self.who.account, made["name"], at, user, at, key, **{**made["properties"], **more})

    def with_events(self, events: list[Definition], world: World | None = None) -> World:
        world = world or self.world
        return replace(world, batches=[*world.batches, events])

    def counted(self, wanted: Definition, days_ago: int = 0) -> list[Definition]:
        """The events that a condition counts."""
        oracle = self.world.oracle()
        return oracle.counting.window(wanted, self.who, NOW.day_before(days_ago))[0]

    def without(self, events: list[Definition]) -> World:
        gone = {one["id"] for one in events}
        return replace(self.world, batches=[[e for e in batch if e["id"] not in gone] for batch in self.world.batches])

    # --- facts --------------------------------------------------------------------------------------------------------

    def with_fact(self, name: str, text: str | None, world: World | None = None) -> World:
        """A fact that is so from the check on."""
        world = world or self.world
        user = str(self.who.user) if FACTS[name].get("who") == "users" else ""
        made = change(self.who.account, name, text, world.as_of, None, user)
        key = ("source", "field", "account", "user", "since", "seen")
        kept = [one for one in world.changes if [one[k] for k in key] != [made[k] for k in key]]
        return replace(world, changes=[*kept, made])


def _is_known(row: Definition, now: datetime) -> bool:
    """Known at the check, or made up by a test."""
    return row["seen"] <= now or str(row.get("id", "")).startswith(_MADE)


def _never(world: World, now: datetime) -> dict[str, datetime]:
    """Sources that were not pulled by now never are."""
    return {name: now + timedelta(days=9_000) for name, at in world.first_pulls.items() if at > now}


def as_text(value: Any) -> str:
    """A value as a source sends it."""
    if isinstance(value, Fraction):
        with localcontext() as context:
            context.prec = 60
            return f"{Decimal(value.numerator) / Decimal(value.denominator):f}"
    return {True: "true", False: "false"}.get(value, str(value))


# --- more, and fewer --------------------------------------------------------------------------------------------------


def amounts(flip: Flip) -> dict[str, int]:
    """How many of what, together: times, people, days."""
    every = (flip, *flip.also)
    return {one.name: one.amount for one in every if one.kind == "more"}


def with_more(asked: Asked, wanted: Definition, more: dict[str, int]) -> World:
    """So many more events now; by others, or on days without any, or with other values where that is asked."""
    people, days, values = (more.get(name, 0) for name in ("people", "days", "distinct"))
    count = max(more.get("times", 0), people, days, values)
    free = [asked.world.as_of]
    if days:
        free = _free_moments(asked, wanted, days)
    made = []
    for number in range(count):
        user = f"new{number}" if number < people else _anybody(asked, wanted) if "people" in more else ""
        at = free[number % len(free)] if number < max(days, 1) else free[0]
        at = _taken(asked, wanted) if "count" in asked.clause and not days else at
        other = {wanted["distinct"]: f"other {number}"} if "distinct" in wanted and number < values else {}
        made.append(asked.one(wanted, at, user, f"added{number}", **other))
    return asked.with_events(made)


def _taken(asked: Asked, wanted: Definition) -> datetime:
    """A moment on a day on which it happened anyway; now where it never did."""
    taken: list[datetime] = [one["at"] for one in asked.counted(wanted)]
    return max(taken, default=asked.world.as_of)


def _anybody(asked: Asked, wanted: Definition) -> str:
    return next((one["user"] for one in asked.counted(wanted)), "")


def _free_moments(asked: Asked, wanted: Definition, count: int) -> list[datetime]:
    """Moments on days in the window on which nothing happened yet."""
    taken = {one["at"].astimezone(asked.zone).date() for one in asked.counted(wanted)}
    found = []
    for back in range(0, 70):
        day = asked.today - timedelta(days=back)
        at = asked.world.as_of if back == 0 else datetime.combine(day, time(23, 59), asked.zone).astimezone(UTC)
        trial = asked.one(wanted, at, "", "trial")
        world = asked.with_events([trial])
        inside = world.oracle().counting.window(wanted, asked.who, NOW)[0]
        if day not in taken and any(one["id"] == "trial" for one in inside):
            found.append(at)
        if len(found) == count:
            return found
    raise NotTried("a day in the window without such an event")


def fewer(asked: Asked, wanted: Definition, what: str, count: int, days_ago: int = 0) -> World:
    """Without so many of the events that are counted: those of the least busy people, or days, or values."""
    events = asked.counted(wanted, days_ago)
    if what == "times":
        return asked.without(_spare(events)[:count])
    by = {"people": "user", "days": "day"}.get(what)
    if by is None:
        raise NotTried(what)
    keys = sorted({one[by] for one in events} - {""}, key=str)[:count]
    return asked.without([one for one in events if one[by] in keys])


def _spare(events: list[Definition]) -> list[Definition]:
    """Those first whose person, and day, has others."""
    left = list(events)
    order = []
    while left:
        spare = next((one for one in left if _has_others(one, left)), left[0])
        order.append(spare)
        left.remove(spare)
    return order


def _has_others(one: Definition, events: list[Definition]) -> bool:
    same = [sum(other[key] == one[key] for other in events) > 1 for key in ("user", "day")]
    return all(same) or (not one["user"] and same[1])


# --- another value ----------------------------------------------------------------------------------------------------


def with_value(asked: Asked, name: str, value: Any, was: Any) -> World:
    """A fact, or what is made of a property, that is so instead."""
    definition = FACTS.get(name, {})
    if "from" in definition:
        return asked.with_fact(name, None if value is None else as_text(value))
    counted = next((word for word in ("times", "people", "days") if word in definition), None)
    if counted:
        wanted = {"event": definition[counted], "over": definition["over"], "where": definition.get("where", {})}
        if value > was:
            return with_more(asked, wanted, {counted: int(value - was)})
        return fewer(asked, wanted, counted, int(was - value))
    return _with_property(asked, value, was)


def _with_property(asked: Asked, value: Any, was: Any) -> World:
    """One event more, so that a property comes to a value."""
    clause = asked.clause
    word = next((word for word in ("sum", "max", "latest") if word in clause), None)
    if word is None or "in_at_least" in clause or (word == "max" and value < was):
        raise NotTried("what is made of many")
    given = as_text(value - was) if word == "sum" else as_text(value)
    wanted = {key: clause[key] for key in ("event", "where") if key in clause}
    made = asked.one(wanted, asked.world.as_of, "", "zz-added", **{clause[word]: given})
    if not matches({"event": made["event"], "properties": made["properties"]}, wanted):
        raise NotTried("an event that fits")
    return asked.with_events([made])


# --- sequences --------------------------------------------------------------------------------------------------------


def with_steps(asked: Asked, flip: Flip, day: date, world: World | None = None) -> World:
    """The steps that are left, one right after the other, the last one at the check of a day; today just after it."""
    steps = asked.clause["sequence"][flip.value :]
    user = flip.was or "walker"
    at = asked.check_on(day) - (len(steps) - 1) * _SOON if day > asked.today else asked.world.as_of + _SOON
    if at.astimezone(asked.zone).date() != day or (at + len(steps) * _SOON).astimezone(asked.zone).date() != day:
        raise NotTried("at midnight")
    made = []
    for number, step in enumerate(steps):
        wanted = step if isinstance(step, dict) else {"event": step}
        made.append(asked.one(wanted, at + number * _SOON, user, f"step{number}"))
    world = asked.with_events(made, world)
    return replace(world, as_of=max(world.as_of, at + (len(steps) - 1) * _SOON))
