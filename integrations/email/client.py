"""Hands mail to a server by SMTP: RFC 5321, with STARTTLS (RFC 3207) or TLS from the first byte (RFC 8314).

Python's smtplib carries the commands; its own `sendmail` does not tell what was asked when a connection broke off, and
that is the difference between certainly not sent and nobody knows.
"""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from expansion.contract import Failure, TryLater
from integrations.email.meanings import (
    MEANINGS,
    NO_SIGN_IN,
    NO_TLS,
    RECIPIENT,
    SENDER,
    SESSION,
    SIGN_IN,
    TOO_LARGE,
    told,
)
from integrations.email.message import Mail
from integrations.email.settings import LIMIT, RETRY, TIMEOUT, Settings
from integrations.kit.breaks import Broke
from integrations.kit.budgets import Budget
from integrations.kit.deadlines import CONNECT_SECONDS, TIMES, watch, within
from integrations.kit.meanings import clean
from integrations.kit.world import World

Reply = tuple[int, bytes]
T = TypeVar("T")


@dataclass(frozen=True)
class Taken:
    """The server has the mail. `left_out`: whom it did not take it for, by place and with its words."""

    left_out: Sequence[str] = ()


class Client:
    """Of one server. Threads may share it; each opens a line of its own."""

    def __init__(self, settings: Settings, world: World) -> None:
        self.settings = settings
        self.timeout = world.seconds(TIMEOUT)
        self.retry = world.retries(RETRY)
        limit = replace(LIMIT, calls=settings.per_minute)
        place = f"{settings.address.host} {settings.user or ''}".strip()
        self.turn = Budget("E-mail", limit, clock=world.clock, allowance=world.allowance, place=place)

    def line(self) -> Line:
        """Nothing is opened until it is used."""
        return Line(self)


