"""A receiver that checks signatures as Standard Webhooks says. It takes a message as often as it comes, unless it is
told to drop those whose id it has had; at `/in/gone` nobody wants any.
"""

from __future__ import annotations

import hmac
import json
import time
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from html import escape
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute

from sandbox.kit.guard import Said, guarded
from sandbox.kit.stand_in import InboxItem, StandIn
from sandbox.kit.state import State
from sandbox.webhook.answers import ANSWERS

_APART = 300  # seconds that the clocks may be apart


class Webhook(StandIn):
    """`dedupes`: what it has had is not taken again. `secret` is what it checks with."""

    name = "webhook"
    title = "Webhook"
    answers = ANSWERS
    credentials: ClassVar = {"WEBHOOK_SECRET": "whsec_" + b64encode(b"a stand-in's thirty-two bytes..!").decode()}
    colour = "#475569"

    def __init__(self, state: State, now: Callable[[], float] = time.time) -> None:
        super().__init__(state)
        self.secret = self.credentials["WEBHOOK_SECRET"]
        self.dedupes = False
        self._now = now

    @classmethod
    def environment(cls, url: str) -> dict[str, str]:
        at = f"{url}/webhook/in"
        return {"WEBHOOK_ENDPOINTS": f"default={at}/default gone={at}/gone", **cls.credentials}

    def routes(self) -> list[BaseRoute]:
        return guarded([("POST", "/in/{name}", self._take)])

    def inbox(self) -> list[InboxItem]:
        return [_item(one) for one in self.state.all("webhook.messages")]

    async def _take(self, request: Request) -> Response:
        body, name = await request.body(), request.path_params["name"]
        self._check(request, body)
        if name == "gone":
            return Response(status_code=410)
        message = request.headers["webhook-id"]
        if self.dedupes and self.state.get("webhook.messages", message):
            return PlainTextResponse("had it")
        times = self.state.count("webhook.messages")
        self.state.put(
            "webhook.messages", message, {"to": name, "at": self._now(), "body": json.loads(body), "n": times}
        )
        self.state.applied("webhook", "message", message)
        return PlainTextResponse("thank you", 202)

    def _check(self, request: Request, body: bytes) -> None:
        at, message = request.headers.get("webhook-timestamp", ""), request.headers.get("webhook-id", "")
        if not at.isdigit() or abs(self._now() - int(at)) > _APART:
            raise Said(PlainTextResponse("stale", 401))
        key = b64decode(self.secret.removeprefix("whsec_"))
        made = b64encode(hmac.new(key, f"{message}.{at}.".encode() + body, sha256).digest()).decode()
        if f"v1,{made}" not in request.headers.get("webhook-signature", "").split():
            raise Said(PlainTextResponse("not signed by a friend", 401))


def _item(one: dict[str, Any]) -> InboxItem:
    data = one["body"]["data"]
    return InboxItem(
        system="webhook",
        what="message",
        to=one["to"],
        title=data["playbook"]["title"],
        html=f"<p>{escape(data['text'])}</p>",
        at=datetime.fromtimestamp(one["at"], UTC).isoformat(timespec="seconds"),
        account=data["account"]["name"],
        key=data["key"],
        facts={name: str(value) for name, value in data["fields"].items()},
    )
