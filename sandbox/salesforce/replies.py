"""How the Salesforce stand-in reads what it is sent, and fills in what it is loaded with."""

from __future__ import annotations

import base64
import html
import json
from typing import Any

from starlette.requests import Request

from sandbox.salesforce.org import API_USER, LOST, WON, computed
from sandbox.salesforce.refusals import RecordError, SoqlError
from sandbox.salesforce.soql import Record

OLDEST, NEWEST = 31, 68  # versions that are served: those before were retired in 2025, Winter '27 has 68
MOST_RECORDS = 200
_FILLED: dict[str, Record] = {
    "Contact": {"AccountId": None},
    "Lead": {"IsConverted": False},
    "Campaign": {"IsActive": True},
    "CampaignMemberStatus": {"IsDefault": False, "HasResponded": False},
}
_MADE = "2024-01-01T00:00:00.000+0000"


def record_page(record: Record) -> str:
    rows = "".join(f"<tr><th>{html.escape(k)}</th><td>{html.escape(str(v))}</td></tr>" for k, v in record.items())
    return f"<meta charset=utf-8><h1>{html.escape(record['Name'])}</h1><table>{rows}</table>"


def loaded(sobject: str, record: Record) -> Record:
    """A record of the sample, with what Salesforce would have filled in."""
    changed = record.get("LastModifiedDate") or _MADE
    made: Record = {"CreatedDate": _MADE, "LastModifiedDate": changed, "SystemModstamp": changed, "IsDeleted": False}
    made |= {"CreatedById": API_USER, "LastModifiedById": API_USER}
    if sobject == "User":
        made |= {"IsActive": True, "UserType": "Standard", "Username": record.get("Email")}
    if sobject == "Opportunity":
        made |= {"Amount": None, "Description": None, "OwnerId": None, "LastStageChangeDate": None}
        if record.get("StageName") in (WON, LOST) or "IsClosed" not in record:
            made |= computed(sobject, record)
    if sobject == "Case":
        blank = dict.fromkeys(("Priority", "Type", "Reason", "Origin", "Description"))
        made |= {**blank, "AccountId": None, **computed(sobject, made | record)}
    made |= _FILLED.get(sobject, {})
    return made | record


def is_served(version: str) -> bool:
    number, _, rest = version.partition(".")
    return rest == "0" and number.isascii() and number.isdecimal() and OLDEST <= int(number[:4]) <= NEWEST


def credentials(header: str, form: dict[str, list[str]]) -> tuple[str, str]:
    """The app's, as Basic authorization or in the form; both are OAuth 2.0, and Salesforce takes either."""
    kind, _, given = header.partition(" ")
    if kind.lower() != "basic":
        return form.get("client_id", [""])[0], form.get("client_secret", [""])[0]
    try:
        client, _, secret = base64.b64decode(given, validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return client, secret


async def body_of(request: Request) -> Record:
    try:
        found = json.loads(await request.body())
    except ValueError:  # also of bytes that are no text
        raise SoqlError("JSON_PARSER_ERROR", "Unexpected character") from None
    if not isinstance(found, dict):
        raise SoqlError("JSON_PARSER_ERROR", "The HTTP entity body is required to be an object")
    return found


def is_part(one: Any) -> bool:
    return isinstance(one, dict) and all(isinstance(one.get(key), str) for key in ("method", "url", "referenceId"))


def records_of(body: Any) -> list[Record]:
    records = body.get("records") if isinstance(body, dict) else None
    if not isinstance(records, list) or not records:
        raise SoqlError("JSON_PARSER_ERROR", "The records list is missing")
    if len(records) > MOST_RECORDS:
        raise SoqlError("EXCEEDED_ID_LIMIT", f"record limit reached: {MOST_RECORDS} records in one collection")
    for record in records:
        named = record.get("attributes") if isinstance(record, dict) else None
        if not isinstance(named, dict) or not isinstance(named.get("type"), str):
            raise SoqlError("INVALID_INPUT", "Include an attributes map with a type in each record")
    return records


def failed(error: RecordError) -> Record:
    return {"success": False, "errors": [error.body]}


def plain_number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}".removesuffix(".00")
