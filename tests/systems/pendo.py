"""Pendo in the tests: a subscription with accounts, visitors, custom fields and segments, and how to connect to it."""

from __future__ import annotations

from typing import Any

from expansion.contract import Piece, Reply
from expansion.fields import Person
from expansion.records.ledger import StepRecord
from integrations.kit.declare import Connected
from integrations.kit.world import World
from integrations.pendo import INTEGRATION
from integrations.pendo.inputs import AddToSegment, SetAccountMetadata
from integrations.pendo.settings import Settings
from sandbox.pendo.app import Pendo
from tests import world
from tests.integrations.conftest import StandIns
from tests.integrations.contract import ACCOUNTS, HURRIED, TIMEOUT, FakeClock, piece
from tests.systems.declare import About, Mark, Record, Shared, System, Work

NAMES = ["one", "two", "three", *(f"n{n}" for n in range(ACCOUNTS))]
VISIT = 1_772_409_600_000  # 2026-03-02T00:00:00Z
FIELDS = [
    {"group": "auto", "name": "lastvisit", "type": "time"},
    {"group": "custom", "name": "plan", "type": "string"},
    {"group": "custom", "name": "nudge", "type": "string"},
    {"group": "custom", "name": "seats", "type": "integer"},
    {"group": "custom", "name": "vip", "type": "boolean"},
]


def account(name: str, **custom: Any) -> Record:
    return {"accountId": name, "metadata": {"auto": {"lastvisit": VISIT}, "custom": {"plan": "team", **custom}}}


def visitor(name: str, *accounts: str) -> Record:
    return {"visitorId": name, "metadata": {"auto": {"accountids": list(accounts)}}}


def sample() -> Record:
    people = (*NAMES, "a,b", "x@y.example")
    segments = [{"id": "seg-1", "name": "Ready for more"}, {"id": "seg-2", "name": "Power users", "visitors": NAMES}]
    return {
        "pendo": {
            "fields": FIELDS,
            "accounts": [account(name) for name in NAMES],
            "visitors": [visitor(name, name) for name in people],
            "segments": segments,
        }
    }


def connect(stand_ins: StandIns, at: World | None = None, **changes: Any) -> Connected:
    given = {
        "integration_key": Pendo.credentials["PENDO_INTEGRATION_KEY"],
        "base_url": stand_ins.base_url("pendo"),
        "calls_per_second": 1000,
    }
    in_world = at or World(retry=HURRIED, clock=FakeClock(), timeout=TIMEOUT)
    return INTEGRATION.connect(Settings(_env_file=None, **(given | changes)), in_world)


def metadata(key: str = "one", account: str | None = None, **changes: Any) -> Piece:
    what = {"field": "nudge", "value": "seat_limit", **changes}
    return piece(SetAccountMetadata(**what), key, account or key, "Acme")


def segment(*people: str, key: str = "one", name: str = "Ready for more") -> Piece:
    return piece(AddToSegment(segment=name, people=[Person(user_id=one) for one in people]), key)


# --- in the tests that go through all systems -------------------------------------------------------------------------

_NOBODY = [{"user_id": "nobody"}]


def _in_world() -> Record:
    return {
        "fields": FIELDS,
        "accounts": [account(name) for name in world.ACCOUNTS],
        "visitors": [visitor(f"{person}-{name}", name) for name in world.ACCOUNTS for person in ("ana", "bo")],
        "segments": [{"id": "seg-1", "name": "Chaos"}],
    }


def _metadata(about: About, value: object = "seat_limit") -> Record:
    return {"field": "nudge", "value": value}


def _segment(about: About, people: list[dict[str, str]] | None = None) -> Record:
    return {"segment": "Chaos", "people": people or about.people}


def _in_it(step: StepRecord) -> list[Mark]:
    return [("segment", f"{one['user_id']}|Chaos") for one in (step.input or {})["people"]]


def _in_the_time_of(stand_ins: Any, clock: FakeClock) -> StandIns:
    found: StandIns = stand_ins(lambda state: Pendo(state, clock.monotonic), sample=sample())
    found.get(Pendo).per_second = 20
    return found


def _nudge(worker: Connected, number: int) -> Reply:
    """Two calls."""
    [reply] = worker.actions["pendo.set_account_metadata"].deliver([metadata("one", value=str(number))])
    return reply


SYSTEM = System(
    stand_in=Pendo,
    sample=sample,
    connect=connect,
    in_world=_in_world,
    canaries={"PENDO_INTEGRATION_KEY": "0badcafe-0000-4000-8000-00000badcafe.eu"},
    work={
        "pendo.set_account_metadata": Work(
            _metadata,
            lambda about: _metadata(about, None),
            lambda step: [("metadata", f"{step.account_id}|nudge=seat_limit")],
        ),
        "pendo.add_to_segment": Work(_segment, lambda about: _segment(about, _NOBODY), _in_it),
    },
    reads="aggregation",
    account_id=lambda account: account,
    shared=Shared(_in_the_time_of, 30, _nudge, (2, 3)),  # 60 calls, 20 a second
)
