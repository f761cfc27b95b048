"""Gainsight in the tests: a tenant of companies and two CSMs, the work it is given, and how to connect to it."""

from __future__ import annotations

from typing import Any

from pydantic import SecretStr

from expansion.contract import Piece, Reply
from integrations.gainsight import INTEGRATION
from integrations.gainsight.inputs import AddTimelineActivity, CreateCta, UpdateCompany
from integrations.gainsight.settings import Settings
from integrations.kit.declare import Connected
from integrations.kit.world import World
from sandbox.gainsight.answers import ANSWERS
from sandbox.gainsight.app import Gainsight
from tests import world
from tests.integrations.conftest import StandIns
from tests.integrations.contract import ACCOUNTS, HURRIED, TIMEOUT, Case, FakeClock, Rep, number_of, piece
from tests.systems.declare import About, Record, Shared, System, Work, step_key

KEY_FIELD = "expansion_key__gc"
_ANA = {"Gsid": "1P01ANA", "Name": "Ana Silva", "Email": "ana@seller.example", "IsActiveUser": True}
_GONE = {"Gsid": "1P01GONE", "Name": "Gone", "Email": "gone@seller.example", "IsActiveUser": False}
_DESK = {"Gsid": "1P01DESK", "Name": "Desk", "Email": "desk@seller.example", "IsActiveUser": True}


def company_id(number: int) -> str:
    return f"1P02ACCT{number:028}"


def company(number: int, account: str, name: str, **more: Any) -> Record:
    known = {
        "Gsid": company_id(number),
        "Name": name,
        "product_account_id__gc": account,
        "CurrentScore": 60 + number % 30,
    }
    return {**known, "Csm": "1P01ANA", "Csm__gr.Email": "ana@seller.example", "ModifiedDate": 1_767_000_000_000, **more}


def cta(number: int, company: int, **more: Any) -> Record:
    """One that a person has made."""
    known = {
        "Gsid": f"1S01OLD{number:029}",
        "Name": "Usage fell",
        "CompanyId": company_id(company),
        "OwnerId": "1P01ANA",
    }
    words = {"type": "Risk", "reason": "Other", "priority": "High", "status": "New", "DueDate": "2026-03-09"}
    return {**known, **words, "IsClosed": False, "Comments": "See the report.", **more}


def sample(companies: int = 3) -> Record:
    known = [company(n, f"acct-{n}", f"Company {n}") for n in range(companies)]
    return {"gainsight": {"users": [_ANA, _GONE, _DESK], "companies": known, "ctas": []}}


def connect(stand_ins: StandIns, at: World | None = None, **changes: Any) -> Connected:
    given = {
        "domain": "tessera.gainsightcloud.com",
        "access_key": SecretStr(Gainsight.credentials["GAINSIGHT_ACCESS_KEY"]),
        "base_url": stand_ins.base_url("gainsight"),
        **changes,
    }
    settings = Settings(_env_file=None, **given)
    return INTEGRATION.connect(settings, at or World(retry=HURRIED, clock=FakeClock(), timeout=TIMEOUT))


def on(what: Any, key: str, number: int) -> Piece:
    return piece(what, key, f"acct-{number}", f"Company {number}", gainsight=company_id(number))


def task(key: str = "one", number: int = 0, **changes: Any) -> Piece:
    given: dict[str, Any] = {
        "assign_to": "ana@seller.example",
        "name": "Seats: Acme is at 92%",
        "reason": "Upsell",
        "due": "2026-11-24",
        "comments": "Because:\n<b>46</b> of 50 seats &amp; growing",
    }
    return on(CreateCta(**(given | changes)), key, number)


def entry(key: str = "one", number: int = 0, **changes: Any) -> Piece:
    given = {"author": "ana@seller.example", "subject": "Seats are at 92%", "notes": "Because:\n46 of 50", **changes}
    return on(AddTimelineActivity(**given), key, number)


