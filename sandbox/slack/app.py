"""A stand-in of Slack's Web API: one workspace with channels, members and messages.

Slack says no inside an HTTP 200, and 429 with `Retry-After` when asked too fast. Both are kept here, and so are the
limits on blocks. `client_msg_id` is taken and ignored: Slack promises nothing about it, so the stand-in doesn't either.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.kit.guard import guarded
from sandbox.kit.inbox import anchor
from sandbox.kit.pages import page
from sandbox.kit.stand_in import InboxItem, StandIn
from sandbox.kit.state import State
from sandbox.kit.window import Window
from sandbox.sample import Account
from sandbox.slack.answers import ANSWERS
from sandbox.slack.content import Problem, TooFast, content, count, moment
from sandbox.slack.mrkdwn import blocks_to_html, first_lines, to_html
from sandbox.slack.sample import part as sample_part

Doc = dict[str, Any]

TEAM, BOT_USER, BOT, APP = "T0SANDBOX", "U0EXPANSION", "B0EXPANSION", "A0EXPANSION"
SCOPES = (
    "chat:write", "channels:read", "channels:history", "groups:read", "groups:history", "users:read",
    "users:read.email", "im:write", "im:history",
)  # fmt: skip
# Calls a minute, by method: docs.slack.dev/apis/web-api/rate-limits. Posting has its own limits below.
_A_MINUTE = {
    "conversations.list": 20,
    **dict.fromkeys(("conversations.history", "conversations.replies", "conversations.info", "conversations.open"), 50),
    **dict.fromkeys(("chat.update", "users.lookupByEmail", "users.info"), 50),
}


# A conversation with one person, which opens when something is posted to them.
_DIRECT: Doc = {"is_im": True, "is_private": True, "is_member": True, "is_archived": False}


class Slack(StandIn):
    """`scopes` are what the bot token may do; take one away to see `missing_scope`."""

    name = "slack"
    title = "Slack"
    answers = ANSWERS
    credentials: ClassVar = {"SLACK_BOT_TOKEN": "xoxb-stand-in"}  # any that starts like a bot token
    colour = "#7d3c83"
    style = Path(__file__).with_name("inbox.css")
    chats = True

    def __init__(self, state: State, now: Callable[[], float] = time.time) -> None:
        super().__init__(state)
        self.scopes = set(SCOPES)
        self.revoked = False  # no token is taken any more
        self.posts_a_minute = 300  # "several hundred messages per minute" for a workspace
        self._now = now
        self._windows: dict[str, Window] = {}
        self._methods: dict[str, tuple[str | None, Callable[[Request, Doc], Doc]]] = {
            "auth.test": (None, self._auth_test),
            "chat.postMessage": ("chat:write", self._post),
            "chat.update": ("chat:write", self._update),
            "chat.getPermalink": (None, self._permalink),
            "conversations.history": (None, self._history),
            "conversations.list": ("channels:read", self._list),
            "conversations.replies": (None, self._replies),
            "conversations.info": ("channels:read", self._info),
            "conversations.open": ("im:write", self._open_direct),
            "users.info": ("users:read", self._user),
            "users.lookupByEmail": ("users:read.email", self._by_email),
        }

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/archives/{channel}/{message}", self._open),
            *guarded([("GET POST", "/{method}", self._answer)], sign=self._sign),
        ]

    @classmethod
    def sample(cls, customers: Sequence[Account], as_of: datetime, chance: Random) -> Doc:
        return sample_part()

    def load(self, sample: Doc) -> None:
        part = sample.get("slack", {})
        for channel in part.get("channels", []):
            known = self.state.get("slack.channels", channel["id"]) or {"is_member": True, "is_archived": False}
            self.state.put("slack.channels", channel["id"], {"is_private": False, **known, **channel})
        for user in part.get("users", []):
            self.state.put("slack.users", user["id"], user)

    def inbox(self) -> list[InboxItem]:
        return [self._item(message) for message in self.state.all("slack.messages")]

    # --- every request ------------------------------------------------------------------------------------------------

    async def _answer(self, request: Request) -> Response:
        arguments = await _arguments(request)
        method = request.path_params["method"]
        if method not in self._methods:
            raise Problem("unknown_method", req_method=method)
        scope, run = self._methods[method]
        self._allow(request, arguments, scope)
        self._pace(method, _A_MINUTE.get(method, 10_000), 60)
        return JSONResponse({"ok": True, **run(request, arguments)})

    def _sign(self, request: Request, reply: Response) -> None:
        reply.headers["x-oauth-scopes"] = ",".join(sorted(self.scopes))

    def _allow(self, request: Request, arguments: Doc, scope: str | None) -> None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ") or arguments.get("token")
        if not token:
            raise Problem("not_authed")
        if not token.startswith("xoxb-"):
            raise Problem("invalid_auth")
        if self.revoked:
            raise Problem("token_revoked")
        if scope and scope not in self.scopes:
            raise Problem("missing_scope", needed=scope, provided=",".join(sorted(self.scopes)))

    def _pace(self, what: str, calls: int, seconds: float) -> None:
        window = self._windows.setdefault(what, Window(seconds, self._now))
        if (wait := window.wait(calls)) is not None:
            raise TooFast(wait)
        window.count()

    # --- methods ------------------------------------------------------------------------------------------------------

    def _auth_test(self, request: Request, _: Doc) -> Doc:
        return {
            "url": f"{request.base_url}slack/", "team": "Sandbox", "user": "expansion", "team_id": TEAM,
            "user_id": BOT_USER, "bot_id": BOT, "is_enterprise_install": False,
        }  # fmt: skip

    def _post(self, request: Request, arguments: Doc) -> Doc:
        channel = self._channel(arguments.get("channel"), by_name=True)
        if channel["is_archived"]:
            raise Problem("is_archived")
        if not channel["is_member"] and "chat:write.public" not in self.scopes:
            raise Problem("not_in_channel")
        parts = content(arguments)
        self._pace("all posts", self.posts_a_minute, 60)
        self._pace(f"post {channel['id']}", 1, 1.0)  # "short bursts of >1 are not guaranteed": none here
        message = {
            "type": "message", "user": BOT_USER, "bot_id": BOT, "app_id": APP, "team": TEAM, "ts": self._ts(), **parts
        }  # fmt: skip
        self.state.put("slack.messages", f"{channel['id']}:{message['ts']}", {**message, "channel": channel["id"]})
        for key in _keys(message) or [arguments.get("client_msg_id") or f"{channel['id']}:{message['ts']}"]:
            self.state.applied("slack", "post_message", key)
        return {"channel": channel["id"], "ts": message["ts"], "message": message}

    def _update(self, request: Request, arguments: Doc) -> Doc:
        channel = self._channel(arguments.get("channel"))
        key = f"{channel['id']}:{arguments.get('ts')}"
        message = self.state.get("slack.messages", key)
        if message is None:
            raise Problem("message_not_found")
        if message.get("user") != BOT_USER:
            raise Problem("cant_update_message")
        message = {**message, **content(arguments), "edited": {"user": BOT_USER, "ts": self._ts()}}
        self.state.put("slack.messages", key, message)
        self.state.applied("slack", "update", key)
        return {"channel": channel["id"], "ts": message["ts"], "text": message["text"], "message": message}

    def _permalink(self, request: Request, arguments: Doc) -> Doc:
        channel, ts = self._channel(arguments.get("channel")), str(arguments.get("message_ts", ""))
        if self.state.get("slack.messages", f"{channel['id']}:{ts}") is None:
            raise Problem("message_not_found")
        return {"channel": channel["id"], "permalink": _link(f"{request.base_url}slack/", channel["id"], ts)}

    def _history(self, request: Request, arguments: Doc) -> Doc:
        channel = self._channel(arguments.get("channel"))
        self._may_read(channel)
        if not channel["is_member"]:
            raise Problem("not_in_channel")
        oldest, latest = moment(arguments, "oldest", 0), moment(arguments, "latest", self._now() + 1)
        limit, inclusive = count(arguments, "limit", 100, 999), _true(arguments.get("inclusive"))
        mine = [m for m in self._in(channel) if m.get("thread_ts", m["ts"]) == m["ts"]]  # replies are in their thread
        fits = [
            m for m in mine if oldest < float(m["ts"]) < latest or (inclusive and float(m["ts"]) in (oldest, latest))
        ]
        newest_first = sorted(fits, key=lambda m: float(m["ts"]), reverse=True)
        part, cursor = _page(newest_first, arguments.get("cursor"), limit)
        with_metadata = _true(arguments.get("include_all_metadata"))
        messages = [_without(message, () if with_metadata else ("metadata",)) for message in part]
        return {"messages": messages, "has_more": bool(cursor), "response_metadata": {"next_cursor": cursor}}

    def _may_read(self, channel: Doc) -> None:
        """History has a scope for each kind of conversation."""
        kinds = {"im": "im:history", "private_channel": "groups:history", "public_channel": "channels:history"}
        needed = kinds[_kind(channel)]
        if needed not in self.scopes:
            raise Problem("missing_scope", needed=needed, provided=",".join(sorted(self.scopes)))

    def _in(self, channel: Doc) -> list[Doc]:
        return [message for message in self.state.all("slack.messages") if message["channel"] == channel["id"]]

    def _replies(self, request: Request, arguments: Doc) -> Doc:
        """A message and its replies, oldest first."""
        channel, ts = self._channel(arguments.get("channel")), str(arguments.get("ts") or "")
        self._may_read(channel)
        thread = [m for m in self._in(channel) if ts in (m["ts"], m.get("thread_ts"))]
        if not thread:
            raise Problem("thread_not_found")
        part, cursor = _page(thread, arguments.get("cursor"), count(arguments, "limit", 1000, 1000))
        hidden = () if _true(arguments.get("include_all_metadata")) else ("metadata",)
        messages = [_without(message, hidden) for message in part]
        return {"messages": messages, "has_more": bool(cursor), "response_metadata": {"next_cursor": cursor}}

    def _list(self, request: Request, arguments: Doc) -> Doc:
        types = str(arguments.get("types") or "public_channel").split(",")
        if "private_channel" in types and "groups:read" not in self.scopes:
            raise Problem("missing_scope", needed="groups:read", provided=",".join(sorted(self.scopes)))
        visible = [c for c in self.state.all("slack.channels") if _kind(c) in types]
        if _true(arguments.get("exclude_archived")):
            visible = [c for c in visible if not c["is_archived"]]
        part, cursor = _page(visible, arguments.get("cursor"), count(arguments, "limit", 100, 1000))
        return {"channels": [_shown(c) for c in part], "response_metadata": {"next_cursor": cursor}}

    def _info(self, request: Request, arguments: Doc) -> Doc:
        return {"channel": _shown(self._channel(arguments.get("channel")))}

    def _open_direct(self, request: Request, arguments: Doc) -> Doc:
        """With one member; opened again, it is the same. An e-mail address is nobody here."""
        user = self.state.get("slack.users", str(arguments.get("users") or ""))
        if user is None:
            raise Problem("user_not_found")
        if user.get("deleted"):
            raise Problem("user_disabled")
        channel_id = f"D{user['id'][1:]}"
        known = self.state.get("slack.channels", channel_id) is not None
        if not known:
            self.state.put("slack.channels", channel_id, {"id": channel_id, "name": user["name"], **_DIRECT})
        return {"channel": {"id": channel_id}, **({"no_op": True, "already_open": True} if known else {})}

    def _user(self, request: Request, arguments: Doc) -> Doc:
        """The e-mail address is told to who may read it alone."""
        user = self.state.get("slack.users", str(arguments.get("user") or ""))
        if user is None:
            raise Problem("user_not_found")
        profile = {"email": user.get("email", ""), "real_name": user["name"], **user.get("profile", {})}
        shown = profile if "users:read.email" in self.scopes else _without(profile, ("email",))
        return {"user": {"id": user["id"], "team_id": TEAM, "name": user["name"], "profile": shown}}

    def _by_email(self, request: Request, arguments: Doc) -> Doc:
        email = str(arguments.get("email", "")).lower()
        for user in self.state.all("slack.users"):
            profile = {"email": user.get("email", ""), "real_name": user["name"], **user.get("profile", {})}
            if profile["email"].lower() == email and not user.get("deleted"):
                return {"user": {"id": user["id"], "team_id": TEAM, "name": user["name"], "profile": profile}}
        raise Problem("users_not_found")

    # --- parts --------------------------------------------------------------------------------------------------------

    def _channel(self, named: Any, *, by_name: bool = False) -> Doc:
        """Posting takes an id or a name, or a person's id; every other method takes ids alone."""
        channel = self.state.get("slack.channels", str(named or ""))
        if channel is None and by_name and (user := self.state.get("slack.users", str(named or ""))):
            return {"id": f"D{user['id'][1:]}", "name": user["name"], **_DIRECT}
        if channel is None and by_name:
            names = {c["name"]: c for c in self.state.all("slack.channels")}
            channel = names.get(str(named or "").removeprefix("#"))
        if channel is None or (channel["is_private"] and not channel["is_member"]):
            raise Problem("channel_not_found")
        return channel

    def _ts(self) -> str:
        """The time of a message is its id: no two are the same."""
        last = float((self.state.get("slack.clock", "ts") or {"ts": "0"})["ts"])
        ts = f"{max(self._now(), last + 0.000002):.6f}"
        self.state.put("slack.clock", "ts", {"ts": ts})
        return ts

    def _item(self, message: Doc) -> InboxItem:
        channel = self.state.get("slack.channels", message["channel"]) or {"name": message["channel"]}
        blocks, payload = message.get("blocks", []), message.get("metadata", {}).get("event_payload", {})
        facts = {
            label: str(payload[name])
            for label, name in (("Trigger", "triggers"), ("Playbook", "playbooks"))
            if payload.get(name)
        }
        return InboxItem(
            system="slack",
            what="message",
            to=f"{'@' if channel.get('is_im') else '#'}{channel['name']}",
            title=next(filter(None, first_lines(blocks, message["text"])), "Message")[:160],
            html=blocks_to_html(blocks) if blocks else to_html(message["text"]),
            at=datetime.fromtimestamp(float(message["ts"]), UTC).isoformat(timespec="seconds"),
            account=payload.get("accounts"),
            key=next(iter(_keys(message)), f"{message['channel']}:{message['ts']}"),
            facts=facts,
        )

    async def _open(self, request: Request) -> Response:
        """A permalink leads to the message on the inbox page."""
        digits = request.path_params["message"].removeprefix("p")
        message = self.state.get("slack.messages", f"{request.path_params['channel']}:{digits[:-6]}.{digits[-6:]}")
        return RedirectResponse(f"/inbox#{anchor('slack', self._item(message).key)}" if message else "/inbox")


