"""What one run of chaos is made of, drawn from its seed: work, faults of the systems, ends of the processes."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from random import Random
from typing import Any, Literal

from tests import world
from tests.chaos.faults import Fault, draw_faults
from tests.systems import systems

ACTIONS = tuple(action for one in systems() for action in one.work)
ACCOUNTS = tuple(name for name in world.ACCOUNTS if name != "ac-06")  # whose owner has left
# Where a process can end: before every commit, and around what it sends.
POINTS = ("claimed", "sending", "asked", "answered", "resolved", "commit", "taken over", "looked at")
LEASE = 1.5  # seconds
SETTLE = 0.8
TIMEOUT = 0.3

Database = Literal["sqlite", "postgresql"]


@dataclass(frozen=True)
class Step:
    """One step of a firing. `bad`: the system refuses it."""

    action: str
    can_fail: bool = False
    bad: bool = False


@dataclass(frozen=True)
class Ending:
    """How a process ends, or falls asleep for `asleep` seconds: at the n-th time at a point, or after so long.

    full: from that point on its disk takes nothing more, until it ends by itself.
    """

    how: Literal["kill", "stop", "full"]
    point: str | None
    nth: int = 1
    after: float = 0.0
    asleep: float = 0.0


@dataclass(frozen=True)
class Wrong:
    """A machine's clock that is so many seconds ahead of the right time, and `after` so many seconds set by `by`."""

    ahead: float = 0.0
    after: float = 0.0
    by: float = 0.0


RIGHT = Wrong()


@dataclass(frozen=True)
class Plan:
    """One run. It can be written down, cut shorter and run again."""

    seed: int
    database: Database
    workers: int
    firings: tuple[tuple[Step, ...], ...]  # one per account
    faults: tuple[Fault, ...] = ()
    endings: tuple[Ending, ...] = ()
    key_field: bool = True  # Salesforce has our field; otherwise the key stands in the text
    key_property: Literal["unique", "searched", "none"] = "unique"  # of HubSpot's tasks
    history: bool = True  # the bot may read what it posted
    crowd: bool = False  # all messages go to one channel, as digests and one a second
    settle: float = SETTLE
    clocks: tuple[Wrong, ...] = ()  # of the workers' machines, in turn; workers on SQLite share the first

    def clock(self, worker: int) -> Wrong:
        """What the machine of this worker thinks that it is."""
        if not self.clocks:
            return RIGHT
        return self.clocks[0 if self.database == "sqlite" else worker % len(self.clocks)]

    def by_account(self) -> dict[str, tuple[Step, ...]]:
        """The steps of each account's firing."""
        return dict(zip(ACCOUNTS, self.firings, strict=False))

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1)


def draw(seed: int, databases: tuple[Database, ...] = ("sqlite", "postgresql")) -> Plan:
    """The run of a seed; the same on every machine."""
    chance = Random(seed)
    database = chance.choice(databases)
    workers = chance.randint(1, 2) if database == "sqlite" else chance.choice((1, 2, 2, 3, 4))
    crowd = chance.random() < 0.08
    firings = _crowd(chance) if crowd else tuple(_steps(chance) for _ in range(chance.randint(2, 7)))
    plan = Plan(
        seed,
        database,
        workers,
        firings,
        draw_faults(chance, {step.action.partition(".")[0] for steps in firings for step in steps}),
        tuple(_ending(chance) for _ in range(chance.choice((0, 1, 1, 2, 2, 3, 4)))),
        key_field=chance.random() < 0.7,
        key_property=chance.choice(("unique", "unique", "searched", "none")),
        history=chance.random() < 0.9,
        crowd=crowd,
        clocks=_clocks(chance, database),
    )
    return replace(plan, endings=(*_full(chance, database), *plan.endings))


def _full(chance: Random, database: Database) -> tuple[Ending, ...]:
    """A ledger on SQLite lies on the worker's own disk, and that can be full."""
    if database != "sqlite" or chance.random() < 0.75:
        return ()
    return (Ending("full", chance.choice(POINTS), chance.randint(1, 3)),)


def _clocks(chance: Random, database: Database) -> tuple[Wrong, ...]:
    """Nearly half of the runs have machines that are hours off, or whose clock is set while they work.

    On SQLite all is one machine, and a clock that is wrong from the beginning is its clock: only setting it counts.
    """
    if chance.random() < 0.55:
        return ()
    if database == "sqlite":
        return (Wrong(after=round(chance.uniform(0.1, 2.0), 3), by=_off(chance)),)
    return (RIGHT, *(Wrong(_off(chance), round(chance.uniform(0.1, 2.0), 3), _set(chance)) for _ in range(3)))


def _off(chance: Random) -> float:
    return chance.choice((-1, 1)) * chance.choice((60.0, 3_600.0, 7_200.0, 86_400.0 * 3))


def _set(chance: Random) -> float:
    return chance.choice((0.0, 0.0, -3_600.0, 3_600.0))


def _steps(chance: Random) -> tuple[Step, ...]:
    """A playbook of one to four different actions."""
    chosen = chance.sample(ACTIONS, chance.randint(1, 4))
    return tuple(Step(action, chance.random() < 0.3, chance.random() < 0.04) for action in chosen)


def _crowd(chance: Random) -> tuple[tuple[Step, ...], ...]:
    post = Step("slack.post_message", chance.random() < 0.5)
    after = ("salesforce.create_task", "salesforce.create_opportunity")
    return tuple((post, Step(chance.choice(after))) for _ in range(chance.randint(3, len(ACCOUNTS))))


def _ending(chance: Random) -> Ending:
    point = chance.choice((None, *POINTS))
    nth = chance.randint(1, 12) if point in ("asked", "commit") else chance.randint(1, 3)
    after = chance.uniform(0.0, 1.0)
    if chance.random() < 0.75:
        return Ending("kill", point, nth, after)
    # Shorter than the lease, or past it. Longer than lease and settling together nobody is safe: see docs/reliability.
    asleep = chance.choice((chance.uniform(0.1, 1.0), LEASE + chance.uniform(0.1, 0.5) * SETTLE))
    return Ending("stop", point, nth, after, round(asleep, 3))


def read(text: str) -> Plan:
    """A plan that `to_json` wrote."""
    said: dict[str, Any] = json.loads(text)
    firings = tuple(tuple(Step(**step) for step in steps) for steps in said.pop("firings"))
    faults = tuple(Fault(**fault) for fault in said.pop("faults"))
    endings = tuple(Ending(**ending) for ending in said.pop("endings"))
    clocks = tuple(Wrong(**one) for one in said.pop("clocks", ()))
    return Plan(**said, firings=firings, faults=faults, endings=endings, clocks=clocks)


def shorter(plan: Plan) -> list[Plan]:
    """The plan with one thing less: an ending, a fault, a firing, all workers but one."""
    found = [replace(plan, endings=_without(plan.endings, n)) for n in range(len(plan.endings))]
    found += [replace(plan, faults=_without(plan.faults, n)) for n in range(len(plan.faults))]
    found += [
        replace(plan, firings=_without(plan.firings, n)) for n in range(len(plan.firings)) if n or plan.firings[1:]
    ]
    found += [replace(plan, clocks=())] if plan.clocks else []
    return found + ([replace(plan, workers=1)] if plan.workers > 1 else [])


def _without(items: tuple[Any, ...], number: int) -> tuple[Any, ...]:
    return items[:number] + items[number + 1 :]
