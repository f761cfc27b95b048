"""The table from Salesforce's error codes to a meaning: later, refused, or no access; and one sentence each.

Codes: developer.salesforce.com, SOAP API "StatusCode", and REST API "Status Codes and Error Responses".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from expansion.contract import Failure, NoAccess, Refused, TryLater
from integrations.kit.breaks import Broke
from integrations.kit.meanings import SERVER_TROUBLE, Meanings, Row, Told, Words

SYSTEM = "Salesforce"
COLLECTION = 200  # records per call: REST API, sObject Collections
A_DAY_IS_FULL = 900.0  # seconds to leave an org alone whose day is used up; the count runs over the last 24 hours
TWICE = "two records carry this key; mark the key field Unique and delete one of them"
NOT_THERE = "it is not there, or hidden from the integration user"

# What a whole request and a record inside a collection may be answered with.
_CODES = (
    Row("UNABLE_TO_LOCK_ROW", TryLater, "somebody else is changing the record"),
    Row("INVALID_QUERY_LOCATOR", TryLater, "the query's cursor is gone; it is read again from the beginning"),
    Row("QUERY_TIMEOUT", TryLater, "the query took too long"),
    Row("TXN_SECURITY_METERING_ERROR", TryLater, "it is metering transactions"),
    # These two may be answered after the work was done.
    Row("SERVER_UNAVAILABLE", TryLater, "it is busy or down for maintenance", maybe_done="as written"),
    Row("UNKNOWN_EXCEPTION", TryLater, "it had an error of its own", maybe_done="as written"),
    Row(
        "API_DISABLED_FOR_ORG",
        NoAccess,
        "the API is off for this org, or for the integration user; the profile needs `API Enabled`",
    ),
    Row("API_CURRENTLY_DISABLED", NoAccess, "the API is off for this org"),
    Row("INSUFFICIENT_ACCESS", NoAccess, "the integration user may not do this; give it the permission"),
    Row(
        "INSUFFICIENT_ACCESS_OR_READONLY",
        NoAccess,
        "the integration user may not change this record; give it edit permission",
    ),
    Row(
        "INVALID_SESSION_ID",
        NoAccess,
        "it refuses the session right after signing in; check the app's policies and IP ranges",
    ),
    Row("INVALID_TYPE", NoAccess, "the integration user may not see this object; give it the permission"),
    # The code is that of a failing trigger.
    Row(
        Words(r"\Aentity type cannot be "),
        NoAccess,
        "the integration user may not do this: {message}; give it the permission",
    ),
    Row("STRING_TOO_LONG", Refused, "{fields} is longer than Salesforce allows; shorten it in the playbook"),
    Row(
        "REQUIRED_FIELD_MISSING",
        Refused,
        "{fields} must be filled in; give it under `fields:` of the step in the playbook, or a default in Salesforce",
    ),
    Row("FIELD_CUSTOM_VALIDATION_EXCEPTION", Refused, "a validation rule there says: {message}"),
    Row("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", Refused, "a trigger or flow there fails: {message}"),
    Row(
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        Refused,
        "{fields} has a value that its picklist does not offer; it may be offered for another `record_type` only",
    ),
    Row(
        "INVALID_CROSS_REFERENCE_KEY", Refused, "the account or its owner is gone, or hidden from the integration user"
    ),
    Row(
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
        Refused,
        "the account or its owner is hidden from the integration user",
    ),
    Row("ENTITY_IS_DELETED", Refused, "the record has been deleted"),
    Row("MALFORMED_ID", Refused, "the account's id is not one of Salesforce's"),
    Row(
        "INACTIVE_OWNER_OR_USER",
        Refused,
        "the owner is no longer active; set SALESFORCE_FALLBACK_OWNER, or a new owner there",
    ),
    Row("INVALID_FIELD", Refused, "a field does not exist, or is hidden from the integration user: {message}"),
    Row("INVALID_FIELD_FOR_INSERT_UPDATE", Refused, "the integration user may not write a field: {message}"),
    Row("JSON_PARSER_ERROR", Refused, "a value is not of its field's kind: {message}"),
    Row("NUMBER_OUTSIDE_VALID_RANGE", Refused, "{fields} is too large"),
    Row(
        "DUPLICATES_DETECTED",
        Refused,
        "a duplicate rule there stops it; exempt the integration user or change the rule",
    ),
    Row("DUPLICATE_VALUE", Refused, "a record with the same unique value exists"),
    Row("DUPLICATE_EXTERNAL_ID", Refused, TWICE),
    Row("NOT_FOUND", Refused, NOT_THERE),
)
MEANINGS = Meanings(
    SYSTEM,
    Row("REQUEST_LIMIT_EXCEEDED", TryLater, "too many long calls at once", also=Words("concurrent")),
    Row(
        "REQUEST_LIMIT_EXCEEDED", TryLater, "the org's API calls for the last 24 hours are used up", wait=A_DAY_IS_FULL
    ),
    *_CODES,
    Row((401, 403), NoAccess, "{here} refuses us ({status} {code}); check the app's scopes and the user's permissions"),
    Row(300, Refused, TWICE),
    Row(404, Refused, NOT_THERE),
    Row(412, TryLater, "somebody has just changed the record"),
    Row(429, TryLater, "{here} is busy"),
    Row(SERVER_TROUBLE, TryLater, "{here} had an error of its own ({status})", maybe_done="as written"),
    Row(
        Broke.NOT_JSON,
        TryLater,
        "{here} sent something that is not JSON, perhaps a maintenance page",
        maybe_done="as written",
    ),
    otherwise="{here} refuses the request ({status} {code}): {message}",
)
_RECORDS = Meanings(SYSTEM, *_CODES, otherwise="{here} refuses the record ({code}): {message}")

WEB_PAGE = "(web page)"
_SEE = "; see Setup > External Client App Manager"
# Closed for maintenance is not refused: a person who looks for a wrong setting then finds none.
SIGN_IN = Meanings(
    SYSTEM,
    Row(
        (
            SERVER_TROUBLE,
            429,
            "unknown_error",
            "server_error",
            "temporarily_unavailable",
            "login_rate_exceeded",
            "rate_limit_exceeded",
        ),
        TryLater,
        "{here} signs nobody in now ({status}): it is too busy, or down for maintenance; no setting is wrong, and "
        "status.salesforce.com says more",
    ),
    Row(
        WEB_PAGE,
        TryLater,
        "{here} answered the sign-in with a web page, perhaps for maintenance; if that lasts for hours, check "
        "SALESFORCE_DOMAIN",
        also=200,
    ),
    Row(WEB_PAGE, NoAccess, "no sign-in page of an API at SALESFORCE_DOMAIN ({page}); check it"),
    Row("invalid_client_id", NoAccess, f"SALESFORCE_CLIENT_ID is not known there{_SEE}"),
    Row("invalid_client", NoAccess, f"SALESFORCE_CLIENT_SECRET is wrong, or has been rotated{_SEE}"),
    Row("invalid_grant", NoAccess, f"the app has no run-as user, or may not use the client credentials flow{_SEE}"),
    Row(Broke.ODD, TryLater, "{here} answered the sign-in in a shape nobody can read"),
    otherwise=f"the sign-in is refused ({{code}}){_SEE}",
    kind=NoAccess,
)


def of_reply(status: int, content: Any, *, wrote: bool) -> Failure:
    """What an error reply means; `content` is its body, a list of `{errorCode, message, fields}` if all is well."""
    return MEANINGS.read(_told(content, "errorCode", status), wrote=wrote)


def of_record(errors: Sequence[Any]) -> Failure:
    """What the errors of one record inside a collection mean. Such a record was certainly not written."""
    return _RECORDS.read(_told(errors, "statusCode"))


def of_sign_in(code: str | int | None, status: int) -> Failure:
    """What a refused sign-in means; simple-salesforce's `code` is a word, or the status of a web page."""
    word = WEB_PAGE if isinstance(code, int) else str(code)
    return SIGN_IN.read(Told(status, word, parts={"page": code}))


def _told(errors: Any, code: str, status: int = 0) -> Told:
    """The first of the errors, taken apart."""
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    fields = first.get("fields")
    named = ", ".join(map(str, fields)) if isinstance(fields, list) else ""
    return Told(status, str(first.get(code, "")), str(first.get("message", "")), parts={"fields": named or "a field"})


def results(reply: Any, count: int) -> list[Mapping[str, Any]]:
    """The results of a collection, one per record sent, in order."""
    if not isinstance(reply, list) or len(reply) != count or not all(isinstance(one, dict) for one in reply):
        raise TryLater(f"{SYSTEM} answered for other records than were sent", maybe_done=True)
    return reply
