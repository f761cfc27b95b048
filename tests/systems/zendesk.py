"""Zendesk in the tests: a help desk with a few tickets, and how to connect to it."""

from __future__ import annotations

from typing import Any

from integrations.kit.declare import Connected
from integrations.kit.world import World
from integrations.zendesk import INTEGRATION
from integrations.zendesk.settings import Settings
from sandbox.zendesk.app import Zendesk
from tests import world
from tests.integrations.conftest import StandIns
from tests.integrations.contract import HURRIED, TIMEOUT, FakeClock
from tests.systems.declare import Record, Shared, System

ORGANIZATIONS = [{"id": 9, "external_id": "acme", "name": "Acme", "organization_fields": {}}]
USERS = [{"id": 5, "external_id": "ana", "name": "Ana", "email": "ana@acme.example"}]


def ticket(number: int, opened: str = "2026-03-02T10:00:00Z", **more: Any) -> Record:
    """One of Ana's; `more` as Zendesk calls it."""
    known = {"id": number, "created_at": opened, "updated_at": opened, "status": "open", "priority": "high"}
    return {**known, "requester_id": 5, "organization_id": 9, "via": {"channel": "email"}, "tags": [], **more}


def sample(*tickets: Record) -> Record:
    return {"zendesk": {"tickets": list(tickets), "users": USERS, "organizations": ORGANIZATIONS}}


def connect(stand_ins: StandIns, at: World | None = None, **changes: Any) -> Connected:
    there = Zendesk.credentials
    given = {"subdomain": "sandbox", "email": there["ZENDESK_EMAIL"], "api_token": there["ZENDESK_API_TOKEN"]}
    settings = Settings(_env_file=None, **{**given, "base_url": stand_ins.base_url("zendesk"), **changes})
    return INTEGRATION.connect(settings, at or World(retry=HURRIED, clock=FakeClock(), timeout=TIMEOUT))


# --- in the tests that go through all systems -------------------------------------------------------------------------


def _in_world() -> Record:
    organizations = [
        {"id": number, "external_id": name, "organization_fields": {}} for number, name in enumerate(world.ACCOUNTS)
    ]
    tickets = [ticket(number, organization_id=number, requester_id=None) for number, _ in enumerate(world.ACCOUNTS)]
    return {"tickets": tickets, "organizations": organizations, "users": []}


def _start(stand_ins: Any, clock: FakeClock) -> StandIns:
    there: StandIns = stand_ins(lambda state: Zendesk(state, clock.monotonic), sample=sample())
    return there


def _pull(worker: Connected, _: int) -> object:
    return list(worker.sources["zendesk.tickets"].events("1970-01-01", "1970-01-02", "external_id"))


SYSTEM = System(
    stand_in=Zendesk,
    sample=lambda: sample(ticket(1)),
    connect=connect,
    in_world=_in_world,
    canaries={"ZENDESK_API_TOKEN": "zdk" + "canaryzendesk8Vw3Qp"},
    reads="incremental/tickets",
    shared=Shared(_start, 12, _pull, (60, 63)),  # nine a minute: the second one has begun
)
