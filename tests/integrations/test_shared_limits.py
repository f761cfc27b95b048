"""Two workers that share an allowance, against stand-ins that enforce the limits of their vendor."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr

from expansion.contract import Done, NotItsTurn
from integrations import hubspot, intercom, salesforce, slack
from integrations.kit.budgets import Alone
from integrations.kit.declare import Connected
from integrations.kit.world import World
from integrations.slack.message import PostMessage
from sandbox.hubspot.app import TOKEN, HubSpot
from sandbox.intercom.app import Intercom
from sandbox.salesforce.app import CLIENT_ID, CLIENT_SECRET, Salesforce
from sandbox.slack.app import Slack
from tests.integrations import test_hubspot, test_salesforce
from tests.integrations.conftest import StandIns
from tests.integrations.contract import HURRIED, FakeClock, piece

Start = Callable[..., StandIns]


class Day(FakeClock):
    """One time for client and stand-in, in seconds since 1970."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1_790_000_000.0


@pytest.fixture
def clock() -> Day:
    return Day()


def two(connect: Callable[[Any], Connected], clock: Day) -> list[Connected]:
    shared = Alone(clock)
    return [connect(shared) for _ in range(2)]


def refused(world: StandIns) -> int:
    return sum(request["status"] == 429 for request in world.requests())


def test_slack_hears_one_message_a_second_in_a_channel_from_both(stand_ins: Start, clock: Day) -> None:
    channels = [{"id": f"C0CHANNEL{n}0", "name": f"channel-{n}"} for n in range(2)]
    world = stand_ins(lambda state: Slack(state, clock.monotonic), sample={"slack": {"channels": channels}})
    settings = slack.Settings(_env_file=None, bot_token=SecretStr("xoxb-1"), base_url=f"{world.base_url('slack')}/")  # type: ignore[call-arg]
    workers = two(lambda shared: slack.connect(settings, World(retry=HURRIED, clock=clock, allowance=shared)), clock)
    began = clock.now
    for number in range(40):
        what = PostMessage(channel=f"channel-{number // 2 % 2}", text="hello", digest=False)
        [reply] = workers[number % 2].actions["slack.post_message"].deliver([piece(what, str(number))])
        assert isinstance(reply, Done), reply
    assert refused(world) == 0
    assert clock.now - began < 20 / 0.9  # two channels, so twenty seconds are the least


def test_hubspot_hears_190_calls_in_ten_seconds_from_both(stand_ins: Start, clock: Day) -> None:
    world = stand_ins(HubSpot, sample=test_hubspot.sample(3))
    world.get(HubSpot).limits.now = clock.monotonic
    settings = hubspot.Settings(_env_file=None, token=SecretStr(TOKEN), base_url=world.base_url("hubspot"))  # type: ignore[call-arg]
    workers = two(lambda shared: hubspot.connect(settings, World(retry=HURRIED, clock=clock, allowance=shared)), clock)
    began = clock.now
    for number in range(100):  # two calls each
        [reply] = workers[number % 2].actions["hubspot.create_task"].deliver([test_hubspot.task(str(number))])
        assert isinstance(reply, Done), reply
    assert refused(world) == 0
    assert 10 <= clock.now - began < 11  # 200 calls and a few: the second ten seconds have begun


def test_salesforce_is_asked_no_more_than_our_share_of_a_day(stand_ins: Start, clock: Day) -> None:
    org = stand_ins(Salesforce, sample=test_salesforce.sample())
    settings = salesforce.Settings(  # type: ignore[call-arg]
        _env_file=None, domain="acme.my.salesforce.com", client_id=CLIENT_ID, client_secret=SecretStr(CLIENT_SECRET),
        base_url=org.base_url("salesforce"), daily_calls=10,
    )  # fmt: skip
    workers = two(
        lambda shared: salesforce.connect(settings, World(retry=HURRIED, clock=clock, allowance=shared)), clock
    )
    replies = [
        workers[number % 2].actions["salesforce.create_task"].deliver([test_salesforce.task(str(number))])[0]
        for number in range(12)
    ]
    assert [type(reply) for reply in replies] == [Done] * 8 + [NotItsTurn] * 4  # each learns fields and owners, once
    assert org.get(Salesforce).calls == 10
    assert isinstance(replies[-1], NotItsTurn) and replies[-1].wait == pytest.approx(86_400, abs=900)
    clock.now += 86_400
    [reply] = workers[0].actions["salesforce.create_task"].deliver([test_salesforce.task("11")])
    assert isinstance(reply, Done)


def test_what_the_org_has_left_for_all_holds_both_back(stand_ins: Start, clock: Day) -> None:
    org = stand_ins(Salesforce, sample=test_salesforce.sample())
    org.get(Salesforce).api_limit, org.get(Salesforce).calls = 1000, 949  # others have used it
    settings = test_salesforce.settings(org)
    workers = two(
        lambda shared: salesforce.connect(settings, World(retry=HURRIED, clock=clock, allowance=shared)), clock
    )
    first, second = (worker.actions["salesforce.create_task"].deliver([test_salesforce.task()]) for worker in workers)
    assert isinstance(first[0], NotItsTurn) and isinstance(second[0], NotItsTurn)
    assert org.get(Salesforce).calls == 950, "one call heard it, and the other worker made none"


def test_intercom_hears_no_more_than_its_window_from_both(stand_ins: Start, clock: Day) -> None:
    world = stand_ins(lambda state: Intercom(state, clock.monotonic), sample={})
    settings = intercom.Settings(_env_file=None, access_token=SecretStr("x"), base_url=world.base_url("intercom"))  # type: ignore[call-arg]
    world.fault("intercom", "status", status=429, body={}, headers={"X-RateLimit-Reset": str(int(clock.now) + 7)})
    now = lambda: datetime.fromtimestamp(clock.now, UTC)  # noqa: E731
    one, other = two(
        lambda shared: intercom.connect(settings, World(retry=HURRIED, clock=clock, now=now, allowance=shared)), clock
    )
    began = clock.now
    one.check()
    other.check()
    assert clock.now >= began + 6.9, "what one heard both obey"
    assert refused(world) == 1
