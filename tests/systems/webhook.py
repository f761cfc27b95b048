"""A receiver of webhooks in the tests, and how to connect to it."""

from __future__ import annotations

from typing import Any

from expansion.contract import Piece, Reply
from integrations.kit.declare import Connected
from integrations.kit.world import World
from integrations.webhook import INTEGRATION
from integrations.webhook.inputs import SendWebhook
from integrations.webhook.settings import Settings
from sandbox.webhook.app import Webhook
from tests.integrations.conftest import StandIns
from tests.integrations.contract import HURRIED, TIMEOUT, FakeClock, piece
from tests.systems.declare import About, Record, Shared, System, Work


def connect(stand_ins: StandIns, at: World | None = None, **changes: Any) -> Connected:
    given = {name.removeprefix("WEBHOOK_").lower(): value for name, value in Webhook.environment(stand_ins.url).items()}
    return INTEGRATION.connect(
        Settings(_env_file=None, **{**given, **changes}), at or World(retry=HURRIED, clock=FakeClock(), timeout=TIMEOUT)
    )


def message(key: str = "one", **what: Any) -> Piece:
    given = {"to": "default", "text": "46 of 50 seats are used", "fields": {"seats": 46}, **what}
    return piece(SendWebhook(**given), key)


def _message(about: About, to: str = "default") -> Record:
    return {"to": to, "text": f"{about.account} is growing"}


def _in_the_time_of(stand_ins: Any, clock: FakeClock) -> StandIns:
    return stand_ins(lambda state: Webhook(state, clock.monotonic))


def _send(worker: Connected, number: int) -> Reply:
    [reply] = worker.actions["webhook.send"].deliver([message(str(number))])
    return reply


SYSTEM = System(
    stand_in=Webhook,
    sample=dict,
    connect=connect,
    cannot_be_asked=True,
    in_world=lambda: {"receivers": ["default"]},
    canaries={
        "WEBHOOK_SECRET": "whsec_" + "Y2FuYXJ5LXdlYmhvb2stc2VjcmV0LTg4LWJ5dGVzIQ==",
        "WEBHOOK_ENDPOINTS": "default=https://hooks.example/catch/" + "canarywebhook9Zt/",
    },
    work={"webhook.send": Work(_message, lambda about: _message(about, "gone"), lambda step: [("message", step.key)])},
    # Five a second.
    shared=Shared(_in_the_time_of, 40, _send, (7, 8 / 0.85)),
)
