"""Addresses that carry credentials: before the host (`user:password@`), or after it (`?password=…`, `&token=…`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote, unquote_plus, urlsplit, urlunsplit

# What a query may call a secret, by libpq (password, sslpassword), proxies and vendors.
IN_QUERIES = r"(?:ssl|\w+_)?pass(?:word|wd|phrase)?|pwd|\w*secret\w*|\w*token|api[_-]?key|access[_-]?key|sig(?:nature)?"
_SECRET_NAME = re.compile(IN_QUERIES, re.IGNORECASE)


def without_secrets(address: str) -> str:
    """The address as it may be shown and kept: no name and password, and of its query only what is no secret."""
    try:
        parts = urlsplit(address)
        netloc = parts.netloc.rpartition("@")[2]
    except ValueError:
        return address
    query = "&".join(each for each in parts.query.split("&") if not _is_secret(each))
    if netloc == parts.netloc and query == parts.query:
        return address  # as it was written: taking apart and putting together may change a character
    return urlunsplit((parts.scheme, netloc, parts.path, query, parts.fragment))


def secrets_in_address(address: str) -> Iterator[str]:
    """The secrets that stand in it, as written and as meant."""
    try:
        parts = urlsplit(address)
        password = parts.password
    except ValueError:
        return
    alone = parts.username if parts.scheme in ("http", "https") and not password else None  # a token as a name
    for said in filter(None, (password, alone)):
        yield said
        yield unquote(said)
    for each in parts.query.split("&"):
        value = each.partition("=")[2]
        if value and _is_secret(each):
            yield value
            yield unquote_plus(value)


def _is_secret(pair: str) -> bool:
    return bool(_SECRET_NAME.fullmatch(unquote_plus(pair.partition("=")[0])))
