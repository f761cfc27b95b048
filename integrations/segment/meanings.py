"""What Segment's replies mean: segment.com/docs/unify/profile-api, and its HTTP Tracking API."""

from __future__ import annotations

import httpx

from expansion.contract import NoAccess, Refused, TryLater
from integrations.kit.http import json_of
from integrations.kit.meanings import SERVER_TROUBLE, Meanings, Row, Told
from integrations.kit.waits import first_said, retry_after

PROFILE = "(profile)"  # what an error is about, where it means something else there


class NoProfile(Refused):
    """The space has no profile of this account."""


MEANINGS = Meanings(
    "Segment",
    Row(404, NoProfile, "the space has no such profile", also=PROFILE),
    Row(
        (401, 403),
        NoAccess,
        "the token is not accepted; check SEGMENT_PROFILE_TOKEN, SEGMENT_SPACE_ID, and that SEGMENT_REGION is where "
        "the workspace lives",
        also=PROFILE,
    ),
    Row((401, 403), NoAccess, "the write key is not accepted; check SEGMENT_WRITE_KEY and SEGMENT_REGION"),
    Row(429, TryLater, "too many calls, other tools included", wait=first_said(retry_after, 1.0)),
    Row(SERVER_TROUBLE, TryLater, "trouble at Segment's side ({status})", maybe_done="as written"),
    otherwise="refused ({status} {code}): {message}",
)


def told(reply: httpx.Response) -> Told:
    """`error` with a code and a message; what a proxy's page says is its status."""
    said = json_of(reply)
    error = said.get("error") if isinstance(said, dict) else None
    message = str(error.get("message", "")) if isinstance(error, dict) else ""
    return Told(reply.status_code, _about(reply), message, reply.headers)


def _about(reply: httpx.Response) -> str:
    return PROFILE if "/collections/" in reply.request.url.path else ""
