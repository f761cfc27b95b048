"""What Prefect's server keeps of people: no address anywhere, no name in logs; names in tables, which outlast a run."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests import world
from tests.flows.test_flows import _PERSON, run, sooner_or_later
from tests.security.searching import addresses_in

pytestmark = [pytest.mark.flows, pytest.mark.usefixtures("prefect_server", "outside")]

# As the world's people are called, and nothing else is.
_NAMES = re.compile(r"\b(ana|bo)\b", re.IGNORECASE)


async def kept(client: Any, ids: list[UUID]) -> dict[str, list[str]]:
    """What the server has of these runs, by kind, as text."""
    from prefect.client.schemas.filters import ArtifactFilter, FlowRunFilter, LogFilter

    runs = await client.read_flow_runs(flow_run_filter=FlowRunFilter(id={"any_": ids}))
    logs = await client.read_logs(LogFilter(flow_run_id={"any_": ids}), limit=200)
    artifacts = await client.read_artifacts(artifact_filter=ArtifactFilter(flow_run_id={"any_": ids}))
    return {
        "runs": [one.model_dump_json() for one in runs],
        "logs": [one.message for one in logs],
        "artifacts": [str(one.data) for one in artifacts],
    }


async def test_tables_name_people_logs_do_not_and_deleting_a_run_leaves_its_tables() -> None:
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import ArtifactFilter, FlowRunFilter

    Path("playbooks/triggers/person.yaml").write_text(_PERSON)
    state = await run()
    parent = state.state_details.flow_run_id
    async with get_client() as client:
        parts = await client.read_flow_runs(flow_run_filter=FlowRunFilter(parent_flow_run_id={"any_": [parent]}))
        ids = [parent, *(part.id for part in parts)]

        async def whole() -> dict[str, list[str]] | None:
            # All of it: what is logged late, after its run was deleted, would stay.
            found = await kept(client, ids)
            return (
                found
                if any(line == f"Finished in state Completed({state.message!r})" for line in found["logs"])
                else None
            )

        found = await sooner_or_later(whole)
        assert len(found["artifacts"]) == 3
        assert addresses_in((kind, text.encode()) for kind, texts in found.items() for text in texts) == []
        assert [line for line in found["logs"] if _NAMES.search(line)] == []
        assert f"person fired for somebody of {world.called(world.PAYWALL[0])}: joined with paywall" in str(
            found["logs"]
        )
        named = f"{world.called(world.PAYWALL[0])}, ana"
        assert any(named in one for one in found["artifacts"]), "docs/operate.md says so"

        for one in ids:
            await client.delete_flow_run(one)
        await asyncio.sleep(0.5)
        left = await kept(client, ids)
        assert (left["runs"], left["logs"], len(left["artifacts"])) == ([], [], 3)
        for artifact in await client.read_artifacts(artifact_filter=ArtifactFilter(flow_run_id={"any_": ids})):
            await client.delete_artifact(artifact.id)
        assert (await kept(client, ids))["artifacts"] == []
