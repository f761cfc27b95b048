"""What Mixpanel's replies mean."""

from __future__ import annotations

import json
import re

from expansion.contract import Failure, NoAccess, Refused, TryLater
from integrations.mixpanel.zone import SETTING

CONCURRENCY_WAIT = 5.0  # seconds until one of the five has likely ended


SECOND_WAIT = 1.0


HOUR_WAIT = 900.0  # nobody says when the oldest query leaves the hour: ask again four times an hour


_COUNTERS = re.compile(
    r"(\d{1,9})/(\d{1,9}) queries running concurrently and (\d{1,9})/(\d{1,9}) queries running in the last hour"
)


_MEANINGS: dict[int, tuple[type[Failure], str]] = {
    401: (
        NoAccess,
        "the service account was not accepted; check MIXPANEL_SERVICE_ACCOUNT, MIXPANEL_SECRET, MIXPANEL_PROJECT_ID, "
        "and that MIXPANEL_REGION is where the project lives",
    ),
    402: (
        NoAccess,
        "the project's plan does not include this call; ask your Mixpanel owner to change the plan, or import files",
    ),
    403: (
        NoAccess,
        "the service account may not read this; give it the Analyst role or higher, with classified data if needed",
    ),
    404: (Refused, "there is no such address; check MIXPANEL_BASE_URL and MIXPANEL_REGION"),
}


class NotYetThatDay(Refused):
    """The last day that was asked for has not begun where the project is. tap-mixpanel and Airbyte know the words."""


_NOT_YET = "to_date cannot be later than today"


def meaning(status: int, body: str, what: str) -> Failure:
    """What an error reply means, in one sentence. `what` is what was asked for, such as `the user profiles`."""
    start = f"Mixpanel, {what}: "
    if status in _MEANINGS:
        kind, sentence = _MEANINGS[status]
        return kind(start + sentence)
    if status == 429:
        return _too_many(body, start)
    if status == 400 and _NOT_YET in body:
        return NotYetThatDay(
            f"{start}the last day has not begun in the project's time zone; set {SETTING} to the zone under Project "
            "settings > Overview, or the clock of this machine is ahead"
        )
    if status >= 500:
        return TryLater(f"{start}the server answered {status}; it is tried again later")
    return Refused(f"{start}the request was refused with {status}: {_vendor_sentence(body)}")


def _too_many(body: str, start: str) -> TryLater:
    """No Retry-After here: the counters in the sentence are all that is said (airbytehq/airbyte#9410)."""
    if not (found := _COUNTERS.search(body)):
        return TryLater(f"{start}too many calls; it is tried again in a moment")
    running, at_once, hour, hourly = map(int, found.groups())
    if hour <= hourly and running <= at_once:  # neither is above its limit: the exports of one second (three)
        return TryLater(f"{start}too many calls in one second", wait=SECOND_WAIT)
    if hour > hourly:
        sentence = (
            f"the hour's {hourly} queries are used up ({hour}), other tools included; the rest is read in a later run"
        )
        return TryLater(start + sentence, wait=HOUR_WAIT)
    return TryLater(f"{start}{running} queries at once where {at_once} are allowed", wait=CONCURRENCY_WAIT)


def _vendor_sentence(body: str) -> str:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return "no reason given"
    return str(said.get("error", "no reason given"))[:200] if isinstance(said, dict) else "no reason given"
