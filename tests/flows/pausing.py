"""The flow `approval` while it waits for a person, with heartbeats that a test can wait for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import pytest

from tests import world


def every_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """Prefect sends no more than one in 30 seconds, whatever is set."""
    from prefect import flow_engine

    monkeypatch.setattr(flow_engine, "MINIMUM_HEARTBEAT_INTERVAL", 1)
    monkeypatch.setattr(flow_engine.BaseFlowRunEngine, "heartbeat_seconds", property(lambda self: 1))


@asynccontextmanager
async def waits_for_a_person() -> AsyncIterator[UUID]:
    """The flow run, paused inside; answered afterwards, and seen to complete. Something has to wait for approval."""
    from prefect import tags
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowRunFilter
    from prefect.flow_runs import aresume_flow_run

    from flows.approval import approval

    with tags("expansion"):
        flow = asyncio.ensure_future(approval(as_of=world.AS_OF, looks_every=1, return_state=True))
    paused = FlowRunFilter.model_validate({"state": {"name": {"any_": ["Paused"]}}})
    async with get_client() as client:
        for _ in range(120):
            if found := await client.read_flow_runs(flow_run_filter=paused):
                break
            await asyncio.sleep(0.25)
        yield found[0].id
        await aresume_flow_run(found[0].id, {"by": "Dana"})
    state = await flow
    assert state.is_completed(), state
