"""Workflows that post what they are sent into channels. Each takes a card as often as it comes, and gives no id."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from html import escape
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from sandbox.kit.guard import Said, guarded
from sandbox.kit.stand_in import InboxItem, StandIn
from sandbox.kit.state import State
from sandbox.kit.window import Window
from sandbox.teams.answers import ANSWERS, error

_CARD = "application/vnd.microsoft.card.adaptive"
_MOST = 28 * 1024  # bytes
_BLOCKS = {"TextBlock": "text", "FactSet": "facts"}


class Teams(StandIn):
    """`signatures`: what the address of each channel has to end with; another one is not let in."""

    name = "teams"
    title = "Microsoft Teams"
    answers = ANSWERS
    credentials: ClassVar = {}
    colour = "#5b5fc7"
    chats = True

    def __init__(self, state: State, now: Callable[[], float] = time.time) -> None:
        super().__init__(state)
        self.channels = {"expansion", "sales"}
        self.signature = "Qz7-standin-signature"
        self.per_second = 4
        self._now = now
        self._windows: dict[str, Window] = {}

    @classmethod
    def environment(cls, url: str) -> dict[str, str]:
        at = f"{url}/teams/workflows"
        channels = (
            f"{name}={at}/{name}/paths/invoke?sig=Qz7-standin-signature" for name in ("expansion", "sales", "gone")
        )
        return {"TEAMS_CHANNELS": " ".join(channels)}

    def routes(self) -> list[BaseRoute]:
        return guarded([("POST", "/workflows/{channel}/paths/invoke", self._post)])

    def inbox(self) -> list[InboxItem]:
        return [_item(one) for one in self.state.all("teams.messages")]

    async def _post(self, request: Request) -> Response:
        body, channel = await request.body(), request.path_params["channel"]
        if request.query_params.get("sig") != self.signature:
            raise Said(JSONResponse(ANSWERS.no_access.body, 401))
        if channel not in self.channels:
            raise Said(JSONResponse(error("WorkflowNotFound", "The workflow could not be found."), 404))
        self._in_turn(channel)
        if len(body) > _MOST:
            raise Said(JSONResponse(error("RequestEntityTooLarge", "Request Entity too large."), 413))
        card = _card(await request.json())
        number = self.state.next_id("teams.messages")
        self.state.put("teams.messages", str(number), {"channel": channel, "card": card, "at": self._now()})
        self.state.applied("teams", "message", f"{channel}|{_texts(card)}")
        return Response(status_code=202)

    def _in_turn(self, channel: str) -> None:
        window = self._windows.setdefault(channel, Window(1, self._now))
        if window.wait(self.per_second) is not None:
            raise Said(JSONResponse(ANSWERS.later[0].body, 429, {"Retry-After": "1"}))
        window.count()


def _card(said: Any) -> dict[str, Any]:
    """The card of a message; a 400 where it is none."""
    try:
        [attachment] = said["attachments"]
        card = attachment["content"]
        fits = said["type"] == "message" and attachment["contentType"] == _CARD and card["type"] == "AdaptiveCard"
        blocks = all(str(block[_BLOCKS[block["type"]]]).strip() for block in card["body"])
    except (KeyError, TypeError, ValueError):
        fits = blocks = False
        card = {}
    if not (fits and blocks and card.get("version") in ("1.0", "1.2", "1.3", "1.4", "1.5")):
        raise Said(JSONResponse(ANSWERS.refused.body, 400))
    return dict(card)


def _texts(card: dict[str, Any]) -> str:
    return "\n".join(block["text"] for block in card["body"] if block["type"] == "TextBlock")


def _item(one: dict[str, Any]) -> InboxItem:
    *texts, context = [block["text"] for block in one["card"]["body"] if block["type"] == "TextBlock"]
    facts: list[dict[str, str]] = next(
        (block["facts"] for block in one["card"]["body"] if block["type"] == "FactSet"), []
    )
    return InboxItem(
        system="teams",
        what="message",
        to=one["channel"],
        title=texts[0].split("\n")[0],
        html="".join(f"<p>{escape(text)}</p>" for text in texts),
        at=datetime.fromtimestamp(one["at"], UTC).isoformat(timespec="seconds"),
        account=context.partition(" · ")[0],
        facts={fact["title"]: fact["value"] for fact in facts},
    )
