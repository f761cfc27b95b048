"""Amplitude in the tests: six events and five people of five accounts, and how to connect to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from expansion.contract import CohortMembers, Piece
from expansion.follow.inputs import TakeBack
from expansion.records.ledger import StepRecord
from integrations.amplitude import INTEGRATION
from integrations.amplitude.inputs import AddToCohort
from integrations.amplitude.settings import Settings
from integrations.kit.declare import Connected
from integrations.kit.world import World
from sandbox.amplitude.app import API_KEY, SECRET_KEY, Amplitude
from tests import world
from tests.integrations.conftest import StandIns
from tests.integrations.contract import ACCOUNTS as ACCOUNTS_OF_CASES
from tests.integrations.contract import HURRIED, TIMEOUT, FakeClock, key_of, piece
from tests.systems.declare import About, Mark, Record, Shared, System, Work
from tests.systems.traits import WORK

NOW = datetime(2026, 3, 7, 9, tzinfo=UTC)
COMPANIES = ("acme", "globex", "initech", "hooli", "umbrella")
PEOPLE = ("ana", "ben", "cem", "dan", "eve")
COHORT, ACCOUNTS = "p0w3rus3", "3xp4ns10"


def event(number: int, hours_ago: float, *, late: float = 0.0, **changed: Any) -> Record:
    """One that came in `hours_ago`, and happened `late` hours before."""
    came = NOW - timedelta(hours=hours_ago)
    known = {"uuid": f"uuid-{number}", "event_type": "Report Viewed", "user_id": "ana", "platform": "Web"}
    where = {"groups": {"company_id": ["acme"]}, "event_properties": {"feature": "sso"}}
    times = {"event_time": stamp(came - timedelta(hours=late)), "server_upload_time": stamp(came)}
    return {**known, **where, **times, **changed}


def stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S.%f}"


def sample(*events: Record, **cohort: Any) -> Record:
    users = [
        {"user_id": person, "properties": {"company_id": company, "role": "admin"}}
        for person, company in zip(PEOPLE, COMPANIES, strict=True)
    ]
    computed = {"id": COHORT, "name": "Power users", "members": list(PEOPLE), "lastComputed": int(NOW.timestamp())}
    given = events or [event(number, hours) for number, hours in enumerate((70, 60, 40, 30, 20, 5))]
    uploaded = {"id": ACCOUNTS, "name": "Expansion", "members": [], "counts": "company_id", "lastComputed": None}
    groups = [f"acct-{number}" for number in range(ACCOUNTS_OF_CASES)]
    cohorts = [{**computed, **cohort}, uploaded]
    return {"amplitude": {"events": list(given), "users": users, "cohorts": cohorts, "groups": groups}}


def adding(key: str = "one", account: str = "acct-0", cohort: str = "Expansion") -> Piece:
    return piece(AddToCohort(cohort=cohort), key, account, "Acme")


def removing(key: str = "one", account: str = "acct-0", cohort: str = "Expansion") -> Piece:
    made = TakeBack(step=key_of("before"), remote_id=account, made={"cohort": cohort})
    return piece(made, key, account, "Acme")


def connect(there: StandIns, at: World | None = None, **changed: Any) -> Connected:
    given = {"api_key": API_KEY, "secret_key": SECRET_KEY, "base_url": there.base_url("amplitude"), **changed}
    quick = World(retry=HURRIED, clock=FakeClock(), timeout=TIMEOUT, now=lambda: NOW)
    return INTEGRATION.connect(Settings(_env_file=None, **given), at or quick)


# --- in the tests that go through all systems -------------------------------------------------------------------------


def _in_world() -> Record:
    users = [{"user_id": f"ana-{name}", "properties": {"company_id": name}} for name in world.ACCOUNTS]
    came = stamp(world.AS_OF - timedelta(hours=20))
    events = [
        {**event(number, 1), "user_id": f"ana-{name}", "groups": {"company_id": name}, "server_upload_time": came}
        for number, name in enumerate(world.ACCOUNTS)
    ]
    cohort = {"id": COHORT, "name": "Power users", "members": [user["user_id"] for user in users]}
    computed = {**cohort, "lastComputed": int(world.AS_OF.timestamp())}
    uploaded = {"id": ACCOUNTS, "name": "Expansion", "members": [], "counts": "company_id"}
    return {"events": events, "users": users, "cohorts": [computed, uploaded], "groups": world.ACCOUNTS}


def _member(about: About) -> Record:
    return {"cohort": "Expansion"}


def _nowhere(about: About) -> Record:
    return {"cohort": "Nowhere"}


def _added(step: StepRecord) -> list[Mark]:
    return [("add", f"{step.account_id}|{ACCOUNTS}")]


def _in_the_time_of(stand_ins: Any, clock: FakeClock) -> StandIns:
    there: StandIns = stand_ins(lambda state: Amplitude(state, clock.monotonic), sample=sample())
    there.get(Amplitude).polls = 0
    return there


def _download(worker: Connected, _: int) -> CohortMembers:
    return worker.sources["amplitude.cohort"].cohort("Power users")


SYSTEM = System(
    stand_in=Amplitude,
    sample=sample,
    connect=connect,
    in_world=_in_world,
    canaries={"AMPLITUDE_SECRET_KEY": "canaryamplitude4Kp8Qz"},
    work={
        "amplitude.add_to_cohort": Work(_member, _nowhere, _added, sets_again=True),
        "amplitude.set_group_properties": WORK,
    },
    reads="cohorts",
    shared=Shared(_in_the_time_of, 6, _download, (60, 62)),  # four a minute
)
