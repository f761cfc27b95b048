"""Webhooks: signed, the same on every attempt, and never sent twice where nobody would know."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from expansion.contract import NoAccess, Refused
from integrations.webhook.actions import body
from integrations.webhook.settings import Settings
from integrations.webhook.signing import headers, key_of
from sandbox.webhook.answers import ANSWERS
from sandbox.webhook.app import Webhook
from tests.integrations.conftest import StandIns
from tests.integrations.contract import ActionContract, Case
from tests.systems.webhook import connect, message

Start = Callable[..., StandIns]
ABOUT = (Path(__file__).parents[2] / "integrations/webhook/about.md").read_text(encoding="utf-8")
SECRET = Webhook.credentials["WEBHOOK_SECRET"]


@pytest.fixture
def there(stand_ins: Start) -> StandIns:
    return stand_ins(Webhook)


def _case(there: StandIns, **how: Any) -> Case:
    settings = {"receivers_dedupe": True} if how.get("dedupes") else {}
    return Case(
        stand_ins=there,
        vendor="webhook",
        connect=lambda: connect(there, **settings).actions["webhook.send"],
        good=message,
        bad=message("bad", to="gone"),
        write={"method": "POST", "path": "/in/default"},
        lock_out=lambda: setattr(there.get(Webhook), "secret", "whsec_" + "b" * 40),
        answers=ANSWERS,
        findable=False,
        may_be_unsure=not settings,
        once=True,
    )


class TestSend(ActionContract):
    action = "webhook.send"

    @pytest.fixture
    def case(self, there: StandIns) -> Case:
        return _case(there)

    def test_what_is_already_there_is_not_done_again(self, case: Case) -> None:
        """Nobody can know: the action says that it cannot be repeated, and that it cannot be looked up."""
        assert not case.action.repeatable
        [reply] = case.action.find([case.good("one")])
        assert isinstance(reply, Refused)


class TestSendToThoseWhoTellRepeats(ActionContract):
    action = "webhook.send"

    @pytest.fixture
    def case(self, there: StandIns) -> Case:
        there.get(Webhook).dedupes = True
        return _case(there, dedupes=True)

    def test_what_is_already_there_is_not_done_again(self, case: Case) -> None:
        assert case.action.repeatable
        case.action.deliver([case.good("one")])
        case.action.deliver([case.good("one")])
        assert case.times(case.good("one")) == 1


# --- what is its own --------------------------------------------------------------------------------------------------


def test_a_message_says_who_why_and_what(there: StandIns) -> None:
    connect(there).actions["webhook.send"].deliver([message()])
    [one] = there.state.all("webhook.messages")
    data = one["body"]["data"]
    assert one["body"]["type"] == "expansion.step"
    assert data["account"] == {"id": "acme", "name": "Acme"}
    assert (data["trigger"]["name"], data["playbook"]["name"]) == ("seat-limit", "seat-expansion")
    assert data["fields"] == {"seats": 46}
    assert data["key"] == message().key


def test_every_attempt_is_the_same_but_for_its_time() -> None:
    assert body(message()) == body(message())
    assert json.loads(body(message()))["timestamp"] == "2026-11-20T09:00:00+00:00"


def test_the_receiver_on_the_page_tells_ours_from_others() -> None:
    [code] = re.findall(r"```python\n(.*?)```", ABOUT, re.DOTALL)
    there: dict[str, Any] = {}
    exec(code, there)
    said, now = body(message()), int(time.time())
    made = headers(key_of(SECRET), "one", now, said)
    is_ours = there["is_ours"]
    assert is_ours(SECRET, made, said)
    assert not is_ours(SECRET, made, said + b" ")
    assert not is_ours(SECRET, {**made, "webhook-id": "two"}, said)
    assert not is_ours("whsec_" + "c" * 40, made, said)
    assert not is_ours(SECRET, headers(key_of(SECRET), "one", now - 301, said), said)
    assert not is_ours(SECRET, {**made, "webhook-timestamp": "soon"}, said)


def test_a_name_that_is_no_address_is_refused_with_those_there_are(there: StandIns) -> None:
    [reply] = connect(there).actions["webhook.send"].deliver([message(to="nowhere")])
    assert isinstance(reply, Refused)
    assert str(reply) == ("Webhook: nothing is called `nowhere` in WEBHOOK_ENDPOINTS; there are `default`, `gone`")


def test_a_receiver_that_sends_us_elsewhere_gets_nothing(there: StandIns) -> None:
    there.fault("webhook", "status", status=307, headers={"Location": f"{there.url}/webhook/in/default"})
    [reply] = connect(there).actions["webhook.send"].deliver([message()])
    assert isinstance(reply, NoAccess)
    assert there.state.all("webhook.messages") == []


@pytest.mark.parametrize(
    ("endpoints", "said"),
    [
        ("", "names no address"),
        ("https://a.example/x", "names no address"),
        ("crm=ftp://a.example", "what `crm` stands for is no address"),
        ("crm=http://a.example/x", "`crm` is not encrypted"),
    ],
)
def test_addresses_that_are_none_are_refused_and_not_repeated(endpoints: str, said: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(said)) as caught:
        Settings(_env_file=None, endpoints=endpoints, secret=SECRET)
    assert "a.example" not in caught.value.errors()[0]["msg"]


@pytest.mark.parametrize("secret", ["", "secret", "whsec_", "whsec_ä", "whsec_c2hvcnQ="])
def test_a_secret_that_is_none_is_refused(secret: str) -> None:
    with pytest.raises(ValidationError, match=r"openssl rand -base64 32"):
        Settings(_env_file=None, endpoints="a=https://a.example/x", secret=secret)


def test_several_addresses_are_told_apart() -> None:
    known = Settings(
        _env_file=None, endpoints="a=https://a.example/x?sig=1,2 b-2=https://b.example/y", secret=SECRET
    ).known
    assert known == {"a": "https://a.example/x?sig=1,2", "b-2": "https://b.example/y"}


def test_doctor_sends_nothing(there: StandIns) -> None:
    findings = connect(there).check()
    assert all(finding.ok for finding in findings)
    assert there.requests() == []
