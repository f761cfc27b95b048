"""Segment in the tests: profiles of five accounts, and how to connect to it."""

from __future__ import annotations

from typing import Any

from pydantic import SecretStr

from expansion.contract import FactRecord, Wanted
from integrations.kit.declare import Connected
from integrations.kit.world import World
from integrations.segment import INTEGRATION
from integrations.segment.settings import Settings
from sandbox.segment.app import SPACE, TOKEN, WRITE_KEY, Segment
from tests import world
from tests.integrations.conftest import StandIns
from tests.integrations.contract import HURRIED, TIMEOUT, FakeClock
from tests.systems.declare import Record, Shared, System
from tests.systems.traits import WORK

COMPANIES = ("acme", "globex", "initech", "hooli", "umbrella")


def sample() -> Record:
    return {"segment": {"accounts": [{"id": name, "traits": {"plan": "team", "seats": 5}} for name in COMPANIES]}}


def connect(there: StandIns, at: World | None = None, **changes: Any) -> Connected:
    given: dict[str, Any] = {"profile_token": SecretStr(TOKEN), "space_id": SPACE, "write_key": SecretStr(WRITE_KEY)}
    quick = World(retry=HURRIED, clock=FakeClock(), timeout=TIMEOUT)
    settings = Settings(_env_file=None, **{**given, "base_url": there.base_url("segment"), **changes})
    return INTEGRATION.connect(settings, at or quick)


# --- in the tests that go through all systems -------------------------------------------------------------------------


def _in_world() -> Record:
    return {"accounts": [{"id": name, "traits": {"plan": "team"}} for name in world.ACCOUNTS]}


def _in_the_time_of(stand_ins: Any, clock: FakeClock) -> StandIns:
    return stand_ins(lambda state: Segment(state, clock.monotonic), sample=sample())


def _read(worker: Connected, _: int) -> list[FactRecord]:
    """Thirty calls."""
    asked = Wanted({"plan": frozenset({"text"})}, world.AS_OF, accounts=COMPANIES * 6)
    return list(worker.sources["segment.profile"].wanted(asked))


SYSTEM = System(
    stand_in=Segment,
    sample=sample,
    connect=connect,
    in_world=_in_world,
    canaries={"SEGMENT_PROFILE_TOKEN": "canarysegment5Hn2Lw", "SEGMENT_WRITE_KEY": "canarysegment8Vq4Rz"},
    work={"segment.set_group_traits": WORK},
    reads="collections",
    shared=Shared(_in_the_time_of, 7, _read, (2, 4)),  # 210 calls, a hundred a second
)
