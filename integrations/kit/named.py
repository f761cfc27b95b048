"""Addresses by name, in one setting: `crm=https://… zapier=https://…`. Each is as secret as a password."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from expansion.contract import Refused
from expansion.text.redact import know

_ENTRY = re.compile(r"([\w-]+)=(\S+?)(?=,?(?:\s+[\w-]+=)|,?\s*$)")
_THIS_MACHINE = ("127.0.0.1", "localhost", "::1")
_SHORTEST_SECRET = 8  # characters of a path that are hidden everywhere from then on


def addresses(text: str) -> dict[str, str]:
    """The address of each name. Raises ValueError with what is wrong, and without the addresses."""
    found = dict(_ENTRY.findall(text))
    if not found:
        raise ValueError("names no address; write `name=https://…`, several with a blank between them")
    for name, address in found.items():
        parts = urlsplit(address)
        if not parts.hostname or parts.scheme not in ("http", "https"):
            raise ValueError(f"what `{name}` stands for is no address; write `{name}=https://…`")
        if parts.scheme == "http" and parts.hostname not in _THIS_MACHINE:
            raise ValueError(f"`{name}` is not encrypted; write `{name}=https://…`")
    return found


def hide(known: dict[str, str]) -> None:
    """Who knows such an address may send to it: from now on its path and query are hidden in logs and errors."""
    for address in known.values():
        parts = urlsplit(address)
        for secret in (address, parts.path.strip("/"), parts.query):
            if len(secret) >= _SHORTEST_SECRET:
                know(secret)


def address_of(name: str, known: dict[str, str], system: str, setting: str) -> str:
    """Raises Refused where nothing is called so."""
    if name not in known:
        there = ", ".join(f"`{one}`" for one in known)
        raise Refused(f"{system}: nothing is called `{name}` in {setting}; there are {there}")
    return known[name]
