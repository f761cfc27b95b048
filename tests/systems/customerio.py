"""Customer.io in the tests: how to connect to it."""

from __future__ import annotations

from typing import Any

from expansion.contract import Reply
from integrations.customerio import INTEGRATION
from integrations.customerio.settings import Settings
from integrations.kit.declare import Connected
from integrations.kit.world import World
from sandbox.customerio.app import API_KEY, SITE_ID, CustomerIo
from tests.integrations.conftest import StandIns
from tests.integrations.contract import HURRIED, TIMEOUT, FakeClock
from tests.systems.declare import Record, Shared, System
from tests.systems.traits import WORK, setting


def connect(there: StandIns, at: World | None = None, **changes: Any) -> Connected:
    given = {"site_id": SITE_ID, "api_key": API_KEY, "base_url": there.base_url("customerio"), **changes}
    quick = World(retry=HURRIED, clock=FakeClock(), timeout=TIMEOUT)
    return INTEGRATION.connect(Settings(_env_file=None, **given), at or quick)


def _in_world() -> Record:
    return {"accounts": []}


def _busy(stand_ins: Any, clock: FakeClock) -> StandIns:
    there: StandIns = stand_ins(lambda state: CustomerIo(state, clock.monotonic))
    there.fault("customerio", "status", status=429, body={})
    return there


def _set(worker: Connected, number: int) -> Reply:
    [reply] = worker.actions["customerio.set_object_attributes"].deliver([setting(str(number))])
    return reply


SYSTEM = System(
    stand_in=CustomerIo,
    sample=dict,
    connect=connect,
    in_world=_in_world,
    canaries={"CUSTOMERIO_API_KEY": "canarycustomerio3Tg7Xa"},
    work={"customerio.set_object_attributes": WORK},
    shared=Shared(_busy, 2, _set, (2.9, 5), heard=1),  # what one hears both obey
)
