"""Gainsight PX in the tests: people of accounts, who matched a segment, and how to connect to it."""

from __future__ import annotations

from typing import Any

from pydantic import SecretStr

from expansion.contract import Piece
from expansion.fields import Person
from expansion.records.ledger import StepRecord
from integrations.gainsight_px import INTEGRATION
from integrations.gainsight_px.inputs import AddToSegment
from integrations.gainsight_px.settings import Settings
from integrations.kit.declare import Connected
from integrations.kit.world import World
from sandbox.gainsight_px.app import GainsightPx
from tests import world
from tests.integrations.conftest import StandIns
from tests.integrations.contract import HURRIED, TIMEOUT, FakeClock, piece
from tests.systems.declare import About, Mark, Record, Shared, System, Work

SEGMENT = "Ready for more"


def sample(people: int = 5) -> Record:
    return {"gainsight_px": {"users": [{"identifyId": f"u-{n}", "accountId": f"acct-{n}"} for n in range(people)]}}


def connect(stand_ins: StandIns, at: World | None = None, **changes: Any) -> Connected:
    given = {
        "api_key": SecretStr(GainsightPx.credentials["GAINSIGHT_PX_API_KEY"]),
        "base_url": stand_ins.base_url("gainsight_px"),
        **changes,
    }
    settings = Settings(_env_file=None, **given)
    return INTEGRATION.connect(settings, at or World(retry=HURRIED, clock=FakeClock(), timeout=TIMEOUT))


def add(*people: str, key: str = "one", segment: str = SEGMENT) -> Piece:
    return piece(AddToSegment(segment=segment, people=[Person(user_id=one) for one in people]), key)


# --- in the tests that go through all systems -------------------------------------------------------------------------


def _in_world() -> Record:
    users = [{"identifyId": f"{who}-{name}", "accountId": name} for name in world.ACCOUNTS for who in ("ana", "bo")]
    return {"users": users, "segments": [], "matches": []}


def _add(about: About, people: list[dict[str, str]] | None = None) -> Record:
    return {"segment": "chaos", "people": people or about.people}


def _added(step: StepRecord) -> list[Mark]:
    given = step.input or {}
    return [("add", f"{one['user_id']}|{given['segment']}") for one in given["people"]]


def _in_the_time_of(stand_ins: Any, clock: FakeClock) -> StandIns:
    found: StandIns = stand_ins(lambda state: GainsightPx(state, clock.monotonic), sample=sample())
    return found


SYSTEM = System(
    stand_in=GainsightPx,
    sample=sample,
    connect=connect,
    in_world=_in_world,
    canaries={"GAINSIGHT_PX_API_KEY": "c0ffee01-9f8e-4d7c-8b6a-" + "ca4a1a77b9ec"},
    work={
        "gainsight_px.add_to_segment": Work(
            _add, lambda about: _add(about, [{"user_id": "nobody"}]), _added, sets_again=True
        )
    },
    reads="v1/segment",
    shared=Shared(_in_the_time_of, 400, lambda worker, _: worker.check(), (1.8, 4)),  # 180 a second
)
