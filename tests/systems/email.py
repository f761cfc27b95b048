"""A mail server in the tests: one user who may send, two lists, and how to connect to it."""

from __future__ import annotations

from typing import Any

from expansion.contract import Piece, Reply
from expansion.follow.inputs import ChangeTask
from integrations.email import INTEGRATION
from integrations.email.inputs import SendEmail
from integrations.email.settings import Settings
from integrations.kit.declare import Connected
from integrations.kit.world import World
from sandbox.email.app import SENDER, Email
from tests.integrations.conftest import StandIns
from tests.integrations.contract import HURRIED, TIMEOUT, FakeClock, key_of, piece
from tests.systems.declare import About, Record, Shared, System, Work, step_key


def settings(stand_ins: StandIns, **changes: Any) -> Settings:
    given = {name.removeprefix("EMAIL_").lower(): value for name, value in Email.environment(stand_ins.url).items()}
    return Settings(_env_file=None, **{**given, **changes})


def connect(stand_ins: StandIns, at: World | None = None, **changes: Any) -> Connected:
    return INTEGRATION.connect(
        settings(stand_ins, **changes), at or World(retry=HURRIED, clock=FakeClock(), timeout=TIMEOUT)
    )


def message(key: str = "one", **what: Any) -> Piece:
    given = {"to": "dana@seller.example", "text": f"*Acme* uses 92 of 100 seats ({key})", **what}
    return piece(SendEmail(**given), key)


def said_later(key: str = "one", **what: Any) -> Piece:
    """An answer to an earlier mail."""
    made = SendEmail(to="dana@seller.example", text="*Acme* grows", **what).model_dump(mode="json")
    before = f"{key_of('first')}@{SENDER.partition('@')[2]}"
    change = ChangeTask(step=key_of("first"), remote_id=before, made=made, note=f"Dana has it ({key})")
    return piece(change, key)


# --- in the tests that go through all systems -------------------------------------------------------------------------


def _message(about: About, to: str = "dana@seller.example") -> Record:
    return {"to": to, "text": f"*{about.account}* is growing"}


def _in_the_time_of(stand_ins: Any, clock: FakeClock) -> StandIns:
    return stand_ins(lambda state: Email(state, clock.monotonic))


def _send(worker: Connected, number: int) -> Reply:
    [reply] = worker.actions["email.send"].deliver([message(str(number))])
    return reply


def _arrange(stand_in: Any, plan: Any) -> None:
    stand_in.per_minute = 10_000  # a run of chaos lasts some seconds


SYSTEM = System(
    stand_in=Email,
    sample=dict,
    connect=connect,
    in_world=lambda: {"lists": ["expansion"]},
    canaries={"EMAIL_PASSWORD": "canary" + "mail7Qp-password"},
    work={
        "email.send": Work(_message, lambda about: _message(about, "nobody@gone.example"), step_key("message")),
    },
    arrange=_arrange,
    # Thirty a minute.
    shared=Shared(_in_the_time_of, 70, _send, (110, 140 / 0.85)),
)
