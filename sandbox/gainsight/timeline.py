"""Entries of Timelines: no ExternalId is there twice, and what is looked up has to be found."""

from __future__ import annotations

from typing import Any

from sandbox.gainsight.refusals import Problem
from sandbox.kit.state import State

Doc = dict[str, Any]

_MUST = ("ContextName", "TypeName", "ExternalId", "Subject", "Notes", "ActivityDate", "Author")
_TYPES = ("Update", "Call", "Meeting", "Email", "Milestone")
_COLLECTIONS = {"GsUser": "gainsight.users", "Company": "gainsight.companies"}


def add(state: State, body: Doc) -> Doc:
    """What became of each record, by its ExternalId."""
    success: Doc = {}
    failure: Doc = {}
    for record in body.get("records") or []:
        key = str(record.get("ExternalId") or "")
        try:
            success[key] = [{"activityId": _add(state, record, body.get("lookups") or {})}]
        except Problem as problem:
            failure[key] = [{"errorCode": "ANT_1004", "errorDesc": str(problem)}]
    return {"success": success, "failure": failure}


def _add(state: State, record: Doc, lookups: Doc) -> str:
    if missing := [name for name in _MUST if not record.get(name)]:
        raise Problem(200, "ANT", f"Missing mandatory fields - {', '.join(missing)}")
    if record["TypeName"] not in _TYPES:
        raise Problem(200, "ANT", f"Invalid activity type - {record['TypeName']}")
    found = {target: _looked_up(state, record, how) for target, how in lookups.items()}
    if {"AuthorId", "GsCompanyId"} - found.keys():
        raise Problem(200, "ANT", "Author and company have to be looked up")
    key = record["ExternalId"]
    if any(one["ExternalId"] == key for one in state.all("gainsight.activities")):
        raise Problem(200, "ANT", "Duplicate ExternalId: an activity with it already exists")
    gsid = f"1V01{state.next_id('gainsight.activities'):032}"
    state.put("gainsight.activities", gsid, {"Gsid": gsid, **record, **found})
    state.applied("gainsight", "add_activity", key)
    return gsid


def _looked_up(state: State, record: Doc, how: Doc) -> str:
    [(given, field)] = how["fields"].items()
    wanted = record.get(given)
    rows = [row for row in state.all(_COLLECTIONS[how["objectName"]]) if row.get(field) == wanted]
    if not rows:
        raise Problem(200, "ANT", f"No match found for lookup {how['objectName']}")
    return str(rows[0]["Gsid"])
