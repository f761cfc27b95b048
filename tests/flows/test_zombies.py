"""The automation of automations/zombies.yaml in a real server, with seconds for minutes. `make zombies`."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests import world
from tests.flows.conftest import Outside
from tests.flows.pausing import every_second, waits_for_a_person

pytestmark = [
    pytest.mark.flows,
    pytest.mark.skipif(not os.environ.get("EXPANSION_ZOMBIES"), reason="takes half a minute; `make zombies` runs it"),
]
APPROVAL = "approval: [{reason: Large deals go past Dana, worth_at_least: 1}]\n"
LEAST = 10  # seconds; Prefect takes no shorter `within` of an automation that waits for what does not come


@pytest.mark.usefixtures("prefect_server")
async def test_the_dead_are_called_crashed_and_who_waits_or_is_suspended_is_not(
    outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    from prefect.client.orchestration import get_client
    from prefect.events.schemas.automations import AutomationCore
    from prefect.states import Suspended

    from flows.main import expansion

    every_second(monkeypatch)
    Path("playbooks/shared/policy.yaml").write_text(world.POLICY + APPROVAL)
    await expansion(as_of=world.AS_OF, pull_sources=False, return_state=True)
    automation = YAML(typ="safe").load(Path(__file__).parents[2] / "automations/zombies.yaml")
    automation["trigger"]["within"] = LEAST
    async with get_client() as client:
        made = await client.create_automation(AutomationCore.model_validate(automation))
        await asyncio.sleep(3)  # until the server's triggers know it
        dead, suspended = [await _deployed(client) for _ in range(2)]
        for flow_run_id in (dead, suspended):
            _beat(flow_run_id)
        await asyncio.sleep(1)
        await client.set_flow_run_state(suspended, Suspended(timeout_seconds=600), force=True)
        async with waits_for_a_person() as waiting:
            for _ in range(4 * LEAST):
                if (await client.read_flow_run(dead)).state_name == "Crashed":
                    break
                await asyncio.sleep(1)
            await asyncio.sleep(3)
            states = [(await client.read_flow_run(one)).state_name for one in (dead, suspended, waiting)]
        await client.delete_automation(made)
    assert states == ["Crashed", "Suspended", "Paused"]


async def _deployed(client: Any) -> Any:
    """A run of a deployment that is `Running` and belongs to no process. Only such a run can be suspended."""
    from prefect.states import Running, Scheduled

    from flows.main import expansion

    deployment = await client.create_deployment(await client.create_flow(expansion), "for the test")
    made = await client.create_flow_run_from_deployment(deployment, tags=["expansion"], state=Scheduled())
    await client.set_flow_run_state(made.id, Running(), force=True)
    return made.id


def _beat(flow_run_id: Any) -> None:
    from prefect.events import emit_event

    tag = {"prefect.resource.id": "prefect.tag.expansion", "prefect.resource.role": "tag"}
    emit_event("prefect.flow-run.heartbeat", {"prefect.resource.id": f"prefect.flow-run.{flow_run_id}"}, related=[tag])
