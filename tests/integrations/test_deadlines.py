"""Every call ends: a system that sends a byte now and then holds no run, whichever client reads from it.

A timeout holds for one read. Here the replies of the stand-ins come byte by byte, each well within the timeout.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from pydantic import SecretStr

from expansion.contract import Failure, TryLater
from expansion.fields import Person
from integrations import hubspot, intercom, mixpanel, salesforce, slack
from integrations.kit.deadlines import TIMES, TookTooLong, opener, watch, within
from integrations.kit.declare import Connected
from integrations.kit.retry import RetryPolicy
from integrations.kit.world import World
from integrations.mixpanel import client as _mixpanel_calls
from integrations.slack.inputs import PostMessage
from sandbox.hubspot import app as hubspot_stand_in
from sandbox.intercom.app import Intercom
from sandbox.kit.state import State
from sandbox.mixpanel import app as mixpanel_stand_in
from sandbox.salesforce import app as salesforce_stand_in
from sandbox.slack.app import Slack
from tests.integrations.conftest import StandIns
from tests.integrations.contract import FakeClock, piece

TIMEOUT = 0.25
END = 9.0  # of the fifteen seconds that a reply trickles for: much more than its deadline, for a machine that is busy
ONCE = RetryPolicy(tries=1)
MANY = "x" * 300  # a reply of so many bytes takes fifteen seconds

SAMPLE: dict[str, Any] = {
    "salesforce": {
        "users": [{"Id": "0055e0000000001AAA", "Email": "ana@seller.example", "Name": "Ana", "IsActive": True}],
        "accounts": [{"Id": "0015e0000000001AAA", "Name": MANY, "Product_Account_Id__c": "acme"}],
        "opportunities": [],
    },
    "hubspot": {"companies": [{"id": "1", "properties": {"product_account_id": "acme", "name": MANY}}]},
    "slack": {
        "channels": [{"id": "C0EXPANSION", "name": "expansion"}],
        "users": [{"id": "U0SELLERANA", "name": "ana", "profile": {"email": "ana@seller.example"}}],
    },
    "intercom": {
        "contacts": [{"external_id": "ana", "email": "ana@acme.example", "name": "Ana"}],
        "conversations": [{"id": "1", "created_at": 1_772_409_600, "updated_at": 1_772_409_600, "tags": [MANY]}],
    },
    "mixpanel": {
        "events": [{"event": MANY, "distinct_id": "ana", "time": 1_772_409_600, "insert_id": "i"}],
        "groups": [{"distinct_id": "acme", "properties": {"plan": MANY}}],
        "cohorts": [{"id": 7, "name": "Power users", "description": MANY, "members": ["ana"]}],
    },
}


def of_salesforce(world: StandIns) -> Connected:
    settings = salesforce.Settings(
        domain="acme.my", client_id=salesforce_stand_in.CLIENT_ID, base_url=world.base_url("salesforce"),
        client_secret=SecretStr(salesforce_stand_in.CLIENT_SECRET), timeout=TIMEOUT, _env_file=None,
    )  # fmt: skip
    return salesforce.connect(settings, World(retry=ONCE, clock=FakeClock()))


def of_hubspot(world: StandIns) -> Connected:
    settings = hubspot.Settings(
        token=SecretStr(hubspot_stand_in.TOKEN), base_url=world.base_url("hubspot"), timeout=TIMEOUT, _env_file=None
    )
    return hubspot.connect(settings, World(retry=ONCE, clock=FakeClock()))


def of_slack(world: StandIns) -> Connected:
    settings = slack.Settings(bot_token=SecretStr("xoxb-x"), base_url=world.base_url("slack"), _env_file=None)
    return slack.connect(settings, World(retry=ONCE, timeout=TIMEOUT, clock=FakeClock()))


def of_intercom(world: StandIns) -> Connected:
    settings = intercom.Settings(access_token=SecretStr("x"), base_url=world.base_url("intercom"), _env_file=None)
    return intercom.connect(settings, World(retry=ONCE, timeout=TIMEOUT, clock=FakeClock()))


def of_mixpanel(world: StandIns) -> Connected:
    settings = mixpanel.Settings(
        service_account=mixpanel_stand_in.SERVICE_ACCOUNT, secret=SecretStr(mixpanel_stand_in.SECRET),
        project_id=mixpanel_stand_in.PROJECT_ID, data_group_id=str(mixpanel_stand_in.DATA_GROUP_ID),
        base_url=world.base_url("mixpanel"), _env_file=None,
    )  # fmt: skip
    return mixpanel.connect(settings, World(retry=ONCE))


def post(there: Connected) -> Any:
    return there.actions["slack.post_message"].deliver([piece(PostMessage(channel="expansion", text="hi"))])


def enrol(there: Connected) -> Any:
    people = [Person(user_id="ana", name="Ana", email="ana@acme.example")]
    return there.actions["intercom.enrol_in_series"].deliver([piece(intercom.EnrolInSeries(series="s", people=people))])


Call = Callable[[Connected], Any]
# vendor, its connection, the part of the path that is slow, the call, whether it was to change something
CALLS: list[tuple[str, Callable[[StandIns], Connected], str, Call, bool]] = [
    ("salesforce", of_salesforce, "query", lambda c: list(c.sources["salesforce.account"].facts(["Name"])), False),
    ("salesforce", of_salesforce, "token", lambda c: list(c.sources["salesforce.account"].facts(["Name"])), False),
    ("hubspot", of_hubspot, "companies", lambda c: list(c.sources["hubspot.company"].facts(["name"])), False),
    ("slack", of_slack, "chat.postMessage", post, True),
    ("intercom", of_intercom, "find_by_external_id", enrol, False),
    ("intercom", of_intercom, "tags", enrol, True),
    ("mixpanel", of_mixpanel, "query/engage", lambda c: list(c.sources["mixpanel.group"].facts(["plan"])), False),
    ("mixpanel", of_mixpanel, "cohorts", lambda c: c.sources["mixpanel.cohort"].cohort("Power users"), False),
    ("mixpanel", of_mixpanel, "export", lambda c: list(
        c.sources["mixpanel.export"].events("2026-03-02", "2026-03-02", "company_id")), False),
]  # fmt: skip


def _patient_slack(state: State) -> Slack:
    """An hour passes between two calls: the limit of one post a second is not what is tried here."""
    hours = count()
    return Slack(state, lambda: 3600.0 * next(hours))


@pytest.fixture
def world(stand_ins: Callable[..., StandIns], monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIns]:
    monkeypatch.setattr(_mixpanel_calls, "CALL_TIMEOUT", TIMEOUT)
    monkeypatch.setattr(_mixpanel_calls, "EXPORT_OPENS", TIMES * TIMEOUT)
    monkeypatch.setattr(_mixpanel_calls, "EXPORT_LASTS", TIMES * TIMEOUT)
    vendors = (
        salesforce_stand_in.Salesforce,
        hubspot_stand_in.HubSpot,
        _patient_slack,
        Intercom,
        mixpanel_stand_in.Mixpanel,
    )
    yield stand_ins(*vendors, sample=SAMPLE)


def outcome(call: Call, there: Connected) -> Any:
    """What came, or the failure, raised or returned."""
    try:
        found = call(there)
    except Failure as failure:
        return failure
    return found[0] if isinstance(found, list) else found


def _named(part: object) -> str:
    """Two workers must call a test the same: a function's text has its address in memory."""
    return part if isinstance(part, str) else ""


