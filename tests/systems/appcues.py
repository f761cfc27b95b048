"""Appcues in the tests: an account with groups, users and two segments, and how to connect to it."""

from __future__ import annotations

from typing import Any

from expansion.contract import Piece, Reply
from expansion.fields import Person
from expansion.records.ledger import StepRecord
from integrations.appcues import INTEGRATION
from integrations.appcues.inputs import AddToSegment, SetGroupProperty, SetUserProperty
from integrations.appcues.settings import Settings
from integrations.kit.declare import Connected
from integrations.kit.world import World
from sandbox.appcues.app import Appcues
from tests import world
from tests.integrations.conftest import StandIns
from tests.integrations.contract import ACCOUNTS, HURRIED, TIMEOUT, FakeClock, piece
from tests.systems.declare import About, Mark, Record, Shared, System, Work

NAMES = ["one", "two", "three", *(f"n{n}" for n in range(ACCOUNTS))]
SEGMENTS = [{"id": "seg-1", "name": "Ready for more"}, {"id": "seg-2", "name": "Chaos"}]


def sample() -> Record:
    return {
        "appcues": {
            "groups": [{"group_id": name, "name": name} for name in NAMES],
            "users": [{"user_id": name, "name": name} for name in (*NAMES, "a,b", "x@y.example")],
            "segments": SEGMENTS,
        }
    }


def connect(stand_ins: StandIns, at: World | None = None, **changes: Any) -> Connected:
    known = Appcues.credentials
    given = {
        "account_id": known["APPCUES_ACCOUNT_ID"],
        "api_key": known["APPCUES_API_KEY"],
        "api_secret": known["APPCUES_API_SECRET"],
        "base_url": stand_ins.base_url("appcues"),
        "calls_per_second": 1000,
    }
    in_world = at or World(retry=HURRIED, clock=FakeClock(), timeout=TIMEOUT)
    return INTEGRATION.connect(Settings(_env_file=None, **(given | changes)), in_world)


def group(key: str = "one", account: str | None = None, **changes: Any) -> Piece:
    what = {"property": "seat_nudge", "value": "soft", **changes}
    return piece(SetGroupProperty(**what), key, account or key, "Acme")


def users(*people: str, key: str = "one", **changes: Any) -> Piece:
    what = {"property": "seat_nudge", "value": "soft", **changes}
    return piece(SetUserProperty(**what, people=[Person(user_id=one) for one in people]), key)


def segment(*people: str, key: str = "one", name: str = "Ready for more") -> Piece:
    return piece(AddToSegment(segment=name, people=[Person(user_id=one) for one in people]), key)


# --- in the tests that go through all systems -------------------------------------------------------------------------

_NOBODY = [{"user_id": "nobody"}]


def _in_world() -> Record:
    return {
        "groups": [{"group_id": name, "name": name} for name in world.ACCOUNTS],
        "users": [
            {"user_id": f"{person}-{name}", "name": person, "group": name}
            for name in world.ACCOUNTS
            for person in ("ana", "bo")
        ],
        "segments": SEGMENTS,
    }


def _group(about: About, value: object = "soft") -> Record:
    return {"property": "chaos", "value": value}


def _users(about: About, people: list[dict[str, str]] | None = None) -> Record:
    return {"property": "chaos", "value": "soft", "people": people or about.people}


def _segment(about: About, people: list[dict[str, str]] | None = None) -> Record:
    return {"segment": "Chaos", "people": people or about.people}


def _of_people(by: str, mark: str) -> Any:
    def marks(step: StepRecord) -> list[Mark]:
        return [(by, f"{one['user_id']}|{mark}") for one in (step.input or {})["people"]]

    return marks


def _in_the_time_of(stand_ins: Any, clock: FakeClock) -> StandIns:
    return stand_ins(lambda state: Appcues(state, clock.monotonic), sample=sample())


def _nudge(worker: Connected, number: int) -> Reply:
    """Two calls."""
    [reply] = worker.actions["appcues.set_group_property"].deliver([group("one", value=str(number))])
    return reply


SYSTEM = System(
    stand_in=Appcues,
    sample=sample,
    connect=connect,
    in_world=_in_world,
    canaries={
        "APPCUES_API_KEY": "0badcafe-0000-4000-8000-00000badcafe-07",
        "APPCUES_API_SECRET": "canaryappcues8Lk3Vn",
    },
    work={
        "appcues.set_group_property": Work(
            _group, lambda about: _group(about, None), lambda step: [("property", f"{step.account_id}|chaos=soft")]
        ),
        "appcues.set_user_property": Work(
            _users, lambda about: _users(about, _NOBODY), _of_people("property", "chaos=soft")
        ),
        "appcues.add_to_segment": Work(
            _segment, lambda about: _segment(about, _NOBODY), _of_people("segment", "Chaos")
        ),
    },
    shared=Shared(_in_the_time_of, 55, _nudge, (2, 3)),  # 110 calls, 50 a second
)
