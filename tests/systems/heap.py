"""Heap in the tests: how to connect to it."""

from __future__ import annotations

from typing import Any

from integrations.heap import INTEGRATION
from integrations.heap.settings import Settings
from integrations.kit.declare import Connected
from integrations.kit.world import World
from sandbox.heap.app import APP_ID, Heap
from tests.integrations.conftest import StandIns
from tests.integrations.contract import HURRIED, TIMEOUT, FakeClock
from tests.systems.declare import System
from tests.systems.traits import WORK


def connect(there: StandIns, at: World | None = None, **changes: Any) -> Connected:
    given: dict[str, Any] = {"app_id": APP_ID, "base_url": there.base_url("heap"), **changes}
    quick = World(retry=HURRIED, clock=FakeClock(), timeout=TIMEOUT)
    return INTEGRATION.connect(Settings(_env_file=None, **given), at or quick)


SYSTEM = System(
    stand_in=Heap,
    sample=dict,
    connect=connect,
    in_world=lambda: {"accounts": []},
    canaries={},
    work={"heap.set_account_properties": WORK},
    cannot_be_asked=True,
)