@pytest.mark.parametrize("kind", ["trickle", "trickle_headers"])
@pytest.mark.parametrize(("vendor", "connect", "path", "call", "wrote"), CALLS, ids=_named)
def test_a_reply_that_trickles_is_given_up(
    world: StandIns, vendor: str, connect: Any, path: str, call: Call, wrote: bool, kind: str
) -> None:
    there = connect(world)
    world.fault(vendor, kind, path=path, seconds=15)
    begun = time.monotonic()
    failure = outcome(call, there)
    assert time.monotonic() - begun < END
    assert isinstance(failure, TryLater), failure
    assert failure.maybe_done == wrote
    assert not isinstance(outcome(call, there), Failure), "and the next call is as ever"


@pytest.mark.parametrize("kind", ["trickle", "trickle_headers"])
@pytest.mark.parametrize(("vendor", "connect", "path", "call", "wrote"), [CALLS[0], CALLS[2], CALLS[4]], ids=_named)
def test_a_connection_that_is_kept_from_an_earlier_call_ends_too(
    world: StandIns, vendor: str, connect: Any, path: str, call: Call, wrote: bool, kind: str
) -> None:
    there = connect(world)
    assert not isinstance(outcome(call, there), Failure)
    world.fault(vendor, kind, path=path, seconds=15)
    begun = time.monotonic()
    assert isinstance(outcome(call, there), TryLater)
    assert time.monotonic() - begun < END


