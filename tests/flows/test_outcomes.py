"""The flow `outcomes`: what systems tell is written down each day, and said with what follows from what is stored."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from expansion.contract import FactRecord
from expansion.usage.facts import add_facts
from jobs.place import Place
from sandbox.salesforce.app import Salesforce
from tests import world
from tests.flows.conftest import Outside
from tests.flows.test_flows import last_run

pytestmark = [pytest.mark.flows, pytest.mark.usefixtures("prefect_server", "outside")]

NOW = datetime.now(UTC)
RULES = "outcomes: [{from: salesforce.won_opportunity, called: [Upsell]}]\n"


def deal(number: int, account: str, **changes: Any) -> dict[str, Any]:
    known = {
        "Id": f"006000000000{number:03d}AAA",
        "AccountId": world.salesforce_id(account),
        "Name": f"Deal {number}",
        "StageName": "Closed Won",
        "CloseDate": f"{NOW - timedelta(days=9):%Y-%m-%d}",
        "Type": "Upsell",
        "Amount": 1200,
    }
    return {**known, "IsDeleted": False, "IsWon": True, "LastStageChangeDate": None, **changes} | {
        "SystemModstamp": f"{NOW - timedelta(days=8):%Y-%m-%dT%H:%M:%S.000+0000}"
    }


def known_since_long() -> None:
    place = Place()
    records = [
        FactRecord("salesforce.account", name, {"Plan__c": "Team"}, at=NOW - timedelta(days=99))
        for name in world.ACCOUNTS
    ]
    add_facts(place.store, "salesforce.account", records, NOW - timedelta(days=99), asked=["Plan__c"])
    place.close()


async def test_a_day_of_outcomes_is_a_run_with_a_table(outside: Outside) -> None:
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import ArtifactFilter, FlowRunFilter

    from flows.outcomes import outcomes

    policy = Path("playbooks/shared/policy.yaml")
    policy.write_text(policy.read_text(encoding="utf-8") + RULES, encoding="utf-8")
    known_since_long()
    org = Salesforce(outside.state).org
    for each in (deal(1, "ac-01"), deal(2, "ac-02", Type="New"), deal(3, "ac-03", CloseDate="2020-01-01")):
        org.put("Opportunity", each)
    state = await outcomes(return_state=True)
    assert state.message == "1 expansion, $1,200 a year; 1 counts nowhere"
    assert last_run().kind == "outcomes"
    async with get_client() as client:
        mine = FlowRunFilter(id={"any_": [state.state_details.flow_run_id]})
        found = await client.read_artifacts(artifact_filter=ArtifactFilter(), flow_run_filter=mine)
    tables = {one.key: json.loads(one.data) for one in found if one.key in ("outcomes", "outcomes-apart")}
    (page,) = [one.data for one in found if one.key == "report"]
    assert "## What came of it" in page
    assert [row["account"] for row in tables["outcomes"]] == ["ac-01"]
    assert "before anything is known" in tables["outcomes-apart"][0]["why"]

    org.put(
        "Opportunity", deal(1, "ac-01", IsWon=False) | {"SystemModstamp": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"}
    )
    state = await outcomes(return_state=True)
    assert state.message == "no outcomes; 1 counts nowhere"


async def test_a_system_that_cannot_be_asked_fails_the_run_and_keeps_what_was_told(outside: Outside) -> None:
    from flows.outcomes import outcomes

    policy = Path("playbooks/shared/policy.yaml")
    policy.write_text(policy.read_text(encoding="utf-8") + RULES, encoding="utf-8")
    outside.fault("salesforce", "status", status=503, times=100)
    state = await outcomes(return_state=True)
    assert state.is_failed()
    assert "salesforce (their system)" in state.message