class Line:
    """A session with the server, opened when it is needed, and anew after anything but a yes. `with` closes it."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._smtp: smtplib.SMTP | None = None
        self._connects = self._wrote = False

    def __enter__(self) -> Line:
        return self

    def __exit__(self, *_: object) -> None:
        if self._smtp is not None:
            with contextlib.suppress(OSError), within(self._client.timeout):
                self._smtp.quit()
        self._drop()

    def send(self, mail: Mail) -> Taken:
        """Raises a Failure."""
        return self._client.retry.run(lambda: self._once(mail), repeatable=False)

    def sign_in(self) -> None:
        """What has to work before anything is sent; nothing is. Raises a Failure."""
        self._in_time(self._ready)

    def _once(self, mail: Mail) -> Taken:
        with self._client.turn.one():
            return self._in_time(lambda: self._hand_over(self._ready(), mail))

    def _in_time(self, ask: Callable[[], T]) -> T:
        """What is asked, with an end; whatever broke off is a Failure."""
        self._connects = self._wrote = False
        try:
            with within(TIMES * self._client.timeout):
                return ask()
        except Failure:
            self._drop()
            raise
        except OSError as error:  # smtplib's own are OSErrors, and so is the end of our patience
            self._drop()
            if self._connects and "CERTIFICATE_VERIFY_FAILED" not in repr(error):
                raise MEANINGS.of(Broke.UNREACHED) from error
            raise MEANINGS.broken(error, wrote=self._wrote) from error

    # --- a session ---

    def _ready(self) -> smtplib.SMTP:
        """Connected, encrypted and signed in."""
        if self._smtp is None:
            self._smtp = self._connected()
            self._encrypt(self._smtp)
            if self._client.settings.user:
                _sign_in(self._smtp, self._client.settings)
        return self._smtp

    def _connected(self) -> smtplib.SMTP:
        where, name = self._client.settings.address, self._client.settings.from_.domain
        smtp = _Tls(name, self._client.timeout) if where.at_once else _Plain(name, self._client.timeout)
        self._smtp, self._connects = smtp, True
        said = smtp.connect(where.host, where.port)
        self._connects = False
        _want(said, 220, SESSION)
        _want(smtp.ehlo(), 250, SESSION)
        return smtp

    def _encrypt(self, smtp: smtplib.SMTP) -> None:
        where = self._client.settings.address
        if where.at_once or where.is_here:
            return
        if not smtp.has_extn("starttls"):
            raise MEANINGS.of(NO_TLS)
        _want(smtp.starttls(context=ssl.create_default_context()), 220, SESSION)
        _want(smtp.ehlo(), 250, SESSION)

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None

    # --- a mail ---

    def _hand_over(self, smtp: smtplib.SMTP, mail: Mail) -> Taken:
        sender = self._client.settings.from_.addr_spec
        _want(smtp.mail(sender, _size(smtp, mail)), 250, SENDER)
        left_out = self._recipients(smtp, mail)
        _want(smtp.docmd("DATA"), 354)
        self._wrote = True
        if smtp.sock is not None:  # RFC 5321, 4.5.3.2.6: it may take its time over this answer
            smtp.sock.settimeout(TIMES * self._client.timeout)
        smtp.send(mail.on_the_wire)
        code, said = smtp.getreply()
        if not 200 <= code < 300:
            raise MEANINGS.read(told(code, said), "", wrote=True)
        return Taken(left_out)

    @staticmethod
    def _recipients(smtp: smtplib.SMTP, mail: Mail) -> list[str]:
        """Name them all; whom the server did not take it for. A Failure where that is everybody."""
        no: dict[int, Reply] = {}
        for place, address in enumerate(mail.to, start=1):
            code, said = smtp.rcpt(address)
            if not 200 <= code < 300:
                no[place] = (code, said)
        failures = [MEANINGS.read(told(*said, RECIPIENT)) for said in no.values()]
        if len(no) == len(mail.to):
            raise next((one for one in failures if isinstance(one, TryLater)), failures[0])
        return [
            f"address {place} ({code} {clean(said.decode('utf-8', 'replace'))})" for place, (code, said) in no.items()
        ]


def _want(said: Reply, code: int, asked: str = "") -> None:
    """Raises what any other answer means."""
    if said[0] != code:
        raise MEANINGS.read(told(*said, asked))


def _size(smtp: smtplib.SMTP, mail: Mail) -> list[str]:
    """How large it is, for a server that asks (RFC 1870)."""
    if not smtp.has_extn("size"):
        return []
    most, size = smtp.esmtp_features["size"], len(mail.raw)
    if most.isdigit() and 0 < int(most) < size:
        raise MEANINGS.of(TOO_LARGE)
    return [f"SIZE={size}"]


def _sign_in(smtp: smtplib.SMTP, settings: Settings) -> None:
    """By PLAIN (RFC 4616), else LOGIN; one try, since servers lock who tries often."""
    user, password = settings.user or "", settings.password.get_secret_value() if settings.password else ""
    ways = smtp.esmtp_features.get("auth", "").upper().split()
    if "PLAIN" in ways:
        said = smtp.docmd("AUTH", "PLAIN " + _packed("\0".join(("", user, password))))
    elif "LOGIN" in ways:
        said = smtp.docmd("AUTH", "LOGIN")
        for part in (user, password):
            said = smtp.docmd(_packed(part)) if said[0] == 334 else said
    else:
        raise MEANINGS.of(NO_SIGN_IN)
    _want(said, 235, SIGN_IN)


def _packed(text: str) -> str:
    return b64encode(text.encode()).decode("ascii")


class _Plain(smtplib.SMTP):
    """Connects within ten seconds, whose socket the deadline of a call can end."""

    def __init__(self, name: str, timeout: float) -> None:
        super().__init__(local_hostname=name, timeout=timeout)
        self._host = ""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        self._host = host  # `starttls` holds the certificate against it, and only smtplib's constructor would set it
        sock = socket.create_connection((host, port), min(timeout, CONNECT_SECONDS))
        sock.settimeout(timeout)
        watch(sock)
        return self._wrapped(sock, host)

    def _wrapped(self, sock: socket.socket, host: str) -> socket.socket:
        return sock


class _Tls(_Plain):
    def _wrapped(self, sock: socket.socket, host: str) -> socket.socket:
        return ssl.create_default_context().wrap_socket(sock, server_hostname=host)
