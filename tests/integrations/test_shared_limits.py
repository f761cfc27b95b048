"""Two workers that share an allowance, against stand-ins that enforce the limits of their vendor."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr

from expansion.contract import Done, Failure, NotItsTurn
from integrations import salesforce
from integrations.kit.budgets import Alone
from integrations.kit.declare import Connected
from integrations.kit.world import World
from sandbox.salesforce.app import CLIENT_ID, CLIENT_SECRET, Salesforce
from tests.integrations.conftest import StandIns
from tests.integrations.contract import HURRIED, FakeClock
from tests.systems import salesforce as of_salesforce
from tests.systems import systems
from tests.systems.declare import Shared, System

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
    return sum(request["status"] in (403, 429) for request in world.requests())


LIMITED = [(one, one.shared) for one in systems() if one.shared]


@pytest.mark.parametrize(("system", "shared"), LIMITED, ids=[one.name for one, _ in LIMITED])
def test_together_they_stay_within_the_limit_and_use_it(
    system: System, shared: Shared, stand_ins: Start, clock: Day
) -> None:
    world = shared.start(stand_ins, clock)
    now = lambda: datetime.fromtimestamp(clock.now, UTC)  # noqa: E731

    def connect(allowance: Any) -> Connected:
        at = World(retry=HURRIED, clock=clock, now=now, allowance=allowance)
        return system.connected(world.url, at, **shared.settings)

    workers = two(connect, clock)
    began = clock.now
    for number in range(shared.turns):
        reply = shared.turn(workers[number % 2], number)
        assert not isinstance(reply, Failure), reply
    assert refused(world) == shared.heard
    least, most = shared.seconds
    assert least <= clock.now - began < most


def test_salesforce_is_asked_no_more_than_our_share_of_a_day(stand_ins: Start, clock: Day) -> None:
    org = stand_ins(Salesforce, sample=of_salesforce.sample())
    settings = salesforce.Settings(  # type: ignore[call-arg]
        _env_file=None, domain="acme.my.salesforce.com", client_id=CLIENT_ID, client_secret=SecretStr(CLIENT_SECRET),
        base_url=org.base_url("salesforce"), daily_calls=10,
    )  # fmt: skip
    workers = two(
        lambda shared: salesforce.connect(settings, World(retry=HURRIED, clock=clock, allowance=shared)), clock
    )
    replies = [
        workers[number % 2].actions["salesforce.create_task"].deliver([of_salesforce.task(str(number))])[0]
        for number in range(12)
    ]
    assert [type(reply) for reply in replies] == [Done] * 8 + [NotItsTurn] * 4  # each learns fields and owners, once
    assert org.get(Salesforce).calls == 10
    assert isinstance(replies[-1], NotItsTurn) and replies[-1].wait == pytest.approx(86_400, abs=900)
    clock.now += 86_400
    [reply] = workers[0].actions["salesforce.create_task"].deliver([of_salesforce.task("11")])
    assert isinstance(reply, Done)


def test_what_the_org_has_left_for_all_holds_both_back(stand_ins: Start, clock: Day) -> None:
    org = stand_ins(Salesforce, sample=of_salesforce.sample())
    org.get(Salesforce).api_limit, org.get(Salesforce).calls = 1000, 949  # others have used it
    settings = of_salesforce.settings(org)
    workers = two(
        lambda shared: salesforce.connect(settings, World(retry=HURRIED, clock=clock, allowance=shared)), clock
    )
    first, second = (worker.actions["salesforce.create_task"].deliver([of_salesforce.task()]) for worker in workers)
    assert isinstance(first[0], NotItsTurn) and isinstance(second[0], NotItsTurn)
    assert org.get(Salesforce).calls == 950, "one call heard it, and the other worker made none"
