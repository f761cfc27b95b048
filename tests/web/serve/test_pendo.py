"""Pendo's webhook: both ways in which a signature may be written, and what its published bodies become."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest

from expansion.contract import FactRecord
from integrations.pendo.settings import WebhookSettings
from integrations.pendo.webhook import Webhook
from tests.web.serve.receiver import WORLD, Receiver, door

SECRET = "secret-of-the-webhook"
PATH = "/pendo/webhook"


@pytest.fixture
def pendo(tmp_path: Path) -> Receiver:
    return Receiver.of(tmp_path, door(Webhook, webhook_secret=SECRET))


def sent(event: Any = "guideDisplayed", n: int = 1, **changed: Any) -> dict[str, Any]:
    """As Pendo publishes it, with other ids."""
    guide = {"id": "g-1", "name": "Seats", "createdByUser": {"username": "team@seller.example"}, "steps": [{"id": "s"}]}
    own = {"app": {"id": -3, "name": "Product", "platform": "web"}, "accountId": "acme", "visitorId": "ana"}
    own |= {"subscription": {"id": 4, "name": "Product"}, "userAgent": "Mozilla/5.0", "uniqueId": f"u-{n}"}
    told = {"guideId": "g-1", "guideProperties": guide, "guideStepId": "s", "language": "en-US"}
    return {**own, "event": event, "timestamp": 1_772_445_600, "properties": told, **changed}


def made(raw: bytes, secret: str = SECRET) -> bytes:
    return hmac.new(secret.encode(), raw, hashlib.sha256).digest()


def post(to: Receiver, body: Any) -> int:
    raw = json.dumps(body, ensure_ascii=False).encode()
    return to.ask("POST", PATH, content=raw, headers={"x-pendo-signature": made(raw).hex()}).status_code


def test_a_signature_is_taken_in_both_usual_ways(pendo: Receiver) -> None:
    raw = json.dumps(sent(), indent=1).encode()
    for written in (made(raw).hex(), base64.b64encode(made(raw)).decode()):
        assert pendo.ask("POST", PATH, content=raw, headers={"x-pendo-signature": written}).status_code == 200
    assert pendo.fold().stored == 1  # what is sent again counts once


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-pendo-signature": ""},
        {"x-pendo-signature": SECRET},
        {"x-pendo-signature": made(b"{}").hex()},
        {"x-pendo-signature": made(json.dumps(sent()).encode(), "another").hex()},
        {"x-pendo-signature": b"\xe9"},
        [("x-pendo-signature", made(json.dumps(sent()).encode()).hex())] * 2,
    ],
)
def test_another_signature_is_401(pendo: Receiver, headers: Any) -> None:
    reply = pendo.ask("POST", PATH, content=json.dumps(sent()).encode(), headers=headers)
    assert (reply.status_code, pendo.rows) == (401, [])


def test_an_event_is_the_person_s_and_the_account_s_without_who_of_the_team_made_the_guide(pendo: Receiver) -> None:
    assert post(pendo, sent()) == 200
    [event] = pendo.events
    assert (event.event, event.account_id, event.user_id) == ("guideDisplayed", "acme", "ana")
    assert event.properties == {
        "guideName": "Seats", "appName": "Product", "guideId": "g-1", "guideStepId": "s", "language": "en-US",
    }  # fmt: skip
    assert b"team@seller.example" not in (pendo.root / "journal.jsonl").read_bytes()


def test_a_first_visit_tells_whose_the_later_events_are(pendo: Receiver) -> None:
    assert post(pendo, [sent("visitorCreated"), sent("npsSubmitted", 2, accountId=None)]) == 200
    assert [one.account_id for one in pendo.events] == ["acme", "acme"]
    assert [row.user_id for row in pendo.rows if isinstance(row, FactRecord)] == ["ana"]


def test_one_that_makes_no_sense_stops_no_other(pendo: Receiver) -> None:
    broken = [7, sent(None), sent(""), sent(visitorId={"a": 1}), sent(timestamp="soon"), sent(properties=[1])]
    assert post(pendo, [*broken, sent(n=9)]) == 200
    assert (len(pendo.events), len(pendo.reasons)) == (1, 6)


@pytest.mark.parametrize("raw", [b"", b"7", b'{"event"', b"[" * 100_000])
def test_a_body_that_is_no_event_is_400(pendo: Receiver, raw: bytes) -> None:
    reply = pendo.ask("POST", PATH, content=raw, headers={"x-pendo-signature": made(raw).hex()})
    assert (reply.status_code, pendo.rows) == (400, [])


def test_without_an_id_one_is_made_of_the_whole_event(pendo: Receiver) -> None:
    for one in (sent(uniqueId=None), sent(uniqueId=None), sent("pollSubmitted", uniqueId=None)):
        assert post(pendo, one) == 200
    assert pendo.fold().stored == 2


def test_without_a_secret_the_door_is_closed() -> None:
    assert Webhook.opened(WebhookSettings(_env_file=None, webhook_secret="  "), WORLD) is None  # type: ignore[call-arg,arg-type]
