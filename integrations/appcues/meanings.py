"""What Appcues' replies mean: api.appcues.com/v2/docs, "Responses"."""

from __future__ import annotations

import httpx

from expansion.contract import NoAccess, Refused, TryLater
from integrations.kit.meanings import SERVER_TROUBLE, Meanings, Row, Told
from integrations.kit.waits import retry_after


class Gone(Refused):
    """404: there is no such profile, segment or account."""


MEANINGS = Meanings(
    "Appcues",
    Row(429, TryLater, "too many calls of this account in a second", wait=retry_after),
    Row((SERVER_TROUBLE, 408), TryLater, "trouble at Appcues' side ({status})", maybe_done="as written"),
    Row(
        401,
        NoAccess,
        "key and secret are not accepted; check APPCUES_API_KEY and APPCUES_API_SECRET (a pair of version 2, not the "
        "legacy key) and APPCUES_REGION",
    ),
    Row(
        403,
        NoAccess,
        "the key may not do this in this account; check APPCUES_ACCOUNT_ID, and give the key the permission Publisher",
    ),
    Row(404, Gone, "it is not there; if that goes for everything, check APPCUES_ACCOUNT_ID and APPCUES_REGION"),
    otherwise="refused ({status}): {message}",
)


def told(reply: httpx.Response) -> Told:
    """Title and detail of `{error, status, title, detail}`; a 429 may be plain text, and goes by its status."""
    body = reply.json()
    said = ": ".join(str(body[name]) for name in ("title", "detail") if body.get(name))
    return Told(reply.status_code, "", said, reply.headers)
