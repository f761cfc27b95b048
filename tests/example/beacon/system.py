"""Beacon in the tests: a workspace of accounts, a note on one of them, and how to connect to it."""

from __future__ import annotations

from typing import Any

from expansion.contract import Piece, Reply
from integrations.kit.declare import Connected
from integrations.kit.world import World
from tests import world
from tests.example.beacon.integration import INTEGRATION
from tests.example.beacon.integration.inputs import PostNote
from tests.example.beacon.integration.settings import Settings
from tests.example.beacon.stand_in.app import Beacon
from tests.integrations.conftest import StandIns
from tests.integrations.contract import HURRIED, TIMEOUT, FakeClock, piece
from tests.systems.declare import About, Record, Shared, System, Work, step_key


def sample(accounts: int = 5) -> Record:
    return {"beacon": {"accounts": [_account(f"acct-{n}", n, 60 + n) for n in range(accounts)]}}


def connect(stand_ins: StandIns, at: World | None = None, **changes: Any) -> Connected:
    given = {"token": Beacon.credentials["BEACON_TOKEN"], "base_url": stand_ins.base_url("beacon"), **changes}
    return INTEGRATION.connect(
        Settings(_env_file=None, **given), at or World(retry=HURRIED, clock=FakeClock(), timeout=TIMEOUT)
    )


def note(key: str = "one", number: int = 0, account: str | None = None, **changes: Any) -> Piece:
    what = {"title": "Seats: Acme is at 92%", "text": "Because:\n- 46 of 50 seats", **changes}
    return piece(PostNote(**what), key, account or f"acct-{number}", "Acme")


def _account(name: str, number: int, health: int | None) -> Record:
    known = {"id": f"ba_{number}", "external_id": name, "name": f"Customer {number}", "csm": "dana@seller.example"}
    return {**known, "health_score": health, "open_risks": number % 3, "updated_at": "2026-01-05T09:00:00+00:00"}


# --- in the tests that go through all systems -------------------------------------------------------------------------


def _in_world() -> Record:
    return {"accounts": [_account(name, number, 70) for number, name in enumerate(world.ACCOUNTS)]}


def _note(about: About, text: str = "Because.") -> Record:
    return {"title": f"Call {about.account}", "text": text}


def _in_the_time_of(stand_ins: Any, clock: FakeClock) -> StandIns:
    return stand_ins(lambda state: Beacon(state, clock.monotonic), sample=sample())


def _post(worker: Connected, number: int) -> Reply:
    """Two calls."""
    [reply] = worker.actions["beacon.post_note"].deliver([note(str(number))])
    return reply


SYSTEM = System(
    stand_in=Beacon,
    sample=sample,
    connect=connect,
    in_world=_in_world,
    canaries={"BEACON_TOKEN": "bcn_" + "canarybeacon5Rr2Wd"},
    work={"beacon.post_note": Work(_note, lambda about: _note(about, " "), step_key("post_note"))},
    reads="accounts",
    account_id=lambda account: f"ba_{world.ACCOUNTS.index(account)}",
    shared=Shared(_in_the_time_of, 70, _post, (60, 62)),  # 140 calls: the second minute has begun
)
