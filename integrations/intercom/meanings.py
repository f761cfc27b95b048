"""What Intercom's replies mean."""

from __future__ import annotations

import re
from datetime import datetime

import httpx

from expansion.contract import Failure, NoAccess, Refused, TryLater
from integrations.intercom.settings import WINDOW
from integrations.kit.said import number
from integrations.kit.shapes import ODD

_EMAIL = re.compile(r"(?<!\S)\S+@\S+")

_MEANINGS: dict[int, tuple[type[NoAccess] | type[Refused], str]] = {
    401: (
        NoAccess,
        "the access token is not accepted; check INTERCOM_ACCESS_TOKEN and the region in INTERCOM_BASE_URL",
    ),
    402: (NoAccess, "the workspace's plan does not include this call"),
    403: (NoAccess, "the token may not do this; give the app the permission in the Developer Hub"),
    404: (Refused, "it is not there"),
}


_BY_CODE: dict[str, tuple[type[NoAccess] | type[Refused], str]] = {
    "intercom_version_invalid": (NoAccess, "it does not speak this API version to the app; check INTERCOM_API_VERSION"),
}


def meaning(reply: httpx.Response, what: str, now: datetime, *, wrote: bool) -> Failure:
    """What an error reply means. `what` is what was tried, for the sentence."""
    code, message = first_error(reply)
    start = f"Intercom, {what}: "
    if reply.status_code == 429 or code == "rate_limit_exceeded":
        return TryLater(f"{start}too many calls", wait=_until_reset(reply, now))
    if reply.status_code >= 500 or reply.status_code == 408:
        return TryLater(f"{start}trouble at Intercom's side ({reply.status_code})", maybe_done=wrote)
    kind, sentence = _BY_CODE.get(code) or _MEANINGS.get(reply.status_code) or (Refused, "refused")
    said = f" ({code}: {_EMAIL.sub('…', message)[:160]})" if code else f" ({reply.status_code})"
    return kind(f"{start}{sentence}{said}")


def first_error(reply: httpx.Response) -> tuple[str, str]:
    """Code and message of an `error.list`; a proxy's page has neither."""
    try:
        first = reply.json()["errors"][0]
        return str(first["code"]), str(first.get("message") or "")
    except ODD:
        return "", ""


def _until_reset(reply: httpx.Response, now: datetime) -> float:
    """There is no Retry-After: the header says when the window ends. No window is longer than ten seconds."""
    reset = number(reply.headers.get("X-RateLimit-Reset"))
    seconds = WINDOW if reset is None else reset - now.timestamp()
    return min(max(seconds, 0.5), WINDOW)
