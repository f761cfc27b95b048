"""Slack in the tests: a workspace of four channels, a message to one of them, and how to connect to it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from expansion.contract import Piece, Reply
from integrations.kit.declare import Connected
from integrations.kit.retry import RetryPolicy
from integrations.kit.world import World
from integrations.slack import INTEGRATION
from integrations.slack.inputs import MessageOwner, PostMessage
from integrations.slack.settings import Settings
from sandbox.slack.app import Slack
from tests.integrations.conftest import StandIns
from tests.integrations.contract import FIRED_AT, TIMEOUT, FakeClock, piece
from tests.systems.declare import About, Record, Shared, System, Work, step_key

SAMPLE = {
    "slack": {
        "channels": [
            {"id": "C0EXPANSION", "name": "expansion"},
            {"id": "C0SALES0001", "name": "sales"},
            {"id": "C0OLD000001", "name": "old", "is_archived": True},
            {"id": "C0OTHER0001", "name": "other", "is_member": False},
        ],
        "users": [
            {"id": f"U0SELLER{n:03}", "name": f"seller-{n}", "profile": {"email": f"seller-{n}@seller.example"}}
            for n in range(70)
        ],
    }
}


class Time(FakeClock):
    """One time for client, retries and stand-in: an hour after everything fired."""

    def __init__(self) -> None:
        super().__init__()
        self.now = FIRED_AT.timestamp() + 3600

    def today(self) -> datetime:
        return datetime.fromtimestamp(self.now, UTC)


def connect(world: StandIns, clock: Time) -> Any:
    settings = Settings(bot_token="xoxb-test", base_url=world.base_url("slack"), _env_file=None)
    return INTEGRATION.connect(
        settings, World(retry=RetryPolicy(sleep=clock.sleep), clock=clock, now=clock.today, timeout=TIMEOUT)
    )


def message(key: str = "one", account: str = "Acme", **what: Any) -> Piece:
    what = {"channel": "expansion", "text": f"*{account}* uses 92 of 100 seats", **what}
    return piece(PostMessage(**what), key, account.lower(), account)


def direct(key: str = "one", account: str = "Acme", to: str = "seller-0@seller.example", **what: Any) -> Piece:
    what = {"text": f"*{account}* uses 92 of 100 seats", **what}
    return piece(MessageOwner(to=to, **what), key, account.lower(), account)


# --- in the tests that go through all systems -------------------------------------------------------------------------

_CHANNELS = [{"id": f"C0CHAOS{n:04}", "name": f"chaos-{n}"} for n in range(12)]


def _message(about: About, channel: str = "") -> Record:
    channel = channel or _CHANNELS[0 if about.crowd else about.place]["id"]
    return {"channel": channel, "text": f"*{about.account}* is growing"}


_SELLERS = [
    {"id": f"U0CHAOS{n:04}", "name": f"chaos-{n}", "profile": {"email": f"chaos-{n}@seller.example"}} for n in range(12)
]


def _direct(about: About, to: str = "") -> Record:
    to = to or _SELLERS[0 if about.crowd else about.place]["profile"]["email"]  # type: ignore[index]
    return {"to": to, "text": f"*{about.account}* is growing"}


def _arrange(member: Slack, plan: Mapping[str, Any]) -> None:
    if not plan["history"]:
        member.scopes -= {"channels:history", "im:history"}


def _least(stand_ins: StandIns) -> None:
    """Those of public channels and of direct messages: the last is for private channels, if there are any."""
    stand_ins.get(Slack).scopes = {right.name for right in INTEGRATION.rights[:-1]}


def _two_channels(stand_ins: Any, clock: FakeClock) -> StandIns:
    channels = [{"id": f"C0CHANNEL{n}0", "name": f"channel-{n}"} for n in range(2)]
    return stand_ins(lambda state: Slack(state, clock.monotonic), sample={"slack": {"channels": channels}})


def _post(worker: Connected, number: int) -> Reply:
    what = PostMessage(channel=f"channel-{number // 2 % 2}", text="hello", digest=False)
    [reply] = worker.actions["slack.post_message"].deliver([piece(what, str(number))])
    return reply


SYSTEM = System(
    stand_in=Slack,
    sample=lambda: SAMPLE,
    connect=lambda stand_ins: connect(stand_ins, Time()),
    in_world=lambda: {"channels": [{"id": "C0EXPANDALL", "name": "expansion"}], "users": []},
    canaries={"SLACK_BOT_TOKEN": "xoxb-" + "canary-slack-55512-kQz"},
    work={
        "slack.post_message": Work(_message, lambda about: _message(about, "C0NOWHERE00"), step_key("post_message")),
        "slack.message_owner": Work(
            _direct, lambda about: _direct(about, "nobody@seller.example"), step_key("post_message")
        ),
    },
    # One a second in a channel, and two channels: twenty seconds are the least, but for a little of our own.
    shared=Shared(_two_channels, 40, _post, (19, 20 / 0.9)),
    least=_least,
    arrange=_arrange,
    in_chaos=lambda: {"channels": _CHANNELS, "users": _SELLERS},
)
