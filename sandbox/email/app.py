"""A mail server for submission, as strict as those in the world: signed in, a sender of one's own, mailboxes that are.

Whom it takes mail for: everybody but at `gone.example`, and at most 100 in one message. It takes each message as often
as it comes: no mail server compares Message-IDs.
"""

from __future__ import annotations

import time
from base64 import b64decode
from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import escape
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from sandbox.email.answers import ANSWERS, reply
from sandbox.kit.guard import Refusal, Said
from sandbox.kit.smtp import beside
from sandbox.kit.stand_in import InboxItem, StandIn
from sandbox.kit.state import State
from sandbox.kit.window import Window

SENDER, USER, PASSWORD = "expansion@seller.example", "expansion", "standin-mail-password"
_SIZE = 10 * 2**20  # bytes: what most servers take or more
_MOST = 100  # recipients: RFC 5321 4.5.3.1.8
_LINE = 998  # octets without the line's end: RFC 5322 2.1.1
_ANYTIME = ("CONNECT", "EHLO", "HELO", "STARTTLS", "AUTH", "NOOP", "RSET", "QUIT")


class Email(StandIn):
    """`password` and `per_minute` may be set by a test."""

    name = "email"
    title = "E-mail"
    answers = ANSWERS
    credentials: ClassVar = {"EMAIL_USER": USER, "EMAIL_PASSWORD": PASSWORD, "EMAIL_SENDER": f"Expansion <{SENDER}>"}
    more_settings: ClassVar = {
        "EMAIL_LISTS": "expansion=revops@seller.example,cs@seller.example renewals=renewals@seller.example"
    }
    colour = "#8a6d3b"

    def __init__(self, state: State, now: Callable[[], float] = time.time) -> None:
        super().__init__(state)
        self.password = PASSWORD
        self.per_minute = 30
        self.offers = ["8BITMIME", "ENHANCEDSTATUSCODES", f"SIZE {_SIZE}", "AUTH PLAIN LOGIN"]
        self._now = now
        self._window = Window(60, now)

    @classmethod
    def environment(cls, url: str) -> dict[str, str]:
        return {"EMAIL_SERVER": beside(url), **cls.credentials, **cls.more_settings}

    def routes(self) -> list[BaseRoute]:
        return [Route("/smtp", _Smtp(self))]

    def inbox(self) -> list[InboxItem]:
        return [_item(one) for one in self.state.all("email.messages")]

    # --- commands ---

    def command(self, verb: str, said: bytes, session: dict[str, Any]) -> Response:
        """The answer to one."""
        does = getattr(self, f"_{verb.lower()}", None)
        if does is None or not verb.isalpha():
            return reply(502, "5.5.1 Error: command not recognized")
        if verb not in _ANYTIME and not session.get("user"):
            return reply(530, "5.7.0 Authentication required")
        answer: Response = does(said.decode("ascii", "replace") if verb != "TEXT" else said, session)
        return answer

    def _connect(self, said: str, session: dict[str, Any]) -> Response:
        return reply(220, "mail.seller.example ESMTP ready")

    def _ehlo(self, said: str, session: dict[str, Any]) -> Response:
        if not said.strip():
            return reply(501, "5.5.4 Syntax: EHLO hostname")
        tls = ["STARTTLS"] if session.get("tls") else []
        return reply(250, "mail.seller.example", *tls, *self.offers)

    def _helo(self, said: str, session: dict[str, Any]) -> Response:
        return reply(250, "mail.seller.example")

    def _starttls(self, said: str, session: dict[str, Any]) -> Response:
        return reply(220, "2.0.0 Ready to start TLS") if session.get("tls") else reply(454, "4.7.0 TLS not available")

    def _auth(self, said: str, session: dict[str, Any]) -> Response:
        kind, _, given = said.partition(" ")
        if kind.upper() != "PLAIN":
            return reply(504, "5.5.4 Unrecognized authentication type")
        try:
            _, user, password = b64decode(given, validate=True).decode().split("\0")
        except ValueError:
            return reply(501, "5.5.2 Cannot decode what was given")
        if (user, password) != (USER, self.password):
            return reply(535, "5.7.8 Authentication credentials invalid")
        session["user"] = user
        return reply(235, "2.7.0 Authentication succeeded")

    def _mail(self, said: str, session: dict[str, Any]) -> Response:
        sender, _, options = said.removeprefix("FROM:").strip().partition(" ")
        if sender.strip("<>") != SENDER:
            return reply(553, f"5.7.1 {sender}: Sender address rejected: not owned by user {USER}")
        size = next((int(one.partition("=")[2]) for one in options.split() if one.upper().startswith("SIZE=")), 0)
        if size > _SIZE:
            return reply(552, "5.3.4 Message size exceeds fixed limit")
        if self._window.wait(self.per_minute) is not None:
            return reply(450, "4.7.1 Error: too much mail from this user; try again later")
        session |= {"from": sender.strip("<>"), "to": []}
        return reply(250, "2.1.0 Ok")

    def _rcpt(self, said: str, session: dict[str, Any]) -> Response:
        to = said.removeprefix("TO:").strip().strip("<>")
        if "from" not in session:
            return reply(503, "5.5.1 Error: need MAIL command")
        if to.count("@") != 1 or any(sign in to for sign in ' <>,;"'):
            return reply(501, "5.1.3 Bad recipient address syntax")
        if to.endswith("@gone.example"):
            return reply(550, f"5.1.1 <{to}>: Recipient address rejected: User unknown")
        if to.startswith("full@"):
            return reply(452, f"4.2.2 <{to}>: mailbox full")
        if len(session["to"]) >= _MOST:
            return reply(452, "4.5.3 Error: too many recipients")
        session["to"].append(to)
        return reply(250, "2.1.5 Ok")

    def _data(self, said: str, session: dict[str, Any]) -> Response:
        if not session.get("to"):
            return reply(503, "5.5.1 Error: need RCPT command")
        return reply(354, "End data with <CR><LF>.<CR><LF>")

    def _text(self, said: bytes, session: dict[str, Any]) -> Response:
        to, sender = session.pop("to", []), session.pop("from", "")
        _must_be_mail(said)
        number = self.state.next_id("email.messages")
        message = message_from_bytes(said, policy=policy.default)
        key = message["Message-ID"].strip("<>").partition("@")[0]
        stored = {"key": key, "from": sender, "to": to, "raw": said.decode("ascii"), "at": self._now()}
        self.state.put("email.messages", str(number), stored)
        self.state.applied("email", "message", key)
        self._window.count()
        return reply(250, f"2.0.0 Ok: queued as {number:010X}")

    def _noop(self, said: str, session: dict[str, Any]) -> Response:
        return reply(250, "2.0.0 Ok")

    def _rset(self, said: str, session: dict[str, Any]) -> Response:
        session.pop("from", None)
        session.pop("to", None)
        return reply(250, "2.0.0 Ok")

    def _quit(self, said: str, session: dict[str, Any]) -> Response:
        return reply(221, "2.0.0 Bye")

    def messages(self) -> list[EmailMessage]:
        """What has arrived, read as a mail program reads it."""
        return [_read(one) for one in self.state.all("email.messages")]


