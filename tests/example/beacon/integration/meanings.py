"""What Beacon's replies mean: developer.beacon.example/errors."""

from __future__ import annotations

import httpx

from expansion.contract import NoAccess, Refused, TryLater
from integrations.kit.meanings import SERVER_TROUBLE, Meanings, Row, Told
from integrations.kit.waits import retry_after


class Taken(Refused):
    """A note with our key is there already."""


MEANINGS = Meanings(
    "Beacon",
    Row(429, TryLater, "too many calls", wait=retry_after),
    Row(SERVER_TROUBLE, TryLater, "trouble at Beacon's side ({status})", maybe_done="as written"),
    Row(409, Taken, "a note with our key is there already", also="external_id_taken"),
    Row(401, NoAccess, "the token is not accepted; check BEACON_TOKEN and BEACON_REGION"),
    Row(403, NoAccess, "the token may not do this: {message}; give it the scope in Settings > API tokens"),
    Row(
        404,
        Refused,
        "no account there has this account's id as its external id; check what sends accounts to Beacon",
        also="unknown_account",
    ),
    otherwise="refused ({status} {code}): {message}",
)


def told(reply: httpx.Response) -> Told:
    """Code and message of an error; a proxy's page has neither, and the kit then goes by the status."""
    error = reply.json()["error"]
    return Told(reply.status_code, str(error["code"]), str(error["message"]), reply.headers)
