"""The table from Salesforce's error codes to a meaning: later, refused, or no access; and one sentence each.

Codes: developer.salesforce.com, SOAP API "StatusCode", and REST API "Status Codes and Error Responses".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from expansion.contract import Failure, NoAccess, Refused, TryLater
from integrations.kit.wording import clean

SYSTEM = "Salesforce"
COLLECTION = 200  # records per call: REST API, sObject Collections
A_DAY_IS_FULL = 900.0  # seconds to leave an org alone whose day is used up; the count runs over the last 24 hours

LATER = {
    "UNABLE_TO_LOCK_ROW": "somebody else is changing the record",
    "QUERY_TIMEOUT": "the query took too long",
    "TXN_SECURITY_METERING_ERROR": "it is metering transactions",
}
# These may be answered after the work was done.
LATER_MAYBE_DONE = {
    "SERVER_UNAVAILABLE": "it is busy or down for maintenance",
    "UNKNOWN_EXCEPTION": "it had an error of its own",
}
NO_ACCESS = {
    "API_DISABLED_FOR_ORG": "the API is off for this org, or for the integration user; the profile needs `API Enabled`",
    "API_CURRENTLY_DISABLED": "the API is off for this org",
    "INSUFFICIENT_ACCESS": "the integration user may not do this; give it the permission",
    "INSUFFICIENT_ACCESS_OR_READONLY": "the integration user may not change this record; give it edit permission",
    "INVALID_SESSION_ID": "it refuses the session right after signing in; check the app's policies and IP ranges",
    "INVALID_TYPE": "the integration user may not see this object; give it the permission",
}
REFUSED = {
    "STRING_TOO_LONG": "{fields} is longer than Salesforce allows; shorten it in the playbook",
    "REQUIRED_FIELD_MISSING": "{fields} must be filled in; give it under `fields:` of the step in the playbook, or a "
    "default in Salesforce",
    "FIELD_CUSTOM_VALIDATION_EXCEPTION": "a validation rule there says: {message}",
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY": "a trigger or flow there fails: {message}",
    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST": "{fields} has a value that its picklist does not offer; it may be "
    "offered for another `record_type` only",
    "INVALID_CROSS_REFERENCE_KEY": "the account or its owner is gone, or hidden from the integration user",
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": "the account or its owner is hidden from the integration user",
    "ENTITY_IS_DELETED": "the record has been deleted",
    "MALFORMED_ID": "the account's id is not one of Salesforce's",
    "INACTIVE_OWNER_OR_USER": "the owner is no longer active; set SALESFORCE_FALLBACK_OWNER, or a new owner there",
    "INVALID_FIELD": "a field does not exist, or is hidden from the integration user: {message}",
    "INVALID_FIELD_FOR_INSERT_UPDATE": "the integration user may not write a field: {message}",
    "JSON_PARSER_ERROR": "a value is not of its field's kind: {message}",
    "NUMBER_OUTSIDE_VALID_RANGE": "{fields} is too large",
    "DUPLICATES_DETECTED": "a duplicate rule there stops it; exempt the integration user or change the rule",
    "DUPLICATE_VALUE": "a record with the same unique value exists",
    "DUPLICATE_EXTERNAL_ID": "two records carry this key; mark the key field Unique and delete one of them",
    "NOT_FOUND": "it is not there, or hidden from the integration user",
}


def of_reply(status: int, content: Any, *, wrote: bool) -> Failure:
    """What an error reply means; `content` is its body, a list of `{errorCode, message, fields}` if all is well."""
    first = content[0] if isinstance(content, list) and content and isinstance(content[0], dict) else {}
    code, message = str(first.get("errorCode", "")), str(first.get("message", ""))
    if code == "REQUEST_LIMIT_EXCEEDED":
        return _limit(message)
    if known := _known(code, message, first.get("fields") or (), wrote=wrote):
        return known
    if status in (401, 403):
        return NoAccess(f"{SYSTEM} refuses us ({status} {code}); check the app's scopes and the user's permissions")
    if status == 300:
        return Refused(f"{SYSTEM}: {REFUSED['DUPLICATE_EXTERNAL_ID']}")
    if status == 404:
        return Refused(f"{SYSTEM}: {REFUSED['NOT_FOUND']}")
    if status == 412:
        return TryLater(f"{SYSTEM}: somebody has just changed the record")
    if status == 429:
        return TryLater(f"{SYSTEM} is busy")
    if status >= 500:
        return TryLater(f"{SYSTEM} had an error of its own ({status})", maybe_done=wrote)
    return Refused(f"{SYSTEM} refuses the request ({status} {code}): {clean(message)}")


def of_record(errors: Sequence[Any]) -> Failure:
    """What the errors of one record inside a collection mean. Such a record was certainly not written."""
    first = errors[0] if errors and isinstance(errors[0], dict) else {}
    code, message = str(first.get("statusCode", "")), str(first.get("message", ""))
    known = _known(code, message, first.get("fields") or (), wrote=False)
    return known or Refused(f"{SYSTEM} refuses the record ({code}): {clean(message)}")


def results(reply: Any, count: int) -> list[Mapping[str, Any]]:
    """The results of a collection, one per record sent, in order."""
    if not isinstance(reply, list) or len(reply) != count or not all(isinstance(one, dict) for one in reply):
        raise TryLater(f"{SYSTEM} answered for other records than were sent", maybe_done=True)
    return reply


def _known(code: str, message: str, fields: Sequence[str], *, wrote: bool) -> Failure | None:
    if code in LATER:
        return TryLater(f"{SYSTEM}: {LATER[code]}")
    if code in LATER_MAYBE_DONE:
        return TryLater(f"{SYSTEM}: {LATER_MAYBE_DONE[code]}", maybe_done=wrote)
    if code in NO_ACCESS:
        return NoAccess(f"{SYSTEM}: {NO_ACCESS[code]}")
    if message.startswith("entity type cannot be "):  # the code is that of a failing trigger
        return NoAccess(f"{SYSTEM}: the integration user may not do this: {clean(message)}; give it the permission")
    if code in REFUSED:
        named = ", ".join(fields) or "a field"
        return Refused(f"{SYSTEM}: {REFUSED[code].format(fields=named, message=clean(message))}")
    return None


def _limit(message: str) -> TryLater:
    if "concurrent" in message.lower():
        return TryLater(f"{SYSTEM}: too many long calls at once")
    return TryLater(f"{SYSTEM}: the org's API calls for the last 24 hours are used up", wait=A_DAY_IS_FULL)
