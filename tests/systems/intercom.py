"""Intercom in the tests: a workspace of five people, what becomes of them, and how to connect to it."""

from __future__ import annotations

from typing import Any

from expansion.contract import Piece
from expansion.fields import Person
from expansion.records.ledger import StepRecord
from integrations.intercom import INTEGRATION
from integrations.intercom.inputs import EnrolInSeries, SendEvent, SetCompanyAttribute
from integrations.intercom.settings import Settings
from integrations.kit.world import World
from sandbox.intercom.app import Intercom
from tests import world
from tests.integrations.conftest import StandIns
from tests.integrations.contract import HURRIED, TIMEOUT, FakeClock, piece
from tests.systems.declare import About, Mark, Record, Shared, System, Work

SERIES = "seats-soft-nudge"
SAMPLE = {
    "intercom": {
        "contacts": [
            {"external_id": "one", "email": "ana@acme.example", "name": "Ana", "companies": ["acme"]},
            {"external_id": "two", "email": "ben@acme.example", "name": "Ben", "companies": ["acme"]},
            {"external_id": "cleo", "email": "cleo@acme.example", "name": "Cleo", "unsubscribed_from_emails": True},
            {"external_id": "twin a", "email": "twins@acme.example", "name": "Twin A", "role": "lead"},
            {"external_id": "twin b", "email": "twins@acme.example", "name": "Twin B", "role": "lead"},
        ],
        "attributes": ["expansion_series"],
        "company_attributes": ["expansion_stage", {"name": "seats", "data_type": "integer"}],
        "conversations": [
            {
                "id": str(n),
                "created_at": 1_772_440_000 + n,
                "updated_at": 1_772_450_000 + n,
                "contact": "one",
                "company_id": "acme",
                "tags": ["advanced"] if n == 1 else [],
            }
            for n in range(3)
        ],
        "series": [{"name": "Storage tips", "event": "storage-nearly-full"}],
    }
}


def connect(stand_ins: StandIns, **how: Any) -> Any:
    settings = Settings(access_token="secret-token", base_url=stand_ins.base_url("intercom"), _env_file=None)
    return INTEGRATION.connect(settings, World(**{"retry": HURRIED, "clock": FakeClock(), "timeout": TIMEOUT, **how}))


def enrolment(*people: str | Person, key: str = "one", **how: Any) -> Piece:
    return piece(EnrolInSeries(series=SERIES, people=[person(p) for p in people], **how), key)


def event(*people: str | Person, key: str = "one", **how: Any) -> Piece:
    return piece(SendEvent(**{"event": "expansion-ready", **how}, people=[person(p) for p in people]), key)


def company(key: str = "one", account: str = "acme", **attributes: Any) -> Piece:
    return piece(SetCompanyAttribute(attributes=attributes or {"expansion_stage": "ready"}), key, account)


def person(one: str | Person) -> Person:
    return one if isinstance(one, Person) else Person(user_id=one)


# --- in the tests that go through all systems -------------------------------------------------------------------------

_NOBODY = [{"user_id": "nobody"}]


def _in_world() -> Record:
    people = [_contact(name, person) for name in world.ACCOUNTS for person in ("ana", "bo")]
    return {"contacts": people, "company_attributes": ["chaos"]}


def _contact(account: str, person: str) -> dict[str, Any]:
    who = f"{person}-{account}"
    return {"external_id": who, "email": f"{who}@x.example", "name": who, "role": "user", "companies": [account]}


def _enrolment(about: About, people: list[dict[str, str]] | None = None) -> Record:
    return {"series": "Seats", "tag": "chaos", "people": people or about.people}


def _event(about: About, people: list[dict[str, str]] | None = None) -> Record:
    return {"event": "chaos-event", "people": people or about.people}


def _tagged(step: StepRecord) -> list[Mark]:
    given = step.input or {}
    return [("tag", f"{one['user_id']}|{given['tag']}") for one in given["people"]]


def _did(step: StepRecord) -> list[Mark]:
    given, at = step.input or {}, int(step.fired_at.timestamp())
    return [("event", f"{one['user_id']}|{given['event']}|{at}") for one in given["people"]]


def _set(about: About) -> Record:
    return {"attributes": {"chaos": "yes"}}


def _was_set(step: StepRecord) -> list[Mark]:
    return [("company", f"{step.account_id}|chaos=yes")]


def _busy_for_seven_seconds(stand_ins: Any, clock: FakeClock) -> StandIns:
    world: StandIns = stand_ins(lambda state: Intercom(state, clock.monotonic), sample={})
    world.fault("intercom", "status", status=429, body={}, headers={"X-RateLimit-Reset": str(int(clock.now) + 7)})
    return world


SYSTEM = System(
    stand_in=Intercom,
    sample=lambda: SAMPLE,
    connect=connect,
    in_world=_in_world,
    canaries={"INTERCOM_ACCESS_TOKEN": "dG9rO" + "canaryintercom77Zt="},
    work={
        "intercom.enrol_in_series": Work(_enrolment, lambda about: _enrolment(about, _NOBODY), _tagged),
        "intercom.set_company_attribute": Work(
            _set, lambda about: {"attributes": {"nowhere": "yes"}}, _was_set, sets_again=True
        ),
        "intercom.send_event": Work(_event, lambda about: _event(about, _NOBODY), _did),
    },
    reads="conversations/search",
    # What one hears both obey.
    shared=Shared(_busy_for_seven_seconds, 2, lambda worker, _: worker.check(), (6.9, 10), heard=1),
)
