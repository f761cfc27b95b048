"""What Zendesk's replies mean: developer.zendesk.com/api-reference/introduction/requests."""

from __future__ import annotations

import httpx

from expansion.contract import NoAccess, TryLater
from integrations.kit.meanings import SERVER_TROUBLE, Meanings, Row, Told
from integrations.kit.waits import retry_after

MEANINGS = Meanings(
    "Zendesk",
    Row((429, "APIRateLimitExceeded"), TryLater, "too many calls", wait=retry_after),
    Row((SERVER_TROUBLE, 408), TryLater, "trouble at Zendesk's side ({status})", maybe_done="as written"),
    Row(
        401,
        NoAccess,
        "the token is not accepted; check ZENDESK_EMAIL and ZENDESK_API_TOKEN, and that token access is switched on in "
        "Admin Center > Apps and integrations > APIs",
    ),
    Row(403, NoAccess, "only an admin may read this; set ZENDESK_EMAIL and ZENDESK_API_TOKEN of one"),
    Row(404, NoAccess, "there is no help desk at this address; check ZENDESK_SUBDOMAIN"),
    Row(
        (400, 422),
        TryLater,
        "reading cannot go on from here ({shown}); the next pull begins it anew",
    ),
    otherwise="refused ({shown})",
)


def told(reply: httpx.Response) -> Told:
    """`error` is a code, or an object with a title; a proxy's page has neither."""
    error = reply.json()["error"]
    code = str(error["title"] if isinstance(error, dict) else error)
    return Told(reply.status_code, code, code, reply.headers, {"shown": f"{reply.status_code} {code[:60]}"})
