"""Beacon beside all other systems: settings, secrets, the server with its inbox, and a world of chaos."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from expansion.contract import Done
from expansion.text.secret_shapes import secrets_in
from integrations import integration
from integrations.kit.world import World
from sandbox.all import make_sample, sandbox_app
from sandbox.kit.server import Server
from sandbox.kit.state import State
from tests.chaos.faults import Fault
from tests.chaos.plan import ACTIONS, Ending, Plan, Step, draw
from tests.chaos.run import Stage, run, stages
from tests.example.beacon.integration.settings import Settings
from tests.example.beacon.system import note
from tests.systems import system

HTTP = httpx.Client(trust_env=False, follow_redirects=True)


@pytest.mark.parametrize(("region", "host"), [("us", "beacon.example"), ("eu", "eu.beacon.example")])
def test_a_region_has_addresses_of_its_own(region: Any, host: str) -> None:
    settings = Settings(_env_file=None, token="bcn_one", region=region)
    assert (settings.api, settings.app) == (f"https://api.{host}", f"https://app.{host}")


def test_its_tokens_are_known_as_secrets_by_how_they_begin() -> None:
    assert [found.what for found in secrets_in("use bcn_0123456789abcdef here")] == ["a Beacon token"]


def test_the_server_has_it_beside_all_others_and_its_inbox_shows_a_note() -> None:
    sample = make_sample(accounts=3)
    with Server(sandbox_app(State())) as url:
        assert "beacon" in HTTP.post(f"{url}/_control/load", json=sample).json()["loaded"]
        there = system("beacon").connected(url, World())
        known = list(there.sources["beacon.account"].facts(["health_score", "open_risks"]))
        account = known[0].account_id
        assert [record.account_id for record in known] == [one["id"] for one in sample["accounts"]]
        [reply] = there.actions["beacon.post_note"].deliver([note(account=account, text="<b>46</b> of 50")])
        assert isinstance(reply, Done), reply
        page = HTTP.get(str(reply.link))
    assert page.url.path == "/inbox"
    assert "<p>&lt;b&gt;46&lt;/b&gt; of 50</p>" in page.text
    assert integration("beacon").title in page.text


# --- chaos ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stages(1, tmp_path_factory.mktemp("chaos"), None) as [lane]:
        yield lane


def test_chaos_draws_its_action_and_its_faults() -> None:
    plans = [draw(seed) for seed in range(60)]
    assert "beacon.post_note" in ACTIONS
    assert any(step.action == "beacon.post_note" for plan in plans for steps in plan.firings for step in steps)
    assert any(fault.vendor == "beacon" for plan in plans for fault in plan.faults)


def test_a_world_in_which_all_goes_wrong_has_each_note_once(stage: Stage) -> None:
    firings = ((Step("beacon.post_note"),), (Step("beacon.post_note"),), (Step("beacon.post_note", bad=True),))
    faults = (Fault("cut", "beacon", "cut_after", after=1), Fault("cut", "beacon", "truncate", after=2))
    outcome = run(Plan(1, "sqlite", 2, firings, faults, (Ending("kill", "asked", 2),)), stage)
    assert outcome.wrong == [], outcome.dump
    assert outcome.taken.total() == 2, "the faults were met"
    assert outcome.settled == {"done": 2, "refused": 1}
