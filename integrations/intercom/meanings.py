"""What Intercom's replies mean: developers.intercom.com/docs/references/rest-api/errors."""

from __future__ import annotations

import re

import httpx

from expansion.contract import NoAccess, Refused, TryLater
from integrations.intercom.settings import WINDOW
from integrations.kit.meanings import SERVER_TROUBLE, Meanings, Row, Told
from integrations.kit.shapes import ODD
from integrations.kit.waits import reset_epoch

_EMAIL = re.compile(r"(?<!\S)\S+@\S+")


class Gone(Refused):
    """404 with Intercom's own words: the record does not exist. A proxy's 404 is something else."""


MEANINGS = Meanings(
    "Intercom",
    # There is no Retry-After: the header says when the window ends.
    Row(
        (429, "rate_limit_exceeded"), TryLater, "too many calls", wait=reset_epoch("X-RateLimit-Reset", longest=WINDOW)
    ),
    Row((SERVER_TROUBLE, 408), TryLater, "trouble at Intercom's side ({status})", maybe_done="as written"),
    Row(404, Gone, "it is not there any more", also=("not_found", "company_not_found")),
    Row(
        "intercom_version_invalid",
        NoAccess,
        "it does not speak this API version to the app; check INTERCOM_API_VERSION ({said})",
    ),
    Row(
        401,
        NoAccess,
        "the access token is not accepted; check INTERCOM_ACCESS_TOKEN and the region in INTERCOM_BASE_URL ({said})",
    ),
    Row(402, NoAccess, "the workspace's plan does not include this call ({said})"),
    Row(403, NoAccess, "the token may not do this; give the app the permission in the Developer Hub ({said})"),
    Row(404, Refused, "it is not there ({said})"),
    otherwise="refused ({said})",
)


def told(reply: httpx.Response) -> Told:
    """Code and message of an `error.list`; a proxy's page has neither."""
    code, message = _first_error(reply)
    said = f"{code}: {_EMAIL.sub('…', message)[:160]}" if code else str(reply.status_code)
    return Told(reply.status_code, code, message, reply.headers, {"said": said})


def _first_error(reply: httpx.Response) -> tuple[str, str]:
    try:
        first = reply.json()["errors"][0]
        return str(first["code"]), str(first.get("message") or "")
    except ODD:
        return "", ""
