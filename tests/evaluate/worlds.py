"""Small worlds to evaluate, drawn so that they aim at edges: what is stored, and the moment of the check."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from expansion.evaluate.engine import Vocabulary
from expansion.usage.storage.store import UsageStore
from tests.evaluate.oracle import Oracle
from tests.evaluate.oracle.stored import GONE
from tests.evaluate.stores import LONG_AGO, Moments, fill, fill_quickly
from tests.evaluate.words import (
    COHORTS,
    CRM,
    FACTS,
    PLANS,
    PROFILE,
    REAL,
    REFERENCED,
    Definition,
    change,
    event,
    member,
    trigger,
    vocabulary,
)

ACCOUNTS = ("acme", "globex", "initech", "o'hara", "umbrella", "zoë")
USERS = ("", "ana", "ben", "eve")
EVENTS = ("export", "print", "paywall")

# Days around which clocks change, and one that is plain. Havana's change over midnight.
MOMENTS = {
    "Europe/London": ("2026-03-29", "2025-10-26", "2026-03-31"),
    "America/New_York": ("2026-03-08", "2025-11-02"),
    "America/Havana": ("2026-03-08", "2025-11-02"),
    "Asia/Kolkata": ("2026-03-01",),
    "Australia/Lord_Howe": ("2026-04-05",),
    "UTC": ("2026-03-03", "2024-02-29"),
}


@dataclass
class World:
    """What is stored, and the moment of the check."""

    zone: str
    as_of: datetime
    batches: list[list[Definition]]
    changes: list[Definition]
    spans: list[Moments]
    first_pulls: dict[str, datetime] = field(default_factory=lambda: {CRM: LONG_AGO, PROFILE: LONG_AGO})
    late: str = "2 days"
    real: tuple[str, ...] = REAL  # events and properties that facts.yaml says are real

    @property
    def vocabulary(self) -> Vocabulary:
        return vocabulary(self.zone, real=self.real, events={"late_after": self.late})

    def store(self, root: Path) -> UsageStore:
        """A store filled the way imports fill it."""
        return fill(root, self.batches, self.changes, self.spans, self.first_pulls)

    def quick_store(self, root: Path) -> UsageStore:
        """The same answers in a tenth of the time."""
        once = {one["id"]: (number, one) for number, one in reversed(self._arrivals())}
        batches = [[one for of, one in once.values() if of == number] for number in range(len(self.batches))]
        return fill_quickly(root, batches, self.changes, self.spans, self.first_pulls)

    def oracle(self) -> Oracle:
        count, unit = self.late.split()
        late = timedelta(days=int(count)) if unit.startswith("day") else timedelta(hours=int(count))
        return Oracle(
            [one for _, one in self._arrivals()], self.changes, FACTS, COHORTS, ZoneInfo(self.zone), self.as_of,
            self.spans, late, self.first_pulls, PLANS, REFERENCED, frozenset(self.real),
        )  # fmt: skip

    def _arrivals(self) -> list[tuple[int, Definition]]:
        """Every event with the number of its batch; of those with one id the first counts."""
        return [
            (number, one)
            for number, batch in enumerate(self.batches)
            for one in sorted(batch, key=lambda e: (e["seen"], e["at"], e["event"]))
        ]


def worlds() -> st.SearchStrategy[World]:
    """Worlds made from a seed: far quicker than drawing every event. Shrinking is up to `shrinking.reduced`."""
    return st.integers(0, 2**24 - 1).map(_world)


def _world(seed: int) -> World:
    return a_world(Random(seed))


def a_world(rnd: Random) -> World:
    zone = rnd.choice(sorted(MOMENTS))
    day = date.fromisoformat(rnd.choice(MOMENTS[zone])) + timedelta(days=rnd.randint(0, 2))
    at = rnd.choice([time(), time(0, 30), time(9), time(12, 0, 0, 1), time(23, 59, 59, 999999)])
    as_of = datetime.combine(day, at, ZoneInfo(zone)).astimezone(UTC)
    moments = _moments(zone, as_of)
    pulls = {
        CRM: rnd.choice([LONG_AGO, LONG_AGO, LONG_AGO, as_of - timedelta(hours=30), as_of + timedelta(days=1)]),
        PROFILE: rnd.choice([LONG_AGO, LONG_AGO, as_of - timedelta(days=3)]),
    }
    changes = _changes(rnd, moments)
    if rnd.random() < 0.7:
        pulls["vip"] = as_of - timedelta(days=rnd.choice([1, 60]))
        changes += [member(account, "vip", True, pulls["vip"]) for account in ACCOUNTS[:4]]
        changes.append(member(ACCOUNTS[0], "vip", False, pulls["vip"] + timedelta(hours=12)))
    spans, late = _some_spans(rnd, as_of, moments), rnd.choice(["2 days", "36 hours", "7 days"])
    events = _batched(rnd, _events(rnd, moments))
    real = rnd.choice([REAL, REAL, REAL, EVENTS, ("export", "rows"), ()])
    return World(zone, as_of, events, changes, spans, pulls, late, real)


def _moments(zone: str, as_of: datetime) -> list[datetime]:
    """Edges: midnights there and hours before the check, the nearer ones more often."""
    today = as_of.astimezone(ZoneInfo(zone)).date()
    days = [0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 13, 14, 15, 27, 28, 29, 30, 31, 55, 56, 60]
    midnights = [datetime.combine(today - timedelta(days=d), time(), ZoneInfo(zone)).astimezone(UTC) for d in days]
    hours = [as_of - timedelta(hours=h) for h in (0, 0, 1, 2, 3, 6, 24, 25, 47, 48, 49, 96)]
    return [*midnights, *hours]


# --- events -----------------------------------------------------------------------------------------------------------

_STEPS = [timedelta(), timedelta(), timedelta(microseconds=1), timedelta(microseconds=-1), timedelta(hours=5)]
_DELAYS = [timedelta()] * 6 + [timedelta(minutes=30), timedelta(days=1), timedelta(days=9)]
_ROWS = [None, 0, 5, 10, 10, "10", 12.5, 12.5, 10**15, "0.1", "", 7]
_FEATURES: list[Any] = [None, "sso", "sso", "SSO", "audit log", "audit log", "10", "true", "", "2026-03-01"]
_FEATURES += [["sso"], ["audit log", "sso"], ["no-sso", 10], [], ["2026-03-01", True], "[beta", '["a", ']
# From one step of a story to the next: at the same microsecond, and at, just within and just beyond a time to walk in.
_GAPS = [
    timedelta(hours=hours) + step for hours in (0, 0, 1, 1, 2, 3, 24, 24, 24, 48, 48, 144, 168) for step in _STEPS[1:4]
]


def _events(rnd: Random, moments: list[datetime]) -> list[Definition]:
    """Loose ones, more of some accounts than of others, and stories: the same events one after another."""
    weights = [rnd.choice([1, 1, 4, 12]) for _ in ACCOUNTS]
    found = [
        _an_event(rnd, account, rnd.choice(EVENTS), rnd.choice(moments) + rnd.choice(_STEPS), rnd.choice(USERS))
        for account in rnd.choices(ACCOUNTS, weights, k=rnd.choice([0, 25, 50]))
    ]
    for _ in range(rnd.choice([0, 8, 16])):
        found += _a_story(rnd, moments)
    rnd.shuffle(found)
    return found


def _a_story(rnd: Random, moments: list[datetime]) -> list[Definition]:
    account, at = rnd.choice(ACCOUNTS), rnd.choice(moments) + rnd.choice(_STEPS)
    user = rnd.choice(USERS[1:])
    told = []
    for name in rnd.choice([EVENTS, EVENTS[:2], EVENTS[::-1], ("export", "paywall", "print"), ("print", "export")]):
        told.append(_an_event(rnd, account, name, at, user))
        at += rnd.choice(_GAPS)
        user = rnd.choice(USERS) if rnd.random() < 0.15 else user
    return told


def _an_event(rnd: Random, account: str, name: str, at: datetime, user: str) -> Definition:
    properties: Definition = {}
    if rnd.random() < 0.75:
        properties["rows"] = rnd.choice(["many", True]) if rnd.random() < 0.03 else rnd.choice(_ROWS)
    if rnd.random() < 0.7:
        properties["feature"] = rnd.choice(_FEATURES)
    return event(account, name, at, user, at + rnd.choice(_DELAYS), **properties)


def _batched(rnd: Random, events: list[Definition]) -> list[list[Definition]]:
    """In two batches; some are sent again, and one with other content, which is a repeat all the same."""
    if not events:
        return []
    cut = rnd.randint(0, len(events))
    first = list({e["id"]: e for e in events[:cut]}.values())
    second = list({e["id"]: e for e in events[cut:]}.values())
    again = rnd.sample(first, min(3, len(first)))
    changed = [{**one, "account": ACCOUNTS[1], "event": "print"} for one in again[:1]]
    return [first + again, second + changed]


# --- facts ------------------------------------------------------------------------------------------------------------

_VALUES: dict[str, list[str | None]] = {
    "seats_used": ["40", "48", "40.0", "0", "50", "45", "44", None, "n/a", GONE],
    "seats_bought": ["50", "50", "0", "60", "-50", "-1", None],
    "arr": ["999.99", "1000", "1000.00", "1e3", "$1,000.00", "", "120,000"],
    "discount": ["20%", "0.2", "19.9%", "twenty"],
    "plan": ["Team", "Team", "Team", "team", "Enterprise", "Enterprise", "Free", " Team ", None, GONE],
    "in_trial": ["true", "no", "1.0", "T", "maybe"],
    "renews_on": [
        "2026-03-29",
        "2026-03-28T23:30:00-05:00",
        "2026-03-01T00:00:00",
        "2026-03-29 00:00:00",
        "2025-11-02",
    ],
    "regions": ['["EU", "US"]', "EU; APAC", "[]", None],
    "role": ["admin", "admin", "member", "Admin", None],
    "logins": ["0", "3", "3.0", "12", "often"],
}
_OFTEN = ["seats_used"] * 8 + ["seats_bought", "plan", "logins", "arr"]


def _changes(rnd: Random, moments: list[datetime]) -> list[Definition]:
    """What was so for long of most accounts, and what changed."""
    if rnd.random() < 0.1:
        return []
    found = [
        _a_change(rnd, account, fact, min(moments) - timedelta(days=rnd.choice([1, 100])))
        for account in ACCOUNTS
        for fact in _VALUES
        if rnd.random() < 0.8
    ]
    for _ in range(rnd.choice([0, 60, 120])):
        since = rnd.choice(moments) + rnd.choice(_STEPS) - timedelta(days=rnd.choice([0, 0, 40]))
        found.append(_a_change(rnd, rnd.choice(ACCOUNTS), rnd.choice([*_VALUES, *_OFTEN]), since))
    return found + _a_creep(rnd, moments)


def _a_creep(rnd: Random, moments: list[datetime]) -> list[Definition]:
    """An account that is nearly full, and at this pace will be only in a lifetime."""
    account, since = rnd.choice(ACCOUNTS), min(moments)
    now = rnd.choice([moment for moment in moments if moment > max(moments) - timedelta(days=5)])
    values = [("seats_bought", "50", since), ("seats_used", "44", since), ("seats_used", "44.001", now)]
    return [change(account, fact, value, at) for fact, value, at in values]


def _a_change(rnd: Random, account: str, fact: str, since: datetime) -> Definition:
    seen = since + rnd.choice([timedelta(), timedelta(), timedelta(), timedelta(days=3)])
    user = rnd.choice(USERS[1:]) if FACTS[fact].get("who") == "users" else ""
    return change(account, fact, rnd.choice(_VALUES[fact]), since, seen, user)


# --- for when events are known ----------------------------------------------------------------------------------------


def _some_spans(rnd: Random, as_of: datetime, moments: list[datetime]) -> list[Moments]:
    """Mostly for ever; else with an end, a beginning, or a hole."""
    ever = (as_of - timedelta(days=400), as_of + timedelta(days=30))
    ends = sorted(rnd.sample(sorted(set(moments)), 3))
    hole = [(ever[0], ends[0]), (ends[1], ends[2])]
    begins, late = [(ends[0], ever[1])], [(ever[0], ends[2])]
    return rnd.choice([*[[ever]] * 6, begins, begins, late, hole, []])


__all__ = [
    "ACCOUNTS", "COHORTS", "CRM", "EVENTS", "FACTS", "MOMENTS", "REFERENCED", "USERS", "Definition", "World",
    "a_world", "change", "event", "fill", "member", "trigger", "vocabulary", "worlds",
]  # fmt: skip