async def _arguments(request: Request) -> Doc:
    """From the query, a form or JSON: Slack takes all three."""
    arguments: Doc = dict(request.query_params)
    body = await request.body()
    if "application/json" in request.headers.get("content-type", ""):
        try:
            sent = json.loads(body or b"{}")
        except ValueError:
            raise Problem("invalid_json") from None
        if not isinstance(sent, dict):
            raise Problem("json_not_object")
        return {**arguments, **sent}
    return {**arguments, **dict(parse_qsl(body.decode()))}


def _keys(message: Doc) -> list[str]:
    return str(message.get("metadata", {}).get("event_payload", {}).get("keys", "")).split()


def _page(items: list[Doc], cursor: Any, limit: int) -> tuple[list[Doc], str]:
    start = 0
    if cursor:
        if not str(cursor).startswith("next:") or not str(cursor)[5:].isdigit():
            raise Problem("invalid_cursor")
        start = int(str(cursor)[5:])
    part = page(items, start, limit)
    return part.items, f"next:{part.next}" if part.next else ""


def _shown(channel: Doc) -> Doc:
    return {"is_channel": True, "name_normalized": channel["name"], **channel}


def _kind(channel: Doc) -> str:
    return "im" if channel.get("is_im") else "private_channel" if channel["is_private"] else "public_channel"


def _without(doc: Doc, names: tuple[str, ...]) -> Doc:
    return {name: value for name, value in doc.items() if name not in (*names, "channel")}


def _true(value: Any) -> bool:
    return str(value).lower() in ("1", "true")


def _link(team_url: str, channel: str, ts: str) -> str:
    return f"{team_url}archives/{channel}/p{ts.replace('.', '')}"
