"""What people click in Slack against `expansion serve`: signed, in time, each click once."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import pytest
from slack_sdk.signature import SignatureVerifier

from expansion.contract import Disposition
from integrations.slack.buttons import menu, row
from integrations.slack.inbound import Buttons
from tests.web.serve.receiver import NOW, Receiver, door

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
STEP = "a" * 64
AT = NOW.timestamp()


class Slack(Receiver):
    """A receiver whose answers are kept, as the ledger would."""

    @classmethod
    def made(cls, folder: Path) -> Slack:
        receiver = cls.of(folder, door(Buttons, signing_secret=SECRET))
        receiver.answers = []
        receiver.service.on_answers = receiver.answers.extend
        return receiver

    answers: list[Disposition]


@pytest.fixture
def slack(tmp_path: Path) -> Slack:
    return Slack.made(tmp_path)


def element(index: int, option: int | None = None, **more: Any) -> dict[str, Any]:
    """An element of the row of buttons as Slack sends it back."""
    sent = row(STEP)["elements"][index]
    chosen = {} if option is None else {"selected_option": sent["options"][option]}
    used = {name: value for name, value in sent.items() if name not in ("options", "placeholder")}
    return {**used, **chosen, "block_id": "b1", "action_ts": f"{AT - 2:.6f}", **more}


def payload(*actions: Any, **more: Any) -> dict[str, Any]:
    who = {"id": "U0ANA", "username": "ana", "name": "ana", "team_id": "T1"}
    where = {"type": "message", "message_ts": "1772452790.000100", "channel_id": "C1", "is_ephemeral": False}
    return {"type": "block_actions", "user": who, "container": where, "actions": list(actions), **more}


def signed(body: bytes, at: str = f"{AT:.0f}", secret: str = SECRET) -> dict[str, str]:
    made = hmac.new(secret.encode(), f"v0:{at}:".encode() + body, hashlib.sha256).hexdigest()
    kind = "application/x-www-form-urlencoded"
    return {"x-slack-request-timestamp": at, "x-slack-signature": f"v0={made}", "content-type": kind}


def click(to: Slack, said: Any, headers: dict[str, str] | None = None) -> int:
    body = urlencode({"payload": json.dumps(said)}).encode()
    reply = to.ask("POST", "/slack/buttons", content=body, headers=signed(body) if headers is None else headers)
    assert reply.status_code != 200 or reply.content == b"", "whatever is in it would be shown"
    return reply.status_code


def test_a_claim_is_an_answer_with_who_and_when_and_nothing_else_is_stored(slack: Slack) -> None:
    assert click(slack, payload(element(0))) == 200
    [said] = slack.answers
    assert (said.kind, said.step, said.by, said.called) == ("claimed", STEP, "U0ANA", "ana")
    assert said.at == NOW - timedelta(seconds=2)
    assert slack.rows == slack.told == []


@pytest.mark.parametrize(("option", "days"), [(0, 1), (1, 7)])
def test_a_snooze_lasts_from_the_click_on(slack: Slack, option: int, days: int) -> None:
    click(slack, payload(element(1, option)))
    [said] = slack.answers
    assert (said.kind, said.until) == ("snoozed", said.at + timedelta(days=days))


def test_a_no_has_its_reason(slack: Slack) -> None:
    click(slack, payload(element(3, 1)))
    click(slack, payload(element(2)))
    assert [(said.kind, said.reason) for said in slack.answers] == [("not_useful", "bad-timing"), ("useful", None)]


def test_the_menu_of_a_digest_says_the_same(slack: Slack) -> None:
    lines = menu(STEP)
    for option in lines["options"]:
        click(slack, payload({**lines, "selected_option": option, "action_ts": f"{AT:.6f}"}))
    kinds = ["claimed", "snoozed", "snoozed", "useful", "not_useful"]
    assert [(said.kind, said.step) for said in slack.answers] == [(kind, STEP) for kind in kinds]


def test_the_same_click_sent_twice_has_the_same_id_and_another_one_another(slack: Slack) -> None:
    for stamp in ("1.5", "1.5", "2.5"):
        click(slack, payload(element(0, action_ts=stamp)))
    first, again, other = [said.remote_id for said in slack.answers]
    assert first == again != other


def test_the_signature_is_the_one_that_slacks_own_library_makes(slack: Slack) -> None:
    body = urlencode({"payload": json.dumps(payload(element(0)), ensure_ascii=False)}, quote_via=quote).encode()
    signature = SignatureVerifier(SECRET).generate_signature(timestamp=f"{AT:.0f}", body=body)
    assert signature == signed(body)["x-slack-signature"]
    assert slack.ask("POST", "/slack/buttons/", content=body, headers=signed(body)).status_code == 200


GOOD = urlencode({"payload": json.dumps(payload(element(0)))}).encode()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        signed(GOOD, secret="another"),
        signed(GOOD + b"x"),
        signed(GOOD, at=f"{AT - 301:.0f}"),
        signed(GOOD, at=f"{AT + 301:.0f}"),
        signed(GOOD, at="soon"),
        signed(GOOD, at=""),
        signed(GOOD, at="٣"),
        signed(GOOD, at="9" * 400),
        {**signed(GOOD), "x-slack-signature": "v0=é"},
        {**signed(GOOD), "x-slack-signature": ""},
        {name: value for name, value in signed(GOOD).items() if name != "x-slack-request-timestamp"},
    ],
)
def test_a_signature_that_does_not_fit_or_is_old_is_401_and_nothing_is_taken(
    slack: Slack, headers: dict[str, str]
) -> None:
    sent = {name: value.encode("utf-8") for name, value in headers.items()}
    reply = slack.ask("POST", "/slack/buttons", content=GOOD, headers=sent)
    assert (reply.status_code, slack.answers) == (401, [])
    assert SECRET not in reply.text


def test_a_body_with_a_line_end_is_signed_with_it(slack: Slack) -> None:
    body = GOOD + b"\n"
    assert slack.ask("POST", "/slack/buttons", content=body, headers=signed(body)).status_code == 200


def test_two_signatures_are_none(slack: Slack) -> None:
    twice = [*signed(GOOD).items(), ("x-slack-signature", signed(GOOD)["x-slack-signature"])]
    assert slack.ask("POST", "/slack/buttons", content=GOOD, headers=twice).status_code == 401


@pytest.mark.parametrize(
    "said",
    [
        {"type": "view_submission"}, {"type": "block_actions"}, {"type": "block_actions", "actions": 7}, [], 7, None,
        payload({"action_id": "other.claim", "value": "x y"}), payload(None, 7, "claim"),
    ],
)  # fmt: skip
def test_what_is_none_of_ours_is_acknowledged_and_changes_nothing(slack: Slack, said: Any) -> None:
    assert click(slack, said) == 200
    assert slack.answers == slack.rows == []


def test_what_this_version_has_no_button_for_is_set_aside(slack: Slack) -> None:
    assert click(slack, payload(element(0), user=None)) == 200
    assert click(slack, payload({"action_id": "expansion.dance", "value": f"dance {STEP}", "action_ts": "1"})) == 200
    assert slack.answers == []
    assert len(slack.reasons) == 2


def test_a_body_that_is_no_form_is_refused(slack: Slack) -> None:
    for body in (b"", b"payload=", b"payload=%7B", b"\xff\xfe"):
        assert slack.ask("POST", "/slack/buttons", content=body, headers=signed(body)).status_code == 400


def test_where_the_ledger_takes_nothing_slack_is_told_so(slack: Slack) -> None:
    def broken(_: Any) -> None:
        raise OSError("disk full")

    slack.service.on_answers = broken
    assert click(slack, payload(element(0))) == 503


def test_it_is_answered_within_slacks_three_seconds_whatever_the_ledger_does(slack: Slack) -> None:
    slack.service.on_answers = lambda _: time.sleep(4)
    began = time.monotonic()

    async def ask() -> tuple[int, float]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(slack.service)) as client:
            reply = await client.post("http://receiver/slack/buttons", content=GOOD, headers=signed(GOOD))
            return reply.status_code, time.monotonic() - began

    status, seconds = asyncio.run(ask())
    assert status == 503
    assert seconds < 3