class _Smtp:
    """ASGI, and no function: Starlette would know HTTP's methods only."""

    def __init__(self, stand_in: Email) -> None:
        self._stand_in = stand_in

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        request = Request(scope, receive)
        said = await request.body()
        try:
            answer = self._stand_in.command(scope["method"], said, scope["state"].get("session", {}))
        except Refusal as refusal:
            answer = refusal.reply(request)
        await answer(scope, receive, send)


def _must_be_mail(said: bytes) -> None:
    """What large servers look at before they take a message."""
    if b"\n" in said.replace(b"\r\n", b"") or b"\r" in said.replace(b"\r\n", b""):
        raise Said(reply(550, "5.6.11 Message contains bare line feeds"))
    if any(len(line) > _LINE for line in said.split(b"\r\n")):
        raise Said(reply(554, "5.6.0 Line too long"))
    if any(byte > 127 for byte in said):
        raise Said(reply(554, "5.6.1 Body type not supported by 7-bit transport"))
    message = message_from_bytes(said, policy=policy.default)
    for name in ("From", "Date", "Message-ID", "To", "Subject"):
        if len(message.get_all(name, [])) != 1:
            raise Said(reply(550, f"5.7.1 Messages without exactly one {name} header are not accepted"))


def _read(one: dict[str, Any]) -> EmailMessage:
    found = message_from_bytes(one["raw"].encode("ascii"), policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def _item(one: dict[str, Any]) -> InboxItem:
    message = _read(one)
    part = message.get_body(("plain",))
    *lines, context = (part.get_content() if part else "").strip().splitlines() or [""]
    return InboxItem(
        system="email",
        what="e-mail",
        to=", ".join(one["to"]),
        title=message["Subject"],
        html="<br>".join(escape(line) for line in lines),
        at=datetime.fromtimestamp(one["at"], UTC).isoformat(timespec="seconds"),
        account=context.partition(" · ")[0],
        key=one["key"],
    )
