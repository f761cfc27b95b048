"""Microsoft Teams in the tests: two channels with a workflow each, and how to connect to them."""

from __future__ import annotations

from typing import Any

from expansion.contract import Piece, Reply
from expansion.records.ledger import StepRecord
from integrations.kit.declare import Connected
from integrations.kit.world import World
from integrations.teams import INTEGRATION
from integrations.teams.card import markdown
from integrations.teams.inputs import PostMessage
from integrations.teams.settings import Settings
from sandbox.teams.app import Teams
from tests.integrations.conftest import StandIns
from tests.integrations.contract import HURRIED, TIMEOUT, FakeClock, piece
from tests.systems.declare import About, Mark, Record, Shared, System, Work


def connect(stand_ins: StandIns, at: World | None = None) -> Connected:
    channels = Teams.environment(stand_ins.url)["TEAMS_CHANNELS"]
    return INTEGRATION.connect(
        Settings(_env_file=None, channels=channels), at or World(retry=HURRIED, clock=FakeClock(), timeout=TIMEOUT)
    )


def message(key: str = "one", **what: Any) -> Piece:
    given = {"channel": "expansion", "text": f"*Acme* uses 92 of 100 seats ({key})", **what}
    return piece(PostMessage(**given), key)


def counted(one: Piece) -> str:
    """A workflow takes no id: the stand-in tells messages apart by what they say."""
    wanted = one.input
    assert isinstance(wanted, PostMessage)
    return _mark(wanted.channel, wanted.text, one.account.name, one.trigger, one.playbook)


def _mark(channel: str, text: str, *context: str) -> str:
    return f"{channel}|{markdown(text)}\n{context[0]} · {context[1]} → {context[2]}"


# --- in the tests that go through all systems -------------------------------------------------------------------------


def _message(about: About, text: str | None = None) -> Record:
    return {"channel": "expansion", "text": text or f"*{about.account}* is growing"}


def _posted(step: StepRecord) -> list[Mark]:
    given = step.input or {}
    said = (step.account_name, step.trigger, step.playbook)
    return [("message", _mark(given["channel"], given["text"], *said))]


def _in_the_time_of(stand_ins: Any, clock: FakeClock) -> StandIns:
    return stand_ins(lambda state: Teams(state, clock.monotonic))


def _post(worker: Connected, number: int) -> Reply:
    [reply] = worker.actions["teams.post_message"].deliver([message(str(number))])
    return reply


SYSTEM = System(
    stand_in=Teams,
    sample=dict,
    connect=connect,
    cannot_be_asked=True,
    in_world=lambda: {"channels": ["expansion"]},
    canaries={"TEAMS_CHANNELS": "expansion=https://acme.example/workflows/" + "canaryteams4Hn/paths/invoke"},
    work={"teams.post_message": Work(_message, lambda about: _message(about, " "), _posted)},
    # Four a second in a channel.
    shared=Shared(_in_the_time_of, 40, _post, (9, 10 / 0.85)),
)
