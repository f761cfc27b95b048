"""The Slack stand-in says no where Slack does, and is never kinder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from sandbox.kit.inbox import inbox_routes
from sandbox.kit.server import Server, build_app
from sandbox.kit.state import State
from sandbox.slack.app import Slack
from sandbox.slack.blocks import problems

SAMPLE = {
    "slack": {
        "channels": [
            {"id": "C1", "name": "expansion"},
            {"id": "C2", "name": "private", "is_private": True},
            {"id": "C3", "name": "foreign", "is_member": False},
            {"id": "C4", "name": "secret", "is_private": True, "is_member": False},
        ],
        "users": [
            {"id": "U1", "email": "dana@acme.example", "name": "Dana"},
            {"id": "U2", "name": "sam", "profile": {"email": "sam@acme.example"}},
        ],
    }
}
HTTP = httpx.Client(trust_env=False)


class World:
    """A stand-in, its address and a time that moves when told."""

    def __init__(self) -> None:
        self.time = 1_800_000_000.0
        self.stand_in = Slack(State(), lambda: self.time)
        self.stand_in.load(SAMPLE)
        self.url = ""
        self.reply = httpx.Response(200)

    def call(self, method: str, *, token: str = "xoxb-1", form: bool = False, **arguments: Any) -> dict[str, Any]:
        sent: dict[str, Any] = {"data": arguments} if form else {"json": arguments}
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.reply = HTTP.post(f"{self.url}/slack/{method}", headers=headers, **sent)
        return self.reply.json()

    def post(self, **message: Any) -> dict[str, Any]:
        self.time += 1.0
        return self.call("chat.postMessage", **{"channel": "C1", "text": "hello", **message})


@pytest.fixture(scope="module")
def port() -> Iterator[tuple[str, Server]]:
    server = Server()
    with server as url:
        yield url, server


@pytest.fixture
def world(port: tuple[str, Server]) -> World:
    world = World()
    world.url, server = port
    server.app = build_app(world.stand_in.state, [world.stand_in], inbox_routes([world.stand_in]))
    return world


def section(text: str = "x") -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def test_no_is_said_inside_a_200(world: World) -> None:
    assert world.call("chat.postMessage", channel="nowhere", text="x")["error"] == "channel_not_found"
    assert world.reply.status_code == 200


@pytest.mark.parametrize(("token", "error"), [("", "not_authed"), ("xoxp-1", "invalid_auth")])
def test_a_wrong_token_is_refused(world: World, token: str, error: str) -> None:
    assert world.call("auth.test", token=token)["error"] == error


def test_a_missing_scope_tells_what_is_needed_and_what_is_there(world: World) -> None:
    world.stand_in.scopes = {"channels:read"}
    reply = world.post()
    assert (reply["error"], reply["needed"], reply["provided"]) == ("missing_scope", "chat:write", "channels:read")
    assert world.reply.headers["x-oauth-scopes"] == "channels:read"


BUTTON = {"type": "button", "text": {"type": "plain_text", "text": "x"}}
LONG = {"type": "plain_text", "text": "x" * 80}


@pytest.mark.parametrize(
    "message",
    [
        {"text": "", "markdown_text": "**hi**"},
        {"text": "", "attachments": [{"text": "hi"}]},
        {"blocks": [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": []}]}]},
        {"blocks": [{"type": "markdown", "text": "**hi**"}]},
        {
            "blocks": [
                {"type": "input", "label": {"type": "plain_text", "text": "x"}, "element": {"type": "checkboxes"}}
            ]
        },
        {"blocks": [{"type": "image", "image_url": "https://a.example/b.png", "alt_text": "b"}]},
        {"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "x"}, "accessory": BUTTON}]},
        {"channel": "U1"},
    ],
)
def test_what_slack_takes_is_taken(world: World, message: dict[str, Any]) -> None:
    assert world.post(**message)["ok"] is True
    assert world.stand_in.inbox()[0].title


def test_a_reply_stands_in_its_thread_and_not_in_the_channel(world: World) -> None:
    first = world.post()
    reply = world.post(thread_ts=first["ts"], text="a reply")
    assert [m["ts"] for m in world.call("conversations.history", channel="C1")["messages"]] == [first["ts"]]
    thread = world.call("conversations.replies", channel="C1", ts=first["ts"])["messages"]
    assert [m["ts"] for m in thread] == [first["ts"], reply["ts"]]
    assert world.call("conversations.replies", channel="C1", ts="1.0")["error"] == "thread_not_found"


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"limit": "abc"}, "invalid_limit"),
        ({"oldest": "soon"}, "invalid_ts_oldest"),
        ({"latest": []}, "invalid_ts_latest"),
    ],
)
def test_history_of_no_moment_or_number_is_refused(world: World, asked: dict[str, Any], error: str) -> None:
    assert world.call("conversations.history", channel="C1", **asked)["error"] == error


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ({"text": ""}, "no_text"),
        ({"text": "x" * 40_001}, "msg_too_long"),
        ({"blocks": [section()] * 51}, "invalid_blocks"),
        ({"blocks": [section("x" * 3000)] * 5}, "msg_blocks_too_long"),
        ({"blocks": "not json"}, "invalid_blocks_format"),
        ({"blocks": {"type": "section"}}, "invalid_blocks_format"),
        ({"metadata": {"event_type": "x"}}, "invalid_metadata_format"),
        ({"metadata": {"event_type": 1, "event_payload": {}}}, "invalid_metadata_schema"),
        ({"metadata": {"event_type": "x", "event_payload": {"a": "b" * 9000}}}, "metadata_too_large"),
        ({"markdown_text": "**hi**"}, "markdown_text_conflict"),
        ({"text": "", "markdown_text": "**hi**", "blocks": [section()]}, "markdown_text_conflict"),
        ({"text": "", "markdown_text": "x" * 12_001}, "msg_too_long"),
        ({"attachments": [{"text": "x"}] * 101}, "too_many_attachments"),
        ({"attachments": "x"}, "invalid_attachments"),
        ({"channel": "foreign"}, "not_in_channel"),
        ({"channel": "secret"}, "channel_not_found"),
    ],
)
def test_what_slack_refuses_is_refused(world: World, message: dict[str, Any], error: str) -> None:
    assert world.post(**message)["error"] == error
    assert world.stand_in.state.all("_applied") == []


@pytest.mark.parametrize(
    "block",
    [
        section("x" * 3001),
        section(""),
        {"type": "section"},
        {"type": "section", "fields": [{"type": "mrkdwn", "text": "x"}] * 11},
        {"type": "section", "fields": [{"type": "mrkdwn", "text": "x" * 2001}]},
        {"type": "header", "text": {"type": "plain_text", "text": "x" * 151}},
        {"type": "header", "text": {"type": "mrkdwn", "text": "x"}},
        {"type": "context", "elements": []},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "x"}] * 11},
        {"type": "actions", "elements": [{"type": "button", "text": {"type": "plain_text", "text": "x" * 76}}]},
        {"type": "actions", "elements": [{"text": {"type": "plain_text", "text": "x"}, "value": "x" * 2001}]},
        {"type": "actions", "elements": [{**BUTTON, "action_id": "a"}] * 2},
        {"type": "section", "text": {"type": "mrkdwn", "text": "x"}, "accessory": {**BUTTON, "text": LONG}},
        {"type": "image", "image_url": "https://a.example/b.png"},
        {"type": "image", "alt_text": "b"},
        {"type": "context", "elements": [{"type": "image", "image_url": "https://a.example/b.png"}]},
        {"type": "rich_text", "elements": []},
        {"type": "markdown", "text": "x" * 12_001},
        {"type": "input", "label": {"type": "plain_text", "text": "x"}},
        {"type": "unheard_of"},
        "text",
    ],
)
def test_a_block_beyond_a_limit_is_pointed_at(block: Any) -> None:
    [problem] = problems([section(), block])
    assert "/blocks/1" in problem


def test_blocks_at_their_limits_pass() -> None:
    fields = [{"type": "mrkdwn", "text": "x" * 2000}] * 5
    header = {"type": "header", "text": {"type": "plain_text", "text": "x" * 150}}
    assert problems([header, section("x" * 3000), {"type": "section", "fields": fields}, {"type": "divider"}]) == []
    assert problems([{**section(), "block_id": "a"}, {**section(), "block_id": "a"}]) != []


def test_a_channel_takes_one_message_a_second_and_no_burst(world: World) -> None:
    assert world.call("chat.postMessage", channel="C1", text="one")["ok"]
    assert world.call("chat.postMessage", channel="C1", text="two")["error"] == "ratelimited"
    assert world.reply.status_code == 429
    assert world.reply.headers["retry-after"] == "1"
    assert world.call("chat.postMessage", channel="C2", text="elsewhere")["ok"]
    world.time += 1
    assert world.call("chat.postMessage", channel="C1", text="two")["ok"]


def test_a_workspace_takes_some_hundred_messages_a_minute(world: World) -> None:
    world.stand_in.posts_a_minute = 3
    assert [world.post()["ok"] for _ in range(4)] == [True, True, True, False]
    assert int(world.reply.headers["retry-after"]) > 50


def test_methods_have_their_tiers(world: World) -> None:
    for _ in range(20):
        assert world.call("conversations.list")["ok"]
    assert world.call("conversations.list")["error"] == "ratelimited"


def test_a_form_is_taken_as_well_as_json(world: World) -> None:
    reply = world.call("chat.postMessage", form=True, channel="#expansion", text="hi", blocks=json.dumps([section()]))
    assert reply["channel"] == "C1"
    assert reply["message"]["blocks"] == [section()]
    headers = {"Authorization": "Bearer xoxb-1", "Content-Type": "application/json"}
    for body, error in (("{", "invalid_json"), ("[1]", "json_not_object")):
        bad = HTTP.post(f"{world.url}/slack/auth.test", content=body, headers=headers)
        assert bad.json()["error"] == error


def test_history_is_newest_first_in_pages_and_keeps_metadata_for_who_asks(world: World) -> None:
    metadata = {"event_type": "expansion_step", "event_payload": {"keys": "k1 k2"}}
    stamps = [world.post(text=f"{n}", metadata=metadata)["ts"] for n in range(5)]
    first = world.call("conversations.history", channel="C1", limit=2, include_all_metadata=True)
    assert [m["text"] for m in first["messages"]] == ["4", "3"]
    assert first["messages"][0]["metadata"] == metadata
    assert first["has_more"]
    cursor = first["response_metadata"]["next_cursor"]
    second = world.call("conversations.history", channel="C1", limit=2, cursor=cursor)
    assert [m["text"] for m in second["messages"]] == ["2", "1"]
    assert "metadata" not in second["messages"][0]
    window = {"oldest": stamps[1], "latest": stamps[3]}
    between = world.call("conversations.history", channel="C1", **window)
    assert [m["text"] for m in between["messages"]] == ["2"]
    inclusive = world.call("conversations.history", channel="C1", inclusive=True, **window)
    assert len(inclusive["messages"]) == 3
    assert world.call("conversations.history", channel="C1", cursor="what")["error"] == "invalid_cursor"
    assert world.stand_in.state.get("_applied", "slack|post_message|k1") == {
        "vendor": "slack", "what": "post_message", "key": "k1", "times": 5
    }  # fmt: skip


def test_history_is_asked_by_id_and_of_channels_one_is_in(world: World) -> None:
    assert world.call("conversations.history", channel="expansion")["error"] == "channel_not_found"
    assert world.call("conversations.history", channel="C3")["error"] == "not_in_channel"
    world.stand_in.scopes -= {"groups:history", "groups:read"}
    assert world.call("conversations.history", channel="C2")["needed"] == "groups:history"
    assert world.call("conversations.list", types="public_channel,private_channel")["needed"] == "groups:read"
    assert [c["name"] for c in world.call("conversations.list", exclude_archived=1)["channels"]] == [
        "expansion",
        "foreign",
    ]


def test_a_message_is_changed_and_linked_to(world: World) -> None:
    ts = world.post()["ts"]
    assert world.call("chat.update", channel="C1", ts=ts, text="better")["message"]["text"] == "better"
    assert world.call("chat.update", channel="C1", ts="1.0", text="x")["error"] == "message_not_found"
    link = world.call("chat.getPermalink", channel="C1", message_ts=ts)["permalink"]
    assert world.call("chat.getPermalink", channel="C1", message_ts="1")["error"] == "message_not_found"
    page = HTTP.get(link, follow_redirects=True)
    assert page.url.path == "/inbox"
    assert f'id="{page.url.fragment}"' in page.text


def test_people_and_channels_are_looked_up(world: World) -> None:
    assert world.call("users.lookupByEmail", email="DANA@acme.example")["user"]["id"] == "U1"
    assert world.call("users.lookupByEmail", email="sam@acme.example")["user"]["id"] == "U2"
    assert world.call("users.lookupByEmail", email="nobody@acme.example")["error"] == "users_not_found"
    assert world.call("conversations.info", channel="C1")["channel"]["name"] == "expansion"
    assert world.call("no.such")["error"] == "unknown_method"


def test_two_messages_of_one_moment_have_two_names(world: World) -> None:
    world.time -= 1
    assert world.post(channel="C1")["ts"] != world.post(channel="C2", text="y")["ts"]


def test_the_inbox_shows_a_message_as_the_channel_would(world: World) -> None:
    payload = {"keys": "k1", "accounts": "Acme", "triggers": "seat-limit", "playbooks": "seats"}
    world.post(text="fallback", blocks=[section("*Acme* grew")], metadata={"event_type": "x", "event_payload": payload})
    world.post(text="_plain_ words")
    first, second = world.stand_in.inbox()
    assert (first.to, first.account, first.key) == ("#expansion", "Acme", "k1")
    assert first.facts == {"Trigger": "seat-limit", "Playbook": "seats"}
    assert "<strong>Acme</strong> grew" in first.html
    assert second.html == "<em>plain</em> words"


def test_loading_twice_changes_nothing(world: World) -> None:
    before = world.stand_in.state.items("slack.channels")
    world.stand_in.load(SAMPLE)
    assert world.stand_in.state.items("slack.channels") == before
