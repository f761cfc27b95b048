"""Mixpanel in the tests: five events and three people of two accounts, and how to connect to it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pydantic import SecretStr

from expansion.contract import EventRow
from integrations.kit.declare import Connected
from integrations.kit.retry import RetryPolicy
from integrations.kit.world import World
from integrations.mixpanel import INTEGRATION
from integrations.mixpanel.settings import Settings
from sandbox.mixpanel import app as stand_in
from tests import world
from tests.integrations.conftest import StandIns
from tests.integrations.contract import FakeClock
from tests.systems.declare import Record, Shared, System
from tests.systems.traits import WORK

DAY = 1_772_409_600  # 2026-03-02T00:00:00Z
QUICK = RetryPolicy(tries=3, first_wait=0.01, sleep=lambda _: None)


def event(n: int = 0, **changed: Any) -> dict[str, Any]:
    row = {"event": "Report Viewed", "distinct_id": "ana", "time": DAY + n, "insert_id": f"id-{n}"}
    return {**row, "properties": {"company_id": "acme", "feature": "sso"}, **changed}


def person(name: str, **properties: Any) -> dict[str, Any]:
    known = {"$email": f"{name}@acme.example", "$name": name.title(), "role": "admin", "company_id": "acme"}
    return {"distinct_id": name, "properties": {**known, **properties}}


SAMPLE = {
    "mixpanel": {
        "events": [event(n) for n in range(5)],
        "profiles": [person("ana"), person("bo", company_id=["acme", "globex"]), person("cy", company_id=None)],
        "groups": [
            {"distinct_id": "acme", "properties": {"seats_bought": 50, "plan": "team"}},
            {"distinct_id": "globex", "properties": {"seats_bought": "20"}},
        ],
        "cohorts": [{"id": 7, "name": "Power users", "members": ["ana", "cy", "nobody"]}],
    }
}


def connected(there: StandIns, at: World | None = None, **changed: Any) -> Connected:
    settings = {
        "service_account": stand_in.SERVICE_ACCOUNT,
        "secret": SecretStr(stand_in.SECRET),
        "project_id": stand_in.PROJECT_ID,
        "data_group_id": str(stand_in.DATA_GROUP_ID),
        "group_key": stand_in.GROUP_KEY,
        "project_token": stand_in.TOKEN,
        "base_url": there.base_url("mixpanel"),
        **changed,
    }
    return INTEGRATION.connect(Settings(**settings), at or World(retry=QUICK))


# --- in the tests that go through all systems -------------------------------------------------------------------------


def _in_world() -> Record:
    profiles = [_profile(name, person) for name in world.ACCOUNTS for person in ("ana", "bo")]
    return {"events": _events(), "profiles": profiles, "groups": [], "cohorts": []}


def _profile(account: str, person: str) -> dict[str, Any]:
    role = "admin" if person == "ana" else "editor"
    known = {"$email": f"{person}-{account}@x.example", "$name": person, "role": role, "company_id": account}
    return {"distinct_id": f"{person}-{account}", "properties": known}


def _events() -> list[dict[str, Any]]:
    found = []
    for account in world.ACCOUNTS:
        for n in range(6):
            name = "Paywall Viewed" if account in world.PAYWALL and n < 4 else "Session Started"
            person = ("ana", "bo")[n % 2]
            found.append(
                {
                    "event": name,
                    "distinct_id": f"{person}-{account}",
                    "time": int((world.AS_OF - timedelta(days=n, hours=1)).timestamp()),
                    "insert_id": f"{account}-{n}",
                    "properties": {"company_id": account},
                }
            )
    return found


def _in_the_time_of(stand_ins: Any, clock: FakeClock) -> StandIns:
    return stand_ins(lambda state: stand_in.Mixpanel(state, clock=clock.monotonic), sample=SAMPLE)


def _export(worker: Connected, _: int) -> list[EventRow]:
    return list(worker.sources["mixpanel.export"].events("2026-03-02", "2026-03-02", "company_id"))


SYSTEM = System(
    stand_in=stand_in.Mixpanel,
    sample=lambda: SAMPLE,
    connect=connected,
    in_world=_in_world,
    canaries={"MIXPANEL_SECRET": "canarymixpanel9Yw3Kp", "MIXPANEL_PROJECT_TOKEN": "canarymixpaneltoken6Jd"},
    reads="engage",
    work={"mixpanel.set_group_properties": WORK},
    shared=Shared(_in_the_time_of, 9, _export, (2, 4)),  # three exports a second
)
