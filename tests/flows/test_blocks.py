"""Secrets from Prefect blocks, read from a real Prefect server."""

from __future__ import annotations

import asyncio
import json
import logging
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from expansion.contract import NoAccess
from flows.opening import open_place, settings
from integrations.kit import settings as _settings
from sandbox.salesforce.app import CLIENT_SECRET
from tests import world
from tests.flows.conftest import Outside
from tests.security.searching import found_in, written_below

pytestmark = [pytest.mark.flows, pytest.mark.usefixtures("prefect_server", "outside", "_asked_for")]

CANARY = "xoxb-" + "12345678901-CANARYofABlock"  # any bot token opens the stand-in
SLACK, SALESFORCE = "expansion-slack-bot-token", "expansion-salesforce-client-secret"


@pytest.fixture
def _asked_for(outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks are asked for, and the two secrets stand nowhere else."""
    monkeypatch.setattr(_settings, "_given", {})
    monkeypatch.setattr(_settings, "_looked_in", {})
    monkeypatch.setenv("EXPANSION_SECRET_BLOCKS", "true")
    for name in ("SLACK_BOT_TOKEN", "SALESFORCE_CLIENT_SECRET"):
        monkeypatch.delenv(name)


async def save(name: str, value: Any) -> None:
    from prefect.blocks.system import Secret

    await Secret(value=value).save(name, overwrite=True)


async def remove(*names: str) -> None:
    from prefect.blocks.system import Secret

    for name in names:
        await Secret.adelete(name)


def token() -> str:
    """The bot token as a new run would read it."""
    settings()
    from integrations import slack

    return _settings.read(slack.Settings).bot_token.get_secret_value()


async def told_by_prefect(flow_run_id: UUID) -> str:
    """All that Prefect shows of a run: states, names, parameters, logs, artifacts, of it and of its parts."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import ArtifactFilter, FlowRunFilter, LogFilter

    async with get_client() as client:
        own = [await client.read_flow_run(flow_run_id)]
        own += await client.read_flow_runs(flow_run_filter=FlowRunFilter(parent_flow_run_id={"any_": [flow_run_id]}))
        mine = FlowRunFilter(id={"any_": [one.id for one in own]})
        said: list[Any] = [*own, *await client.read_task_runs(flow_run_filter=mine, limit=200)]
        artifacts = await client.read_artifacts(artifact_filter=ArtifactFilter(), flow_run_filter=mine)
        for _ in range(40):  # logs come a moment later
            logs = await client.read_logs(LogFilter(flow_run_id={"any_": [flow_run_id]}), limit=200)
            if logs:
                break
            await asyncio.sleep(0.25)
    assert artifacts and logs, "there was something to look through"
    return "\n".join(one.model_dump_json() for one in [*said, *artifacts, *logs])


async def test_a_run_takes_its_secrets_from_blocks_and_shows_them_nowhere(
    outside: Outside, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from flows.main import expansion

    await save(SLACK, CANARY)
    await save(SALESFORCE, CLIENT_SECRET)
    outside.fault("slack", "status", status=500, path="chat.postMessage", times=1)  # something to complain about
    with caplog.at_level(logging.DEBUG):
        state = await expansion(as_of=world.AS_OF, pull_sources=False, return_state=True)
    assert state.message == "10 of 10 new firings acted on, worth $29,000 a year; 23 steps done"
    assert len(outside.applied("post_message")) == 6
    shown = await told_by_prefect(state.state_details.flow_run_id)
    places = [("Prefect", shown.encode()), ("logs", caplog.text.encode()), *written_below(tmp_path)]
    assert found_in(iter(places), [CANARY]) == []
    planted = [*places, ("planted", json.dumps({"token": CANARY}).encode())]
    assert found_in(iter(planted), [CANARY]) == [(CANARY, "planted")], "the search does find one"
    await remove(SLACK, SALESFORCE)


async def test_what_stands_in_no_block_either_is_named_with_the_block() -> None:
    place = open_place()
    assert place.systems.connect("slack") is None
    place.close()
    said = str(place.systems.problems["slack"]).splitlines()[1]
    assert said.startswith(
        "  SLACK_BOT_TOKEN: missing, also as the Prefect block expansion-slack-bot-token. Bot token,"
    )


async def test_a_block_is_read_anew_by_each_run_and_the_environment_goes_before_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await save(SLACK, "xoxb-first-of-two")
    assert token() == "xoxb-first-of-two"
    await save(SLACK, "xoxb-second-of-two")
    assert token() == "xoxb-second-of-two"
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-of-the-environment")
    assert token() == "xoxb-of-the-environment"
    monkeypatch.delenv("SLACK_BOT_TOKEN")
    await remove(SLACK)
    with pytest.raises(NoAccess, match="SLACK_BOT_TOKEN: missing, also as the Prefect block"):
        token()


async def test_a_block_of_something_else_than_text_is_said_without_its_value() -> None:
    await save(SLACK, {"token": CANARY})
    with pytest.raises(NoAccess) as caught:
        settings()
    await remove(SLACK)
    assert str(caught.value) == (
        "the Prefect block expansion-slack-bot-token holds no text; save the value of SLACK_BOT_TOKEN in it"
    )


async def test_a_server_that_is_not_there_is_said_with_what_to_do() -> None:
    from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings

    with (
        temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api", PREFECT_CLIENT_MAX_RETRIES: 0}),
        pytest.raises(NoAccess, match="is Prefect's server up, and PREFECT_API_URL its address"),
    ):
        settings()
