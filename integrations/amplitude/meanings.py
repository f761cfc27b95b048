"""What Amplitude's replies mean: the pages of its Export, Behavioral Cohorts and Group Identify APIs."""

from __future__ import annotations

import httpx

from expansion.contract import NoAccess, Refused, TryLater
from integrations.kit.breaks import Broke
from integrations.kit.http import json_of
from integrations.kit.meanings import SERVER_TROUBLE, Meanings, Row, Told, Words
from integrations.kit.waits import first_said, retry_after

EXPORT = "(export)"  # what an error is about, where it means something else there
NOT_READY, FAILED = "(not ready)", "(failed)"
BUSY_WAIT = 15.0  # seconds; nobody says how long, and the shortest window is a minute


class NoEvents(Refused):
    """The hours that were asked for hold no event. No error there, in spite of the 404."""


class TooMuch(Refused):
    """The hours that were asked for hold more than one answer may."""


MEANINGS = Meanings(
    "Amplitude",
    Row(404, NoEvents, "there is no event", also=EXPORT),
    Row(
        (400, 504),
        TooMuch,
        "{hours} hold more than one export may ({status} {message}); read events from where Amplitude writes them "
        "(Amazon S3, or your warehouse)",
        also=EXPORT,
    ),
    Row(
        400,
        NoAccess,
        "the API key is not known there; check AMPLITUDE_API_KEY, and that AMPLITUDE_REGION is where the project lives",
        also=Words(r"api[_ ]key"),
    ),
    Row(
        401,
        NoAccess,
        "the keys are not accepted; check AMPLITUDE_API_KEY, AMPLITUDE_SECRET_KEY, and that AMPLITUDE_REGION is where "
        "the project lives",
    ),
    Row(
        403,
        NoAccess,
        "the keys may not do this ({message}); take those of the project itself, and ask whether the plan includes it",
    ),
    Row(429, TryLater, "too many calls at once, other tools included", wait=first_said(retry_after, BUSY_WAIT)),
    Row(SERVER_TROUBLE, TryLater, "trouble at Amplitude's side ({status})", maybe_done="as written"),
    Row(NOT_READY, TryLater, "the cohort was not ready after {minutes} minutes; it is asked for again later"),
    Row(FAILED, TryLater, "the cohort was not made there ({state}); it is asked for again later"),
    Row(Broke.HALFWAY, TryLater, "the file broke off after {count} lines"),
    otherwise="refused ({status}): {message}",
)


def told(reply: httpx.Response) -> Told:
    """An error reply, taken apart: some say `error` or `message`, others are a sentence alone."""
    where = reply.request.url.path
    code = EXPORT if where.endswith("/export") else ""
    parts = {"hours": f"the hours {reply.request.url.params.get('start')} to {reply.request.url.params.get('end')}"}
    return Told(reply.status_code, code, _sentence(reply), reply.headers, parts)


def _sentence(reply: httpx.Response) -> str:
    said = json_of(reply)
    if said is None:  # plain words, or a proxy's page
        return "no reason given" if "<" in reply.text or not reply.text else reply.text
    error = said.get("error", said) if isinstance(said, dict) else said
    found = error.get("message") if isinstance(error, dict) else error
    return found if isinstance(found, str) else "no reason given"
