"""The events of a block as the product's export has them: late ones, repeated ones, and some that are broken."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa

from sandbox.company import words
from sandbox.company.arrays import Flags, Ints
from sandbox.company.log import DAY, EVENTS, LABELS, PROPERTY
from sandbox.company.people import UNNAMED_DAYS
from sandbox.company.world import World

_LATE = 0.02  # of the events, received after days
_AT_MOST_LATE = 14 * DAY
_REPEATED = 0.001
_PROPERTIES = ("feature", "integration", "department")


def events(world: World, block: int) -> tuple[Any, Counter[str]]:
    """The table, and how much of what was planted is in it."""
    log = world.log.columns()
    log["id"] = np.arange(len(log["second"]))
    late = world.rng.random(len(log["id"])) < _LATE
    received = log["second"] + _delay(world.rng, late)
    rows = np.sort(np.concatenate([log["id"], np.flatnonzero(world.rng.random(len(late)) < _REPEATED)]))
    broken = world.rng.random(len(rows)) < world.asked.bad_share
    ahead = broken & (world.rng.random(len(rows)) < 0.5)
    taken = {name: values[rows] for name, values in log.items()}
    table = _table(world, block, taken, received[rows], broken & ~ahead, ahead)
    return table, _planted(rows, broken, ahead, late)


def _delay(rng: np.random.Generator, late: Flags) -> Ints:
    soon = rng.integers(1, 600, len(late))
    after_days = np.minimum(3_600 + rng.exponential(3 * DAY, len(late)), _AT_MOST_LATE).astype(np.int64)
    return np.where(late, after_days, soon)


def _planted(rows: Ints, broken: Flags, ahead: Flags, late: Flags) -> Counter[str]:
    sound = rows[~broken]  # in order, so that a repeated one follows itself
    once = sound[np.diff(sound, prepend=-1) != 0]
    return Counter(
        events=len(once),
        repeats=len(sound) - len(once),
        late=int(late[once].sum()),
        without_account=int((broken & ~ahead).sum()),
        before_it_happened=int(ahead.sum()),
    )


def _table(world: World, block: int, log: dict[str, Ints], received: Ints, nobody: Flags, ahead: Flags) -> Any:
    """`nobody`: no account and no user; `ahead`: received two days before it happened."""
    account, person = (np.where(nobody, -1, log[name]) for name in ("account", "person"))
    received = np.where(ahead, log["second"] - 2 * DAY, received)
    first = world.asked.first
    columns = {
        "event_id": words.ids(f"e{block}-", log["id"]),
        "event": words.picked(EVENTS, log["kind"]),
        "time": words.moments(first, log["second"]),
        "received_at": words.moments(first, received),
        "account_id": words.account_ids(world.accounts, account, log["second"]),
        "user_id": words.person_ids(block, person, _unnamed(world, person, log["second"])),
        **{name: words.picked(LABELS, _of(name, log["label"])) for name in _PROPERTIES},
        "calls": pa.array(log["calls"], mask=log["calls"] < 0),
        "is_bot": pa.array(world.people.bot[np.maximum(person, 0)] & (person >= 0)),
    }
    return pa.table(columns)


def _of(name: str, label: Ints) -> Ints:
    mine = np.array([one == name for one in PROPERTY])
    return np.where((label >= 0) & mine[np.maximum(label, 0)], label, -1).astype(np.int64)


def _unnamed(world: World, person: Ints, second: Ints) -> Flags:
    known = np.maximum(person, 0)
    return world.people.unnamed[known] & (second < (world.people.joined[known] + UNNAMED_DAYS) * DAY)
