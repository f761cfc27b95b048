"""What Mixpanel's replies mean."""

from __future__ import annotations

import json
import re

import httpx

from expansion.contract import Failure, NoAccess, Refused, TryLater
from integrations.kit.breaks import Broke
from integrations.kit.meanings import SERVER_TROUBLE, Meanings, Row, Told, Words, breaks
from integrations.mixpanel.zone import SETTING

CONCURRENCY_WAIT = 5.0  # seconds until one of the five has likely ended
SECOND_WAIT = 1.0
HOUR_WAIT = 900.0  # nobody says when the oldest query leaves the hour: ask again four times an hour

# What a 429 is about. No Retry-After here: the counters in the sentence are all that is said (airbytehq/airbyte#9410).
_SECOND, _HOUR, _AT_ONCE = "(in a second)", "(in an hour)", "(at once)"
# What a call that writes is refused with: the service account plays no part there.
WRITING = "(writing)"
# What mixpanel-utils says, that has no status for it.
LATE, AWAY = "(no answer)", "(not reached)"
_COUNTERS = re.compile(
    r"(\d{1,9})/(\d{1,9}) queries running concurrently and (\d{1,9})/(\d{1,9}) queries running in the last hour"
)


class NotYetThatDay(Refused):
    """The last day that was asked for has not begun where the project is. tap-mixpanel and Airbyte know the words."""


MEANINGS = Meanings(
    "Mixpanel",
    Row(
        (401, 403),
        NoAccess,
        "the project token was not accepted; check MIXPANEL_PROJECT_TOKEN, and that MIXPANEL_REGION is where the "
        "project lives",
        also=WRITING,
    ),
    Row(
        401,
        NoAccess,
        "the service account was not accepted; check MIXPANEL_SERVICE_ACCOUNT, MIXPANEL_SECRET, MIXPANEL_PROJECT_ID, "
        "and that MIXPANEL_REGION is where the project lives",
    ),
    Row(
        402,
        NoAccess,
        "the project's plan does not include this call; ask your Mixpanel owner to change the plan, or import files",
    ),
    Row(
        403,
        NoAccess,
        "the service account may not read this; give it the Analyst role or higher, with classified data if needed",
    ),
    Row(404, Refused, "there is no such address; check MIXPANEL_BASE_URL and MIXPANEL_REGION"),
    Row(429, TryLater, "too many calls in one second", also=_SECOND, wait=SECOND_WAIT),
    Row(
        429,
        TryLater,
        "the hour's {hourly} queries are used up ({hour}), other tools included; the rest is read in a later run",
        also=_HOUR,
        wait=HOUR_WAIT,
    ),
    Row(429, TryLater, "{running} queries at once where {at_once} are allowed", also=_AT_ONCE, wait=CONCURRENCY_WAIT),
    Row(429, TryLater, "too many calls; it is tried again in a moment"),
    Row(
        400,
        NotYetThatDay,
        f"the last day has not begun in the project's time zone; set {SETTING} to the zone under Project settings > "
        "Overview, or the clock of this machine is ahead",
        also=Words("to_date cannot be later than today"),
    ),
    Row(
        SERVER_TROUBLE,
        TryLater,
        "the server answered {status}; it is tried again later",
        maybe_done="as written",
    ),
    *breaks("{here}:"),
    Row(
        (Broke.NOT_JSON, Broke.ODD),
        TryLater,
        "the answer broke off or is not what {system} documents; it is tried again later",
        maybe_done="as written",
    ),
    Row(LATE, TryLater, "no answer within {seconds} seconds"),
    Row(AWAY, TryLater, "the server could not be reached; check the network and MIXPANEL_BASE_URL"),
    Row(Broke.HALFWAY, TryLater, "the export broke off after {count} lines"),
    Row(Broke.ENDLESS, TryLater, "the export had not ended after {minutes} minutes"),
    otherwise="the request was refused with {status}: {reason}",
)


def meaning(status: int, body: str, what: str) -> Failure:
    """What an error reply means, in one sentence. `what` is what was asked for, such as `the user profiles`."""
    return MEANINGS.read(_told(status, body), what)


def told(reply: httpx.Response) -> Told:
    """A reply to a call of our own, taken apart."""
    return _told(reply.status_code, reply.text)


def told_of_writing(reply: httpx.Response) -> Told:
    """A reply to a call that writes: the counters of queries are none of its business."""
    parts = {"reason": _reason(reply.text)}
    return Told(reply.status_code, WRITING, reply.text, reply.headers, parts)


def _told(status: int, body: str) -> Told:
    code, counters = _counted(body)
    return Told(status, code, body, parts={"reason": _reason(body), **counters})


def _counted(body: str) -> tuple[str, dict[str, int]]:
    """Which of its limits is passed, and the counters. Where neither is, it is the exports of one second (three)."""
    if not (found := _COUNTERS.search(body)):
        return "", {}
    running, at_once, hour, hourly = map(int, found.groups())
    code = _HOUR if hour > hourly else _AT_ONCE if running > at_once else _SECOND
    return code, {"running": running, "at_once": at_once, "hour": hour, "hourly": hourly}


def _reason(body: str) -> str:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return "no reason given"
    return str(said.get("error", "no reason given"))[:200] if isinstance(said, dict) else "no reason given"