def update(key: str = "one", number: int = 0, **fields: Any) -> Piece:
    return on(UpdateCompany(fields=fields or {"expansion_state__gc": "Ready"}), key, number)


def case(there: StandIns, name: str, **changes: Any) -> Case:
    there.get(Gainsight).per_minute = 100_000  # the clock of the test does not wait for the server's
    given: dict[str, Any] = {
        "stand_ins": there,
        "vendor": "gainsight",
        "connect": lambda: connect(there, cta_key_field=KEY_FIELD).actions[name],
        "good": lambda name: task(name, number_of(name)),
        "bad": task("bad", ACCOUNTS - 1, reason="No such reason"),
        "write": {"method": "POST", "path": "cockpit/cta", "after": 1},  # the first one only lists
        "lock_out": lambda: setattr(there.get(Gainsight), "key", "another"),
        "answers": ANSWERS,
        "what": "create_cta",
    }
    return Case(**(given | changes))


def rep(there: StandIns) -> Rep:
    """A CSM who takes every CTA over and edits it."""
    edits = {"status": "Work In Progress", "OwnerId": "1P01DESK", "Name": "Called", "Comments": "Called them"}

    def change() -> None:
        for one in there.state.all("gainsight.ctas"):
            there.state.put("gainsight.ctas", one["Gsid"], {**one, **edits})

    return Rep(change, lambda: [{name: one[name] for name in edits} for one in there.state.all("gainsight.ctas")])


# --- in the tests that go through all systems -------------------------------------------------------------------------

_OWNER = {"Gsid": "1P01DANA", "Name": "Dana Doe", "Email": "dana@seller.example", "IsActiveUser": True}


def in_world(account: str) -> str:
    return company_id(world.ACCOUNTS.index(account))


def _in_world() -> Record:
    known = [company(number, name, world.called(name)) for number, name in enumerate(world.ACCOUNTS)]
    return {"users": [_OWNER, _ANA], "companies": known, "ctas": []}


def _cta(about: About, reason: str = "Upsell") -> Record:
    given = {"assign_to": "dana@seller.example", "name": f"Call {about.account}", "reason": reason, "if_open": "create"}
    return {**given, "due": "2026-03-04", "comments": "Because."}


def _entry(about: About, kind: str = "Update") -> Record:
    given = {"author": "dana@seller.example", "subject": f"Called {about.account}", "notes": "Because."}
    return {**given, "type": kind}


def _fields(about: About, name: str = "expansion_state__gc") -> Record:
    return {"fields": {name: f"chaos {about.account}"}}


def _in_the_time_of(stand_ins: Any, clock: FakeClock) -> StandIns:
    there: StandIns = stand_ins(lambda state: Gainsight(state, clock.monotonic), sample=sample())
    return there


def _add(worker: Connected, number: int) -> Reply:
    """Two calls, and one more for the first of a worker."""
    [reply] = worker.actions["gainsight.add_timeline_activity"].deliver([entry(str(number))])
    return reply


SYSTEM = System(
    stand_in=Gainsight,
    sample=sample,
    connect=lambda there: connect(there, fallback_owner="desk@seller.example"),
    in_world=_in_world,
    canaries={"GAINSIGHT_ACCESS_KEY": "c0ffee00-1a2b-4c3d-8e4f-" + "ca4a1ab1e5ec"},
    work={
        "gainsight.create_cta": Work(_cta, lambda about: _cta(about, "No such reason"), step_key("create_cta")),
        "gainsight.add_timeline_activity": Work(
            _entry, lambda about: _entry(about, "No such type"), step_key("add_activity")
        ),
        "gainsight.update_company": Work(
            _fields,
            lambda about: _fields(about, "nonsense"),
            lambda step: [("update_company", in_world(step.account_id))],
            sets_again=True,
        ),
    },
    reads="query/Company",
    account_id=in_world,
    shared=Shared(_in_the_time_of, 60, _add, (60, 62)),  # 122 calls: the second minute has begun
)
