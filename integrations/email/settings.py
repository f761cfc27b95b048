"""Which server takes our mail, who we are there, and who is on each list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.headerregistry import Address
from email.utils import parseaddr
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from expansion.limits import Limit
from integrations.email.addresses import is_address, parse_lists
from integrations.kit.declare import Right
from integrations.kit.retry import RetryPolicy

# The least of the large ones: Exchange Online takes 30 messages a minute from a mailbox.
LIMIT = Limit(30, 60, "learn.microsoft.com/exchange/troubleshoot/send-emails/smtp-submission-improvements")
RETRY = RetryPolicy(tries=4, first_wait=2.0, longest_wait=30.0)
TIMEOUT = 30.0  # seconds for one answer, and four times as long for the last: see client.py
RIGHTS = (Right("sending as EMAIL_SENDER", "all that is sent; nothing is read from a mailbox"),)

_PORTS = {"smtp": 587, "smtps": 465}  # RFC 6409, RFC 8314
_THIS_MACHINE = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Server:
    """An address that mail goes to. `at_once`: encrypted from the first byte, else by STARTTLS."""

    host: str
    port: int
    at_once: bool

    @property
    def is_here(self) -> bool:
        """On this machine nobody can listen: only there it goes without encryption."""
        return self.host in _THIS_MACHINE


class Settings(BaseSettings):
    """Read from the environment or `.env`."""

    model_config = SettingsConfigDict(env_prefix="EMAIL_", env_file=".env", extra="ignore")

    server: str = Field(
        description="The server that takes your mail: `smtp://smtp.acme.example:587` (it has to offer STARTTLS) or "
        "`smtps://smtp.acme.example:465` (encrypted from the beginning). Your mail provider's help has it under SMTP."
    )
    sender: str = Field(
        description="In whose name it sends: `Expansion <expansion@acme.example>`. The server has to allow it, and "
        "what cannot be delivered comes back there."
    )
    user: str | None = Field(None, description="The name to sign in with, often the whole e-mail address.")
    password: SecretStr | None = Field(
        None,
        description="Its password, or an app password. It is only ever sent over an encrypted connection, or "
        "to a server on this machine.",
    )
    lists: str = Field(
        "",
        description="Who gets what a playbook sends to `channel: NAME`: `expansion=revops@acme.example,cs@acme.example "
        "managers=lead@acme.example`.",
    )
    per_minute: int = Field(
        LIMIT.calls, ge=1, description="How many messages the server takes in a minute; all workers together keep it."
    )

    @field_validator("server")
    @classmethod
    def _is_a_server(cls, text: str) -> str:
        parse_server(text)
        return text

    @field_validator("sender")
    @classmethod
    def _is_a_sender(cls, text: str) -> str:
        if not is_address(parseaddr(text)[1]) or "\n" in text or "\r" in text:
            raise ValueError("write one address, or a name and an address: `Expansion <expansion@acme.example>`")
        return text

    @field_validator("lists")
    @classmethod
    def _are_lists(cls, text: str) -> str:
        parse_lists(text)
        return text

    @model_validator(mode="after")
    def _both_or_none(self) -> Settings:
        if (self.user is None) != (self.password is None):
            raise ValueError("EMAIL_USER and EMAIL_PASSWORD go together; set both, or neither")
        return self

    @property
    def address(self) -> Server:
        """Where the server is."""
        return parse_server(self.server)

    @property
    def known(self) -> Mapping[str, tuple[str, ...]]:
        """The addresses of each list."""
        return parse_lists(self.lists)

    @property
    def from_(self) -> Address:
        """Who sends."""
        name, address = parseaddr(self.sender)
        return Address(name, addr_spec=address)


def parse_server(text: str) -> Server:
    """Raises ValueError with what is wrong."""
    parts = urlsplit(text)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("write `smtp://HOST:587`, or `smtps://HOST:465`")
    if parts.username or parts.password:
        raise ValueError("leave name and password out of the address; they are EMAIL_USER and EMAIL_PASSWORD")
    return Server(parts.hostname, parts.port or _PORTS[parts.scheme], parts.scheme == "smtps")
