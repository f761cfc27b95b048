"""The table from HubSpot's replies to a meaning: later, refused, or no access; and one sentence each.

Statuses: developers.hubspot.com/docs/api-reference/error-handling. Every field of an error body is optional.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from expansion.contract import Failure, NoAccess, Refused, TryLater
from integrations.kit import said as said
from integrations.kit.wording import clean

SYSTEM = "HubSpot"


class Gone(Refused):
    """A record that the input names is not there any more."""


class Conflict(Refused):
    """Another record has that unique value already."""


LOCKED_FOR = 2.0  # seconds; 423: "wait at least 2 seconds"
TEN_SECONDS = 10.0
LOOK_AGAIN = 900.0  # seconds to leave a portal alone whose day is used up; it starts anew at midnight there

REFUSED = {
    "PROPERTY_DOESNT_EXIST": "a property does not exist there: {message}",
    "INVALID_OPTION": "a value is none of its property's options: {message}",
    "INVALID_OWNER": "the owner is no longer active; set HUBSPOT_FALLBACK_OWNER, or a new owner there",
    "READ_ONLY_VALUE": "a property cannot be written: {message}",
    "REQUIRED_FIELD": "a property must be filled in: {message}; give it under `properties:` of the playbook's step",
    "OBJECT_NOT_FOUND": "the record is not there any more, or hidden from this key",
    "CONFLICTING_UNIQUE_VALUE": "another record has the value already: {message}",
    "CONFLICT": "another record has the value already: {message}",
}
_KINDS = {"OBJECT_NOT_FOUND": Gone, "CONFLICTING_UNIQUE_VALUE": Conflict, "CONFLICT": Conflict}


def of_reply(status: int, body: Any, headers: Mapping[str, str], *, wrote: bool) -> Failure:
    """What an error reply means."""
    fields = body if isinstance(body, dict) else {}
    match status:
        case 401:
            return NoAccess(f"{SYSTEM} does not take the key; check HUBSPOT_TOKEN, it may have been rotated")
        case 403:
            return _forbidden(fields)
        case 429:
            return _too_many(fields, headers)
        case 423:
            return TryLater(f"{SYSTEM}: the record is locked", wait=LOCKED_FOR)
        case 477:
            return TryLater(f"{SYSTEM} is moving the account's data", wait=said.wait(headers))
        case _ if status >= 500:
            return TryLater(f"{SYSTEM} had an error of its own ({status})", maybe_done=wrote)
        case _ if 300 <= status < 400:
            return NoAccess(f"{SYSTEM} sends us elsewhere; check HUBSPOT_BASE_URL")
        case 404 if not fields:
            return Refused(f"{SYSTEM} has no such address; check HUBSPOT_API_VERSION and HUBSPOT_BASE_URL")
    return of_error(fields, status)


def of_error(error: Mapping[str, Any], status: int = 207) -> Failure:
    """What the error of one input inside a batch, or of a whole refused call, means. Nothing was written."""
    details = [one for one in error.get("errors") or () if isinstance(one, dict)]
    codes = [str(one.get("code")) for one in details] + [str(error.get("category"))]
    message = clean(str(details[0].get("message") if details else error.get("message", "")))
    known = next((code for code in codes if code in REFUSED), None)
    if known:
        return _KINDS.get(known, Refused)(f"{SYSTEM}: {REFUSED[known].format(message=message)}")
    if "RATE_LIMITS" in codes:
        return TryLater(f"{SYSTEM} is busy")
    context = error.get("context")
    if isinstance(context, dict) and context.get("INVALID_OBJECT_IDS"):
        # "One or more associations are invalid", with no `errors`: seen in HubSpot/hubspot-api-nodejs#646
        return Gone(f"{SYSTEM}: a record that it should stand on is not there any more, or hidden from this key")
    return Refused(f"{SYSTEM} refuses it ({status} {error.get('category', '')}): {message}")


def unreadable(*, wrote: bool) -> TryLater:
    return TryLater(f"{SYSTEM} answered in a shape nobody can read, perhaps a maintenance page", maybe_done=wrote)


def results(reply: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The records of a reply; a reply without a list of them is a failure, not an empty list."""
    found = reply.get("results")
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise unreadable(wrote=False)
    return found


def refusals(reply: Mapping[str, Any]) -> dict[str, Failure]:
    """The failures of a batch that was done in part (207), by trace id."""
    found: dict[str, Failure] = {}
    for error in reply.get("errors") or ():
        traces = (error.get("context") or {}).get("objectWriteTraceId") or ()
        for trace in [traces] if isinstance(traces, str) else traces:
            found[str(trace)] = of_error(error)
    return found


def _forbidden(fields: Mapping[str, Any]) -> NoAccess:
    found = [one.get("context") for one in fields.get("errors") or () if isinstance(one, dict)]
    scopes = [s for context in found if isinstance(context, dict) for s in context.get("requiredGranularScopes") or ()]
    if scopes:
        return NoAccess(f"{SYSTEM}: the key lacks the scope {', '.join(map(str, scopes))}; add it in Service Keys")
    return NoAccess(f"{SYSTEM} forbids it; check the key's scopes in Settings > Integrations > Service Keys")


def _too_many(fields: Mapping[str, Any], headers: Mapping[str, str]) -> TryLater:
    if fields.get("policyName") == "DAILY":
        return TryLater(f"{SYSTEM}: the account's API calls for today are used up", wait=LOOK_AGAIN)
    # Retry-After is not promised on a 429; the interval is in a header, except for search.
    asked = said.wait(headers)
    interval = said.wait(headers, "X-HubSpot-RateLimit-Interval-Milliseconds")
    wait = asked if asked is not None else (interval / 1000 if interval is not None else None)
    if wait is None:
        # Search says no policy, only the category (recorded).
        secondly = fields.get("policyName") == "SECONDLY" or "secondly limit" in str(fields.get("message")).lower()
        wait = 1.0 if secondly and "ten_secondly" not in str(fields.get("message")).lower() else TEN_SECONDS
    return TryLater(f"{SYSTEM} is busy: too many calls", wait=wait)
