"""What reacts is shown in Prefect: one flow run for the hour, however many events; and it does without Prefect."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from tests.react.town import Town, a_town, react, until


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    with a_town(tmp_path, monkeypatch) as made:
        yield made


def _shown() -> dict[str, Any]:
    """The flow runs of Prefect's server, with the logs and the table of the newest."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey, FlowFilter, FlowFilterName

    with get_client(sync_client=True) as client:
        runs = client.read_flow_runs(flow_filter=FlowFilter(name=FlowFilterName(any_=["react"])))
        tables = client.read_artifacts(artifact_filter=ArtifactFilter(key=ArtifactFilterKey(any_=["reacted-to"])))
    return {"runs": runs, "tables": [json.loads(one.data) for one in tables]}


@pytest.mark.usefixtures("prefect_server")
def test_an_hour_is_one_flow_run_with_a_table_of_its_minutes(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    from prefect.settings import PREFECT_API_URL

    import flows.react as module

    assert PREFECT_API_URL.value(), "the test's own server"
    announced: list[str] = []
    monkeypatch.setattr(module, "announce", lambda decisions: announced.extend(f.trigger for f in decisions.firings))
    monkeypatch.setattr(module, "EVERY", 0.2)
    reacting, stopping = town.reacting(), Event()
    reacting.once()
    showing = module.Showing(reacting, town.said.append, stopping)
    thread = Thread(target=showing.work)
    thread.start()
    for account in ("acme", "bolt", "cara"):
        react(town, reacting, account)
    until(lambda: len(announced) == 3, 60)
    until(lambda: len(town.messages()) == 3, 60)
    reacting.end()
    stopping.set()
    thread.join(60)
    found = _shown()
    (run,) = found["runs"]
    assert run.state.type.value == "COMPLETED"
    assert run.state.message.startswith("3 of 3 new firings acted on")
    (table,) = found["tables"]
    assert sum(int(minute["events"]) for minute in table) == 9
    assert sum(int(minute["fired"]) for minute in table) == 3
    assert announced == ["paywall"] * 3
    assert town.warned == []


def test_without_prefect_it_is_said_once_and_everything_goes_on(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    import flows.react as module

    async def away(run_id: int, return_state: bool) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(module, "react", away)
    reacting = town.reacting()
    reacting.once()
    assert reacting.run is not None
    showing = module.Showing(reacting, town.said.append, Event())
    assert [showing.show(reacting.run), showing.show(reacting.run)] == [False, False]
    react(town, reacting, "acme")
    until(town.messages)
    reacting.end()
    assert town.warned == ["Prefect cannot be told what reacts (ConnectionRefusedError); it goes on, and is told later"]


def test_where_no_server_is_named_that_is_said(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    import flows.react as module

    class Nowhere:
        @staticmethod
        def value() -> None:
            return None

    monkeypatch.setattr(module, "PREFECT_API_URL", Nowhere)
    module.Showing(town.reacting(), town.said.append, Event()).work()
    assert town.warned == [
        "PREFECT_API_URL is not set: what reacts stands in the ledger alone (`expansion ledger --runs`)"
    ]
