"""The table from HubSpot's replies to a meaning: later, refused, or no access; and one sentence each.

Statuses: developers.hubspot.com/docs/api-reference/error-handling. Every field of an error body is optional.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from expansion.contract import Failure, NoAccess, Refused, TryLater
from integrations.kit.breaks import Broke
from integrations.kit.meanings import SENT_ELSEWHERE, SERVER_TROUBLE, Meanings, Row, Told, Words
from integrations.kit.waits import first_said, interval_ms, retry_after

SYSTEM = "HubSpot"


class Gone(Refused):
    """A record that the input names is not there any more."""


class Conflict(Refused):
    """Another record has that unique value already."""


class Enrolled(Refused):
    """The contact is in a sequence already, this one or another."""


LOCKED_FOR = 2.0  # seconds; 423: "wait at least 2 seconds"
TEN_SECONDS = 10.0
LOOK_AGAIN = 900.0  # seconds to leave a portal alone whose day is used up; it starts anew at midnight there

# Retry-After is not promised on a 429; the interval is in a header, except for search.
_ASKED = (retry_after, interval_ms("X-HubSpot-RateLimit-Interval-Milliseconds"))
_BUSY = "{here} is busy: too many calls"
# Codes of ours for what the body says otherwise than by a code.
_NO_BODY, _SCOPES, _IDS = "(no body)", "(scopes)", "(invalid ids)"

_INBOX = Words("no connected inbox")

MEANINGS = Meanings(
    SYSTEM,
    Row(401, NoAccess, "{here} does not take the key; check HUBSPOT_TOKEN, it may have been rotated"),
    Row(403, NoAccess, "the key lacks the scope {scopes}; add it in Service Keys", also=_SCOPES),
    Row(403, NoAccess, "{here} forbids it; check the key's scopes in Settings > Integrations > Service Keys"),
    Row(429, TryLater, "the account's API calls for today are used up", also="DAILY", wait=LOOK_AGAIN),
    # Search says no policy, only the category (recorded).
    Row(429, TryLater, _BUSY, also=Words("ten_secondly"), wait=first_said(*_ASKED, TEN_SECONDS)),
    Row(429, TryLater, _BUSY, also=("SECONDLY", Words("secondly limit")), wait=first_said(*_ASKED, 1.0)),
    Row(429, TryLater, _BUSY, wait=first_said(*_ASKED, TEN_SECONDS)),
    Row(423, TryLater, "the record is locked", wait=LOCKED_FOR),
    Row(477, TryLater, "{here} is moving the account's data", wait=retry_after),
    Row(SERVER_TROUBLE, TryLater, "{here} had an error of its own ({status})", maybe_done="as written"),
    Row(SENT_ELSEWHERE, NoAccess, "{here} sends us elsewhere; check HUBSPOT_BASE_URL"),
    Row(404, Refused, "{here} has no such address; check HUBSPOT_API_VERSION and HUBSPOT_BASE_URL", also=_NO_BODY),
    Row("PROPERTY_DOESNT_EXIST", Refused, "a property does not exist there: {message}"),
    Row("INVALID_OPTION", Refused, "a value is none of its property's options: {message}"),
    Row("INVALID_OWNER", Refused, "the owner is no longer active; set HUBSPOT_FALLBACK_OWNER, or a new owner there"),
    Row("READ_ONLY_VALUE", Refused, "a property cannot be written: {message}"),
    Row(
        "REQUIRED_FIELD",
        Refused,
        "a property must be filled in: {message}; give it under `properties:` of the playbook's step",
    ),
    # Recorded by others; HubSpot documents neither sentence.
    Row(400, Enrolled, "the contact is in a sequence already", also=Words("already enrolled")),
    Row(400, Refused, "the sender has no connected inbox there; connect it in Settings > General > Email", also=_INBOX),
    Row("OBJECT_NOT_FOUND", Gone, "the record is not there any more, or hidden from this key"),
    Row(("CONFLICTING_UNIQUE_VALUE", "CONFLICT"), Conflict, "another record has the value already: {message}"),
    Row("RATE_LIMITS", TryLater, "{here} is busy"),
    # "One or more associations are invalid", with no `errors`: seen in HubSpot/hubspot-api-nodejs#646
    Row(_IDS, Gone, "a record that it should stand on is not there any more, or hidden from this key"),
    Row(
        (Broke.NOT_JSON, Broke.ODD),
        TryLater,
        "{here} answered in a shape nobody can read, perhaps a maintenance page",
        maybe_done="as written",
    ),
    otherwise="{here} refuses it ({status} {category}): {message}",
)


def of_reply(status: int, body: Any, headers: Mapping[str, str], *, wrote: bool) -> Failure:
    """What an error reply means."""
    fields = body if isinstance(body, dict) else {}
    match status:
        case 403:
            scopes = _scopes(fields)
            found = Told(status, _SCOPES if scopes else "", parts={"scopes": ", ".join(map(str, scopes))})
        case 429:
            found = Told(status, str(fields.get("policyName")), str(fields.get("message")), headers)
        case _:
            found = told(fields, status, headers)
    return MEANINGS.read(found, wrote=wrote)


def of_error(error: Mapping[str, Any], status: int = 207) -> Failure:
    """What the error of one input inside a batch means. Nothing was written."""
    return MEANINGS.read(told(error, status))


def told(error: Mapping[str, Any], status: int, headers: Mapping[str, str] = MappingProxyType({})) -> Told:
    """An error body taken apart: the first of its codes that means something, and the first sentence."""
    errors = error.get("errors") or ()
    if not isinstance(errors, Sequence | Mapping):
        return Told(status, Broke.ODD, headers=headers)
    details = [one for one in errors if isinstance(one, dict)]
    code = MEANINGS.known([*(str(one.get("code")) for one in details), str(error.get("category"))])
    context = error.get("context")
    if not error:
        code = _NO_BODY
    elif not code and isinstance(context, dict) and context.get("INVALID_OBJECT_IDS"):
        code = _IDS
    message = details[0].get("message") if details else error.get("message", "")
    return Told(status, code, str(message), headers, {"category": error.get("category", "")})


def unreadable(*, wrote: bool) -> Failure:
    return MEANINGS.of(Broke.ODD, wrote=wrote)


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


def _scopes(fields: Mapping[str, Any]) -> list[Any]:
    """Those that the key lacks, where HubSpot names them."""
    contexts = [one.get("context") for one in fields.get("errors") or () if isinstance(one, dict)]
    return [s for context in contexts if isinstance(context, dict) for s in context.get("requiredGranularScopes") or ()]