def test_a_proxy_of_the_environment_makes_slack_no_exception(world: StandIns, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", world.url)  # slack-sdk sends everything through it, plain http too
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    there = of_slack(world)
    world.fault("http:", "trickle_headers", path="chat.postMessage", seconds=15)  # a proxy is asked for a whole URL
    begun = time.monotonic()
    assert isinstance(outcome(post, there), TryLater)
    assert time.monotonic() - begun < END


def test_bytes_that_never_make_a_piece_end_an_export_too(world: StandIns) -> None:
    """A zipped stream may go on for ever and hold nothing: empty blocks, which are legal."""
    inner = world.app.app

    async def endless(scope: Any, receive: Any, send: Any) -> None:
        if "export" not in scope["path"]:
            await inner(scope, receive, send)
            return
        headers = [(b"content-type", b"text/plain"), (b"content-encoding", b"gzip")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        blocks = bytes.fromhex("1f8b0800000000000003")
        for _ in range(300):
            await send({"type": "http.response.body", "body": blocks, "more_body": True})
            blocks = bytes.fromhex("000000ffff")
            await asyncio.sleep(0.05)

    world.app.app = endless
    begun = time.monotonic()
    failure = outcome(CALLS[-1][3], of_mixpanel(world))
    assert time.monotonic() - begun < END
    assert isinstance(failure, TryLater)
    assert "the export had not ended after" in str(failure)


def test_outside_a_deadline_nothing_is_watched_and_a_call_in_time_keeps_its_error(world: StandIns) -> None:
    watch(object())  # there is no deadline: nothing is asked of it
    with opener().open(f"{world.url}/_control/applied", timeout=5) as reply:
        assert reply.status == 200
    with pytest.raises(KeyError), within(60):
        raise KeyError("ours")


@pytest.mark.parametrize("path", ["slack/auth.test", "hubspot/x"])
def test_half_the_headers_are_no_reply(world: StandIns, path: str) -> None:
    """http.client reads a connection that ends among the headers as a reply without a body."""
    world.fault(path.partition("/")[0], "trickle_headers", seconds=15)
    with pytest.raises(TookTooLong), within(0.5):
        opener().open(f"{world.url}/{path}", timeout=5).read()


def test_many_deadlines_end_each_at_its_own_time() -> None:
    ended: dict[float, float] = {}

    def run(seconds: float) -> None:
        begun = time.monotonic()
        try:
            with within(seconds):
                time.sleep(seconds + 0.05)
                raise OSError("cut")
        except TookTooLong:
            ended[seconds] = time.monotonic() - begun

    threads = [threading.Thread(target=run, args=(0.05 * n,)) for n in range(1, 8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ended) == 7
