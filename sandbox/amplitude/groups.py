"""What is written to Amplitude about groups: their properties, and in which uploaded cohorts they are."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from starlette.responses import JSONResponse, PlainTextResponse

from sandbox.amplitude.answers import error
from sandbox.kit.guard import Said
from sandbox.kit.stand_in import InboxItem
from sandbox.kit.state import State

Record = dict[str, Any]
MOST_GROUPS, MOST_BYTES = 1024, 1_000_000  # of one request


def identifications(text: str) -> list[Record]:
    """Of a form's field: an object, or a list of them."""
    try:
        found = json.loads(text)
    except ValueError:
        raise Said(PlainTextResponse("invalid identification", 400)) from None
    many = found if isinstance(found, list) else [found]
    if len(many) > MOST_GROUPS or len(text) > MOST_BYTES:
        raise Said(PlainTextResponse("request is too large", 400))
    for one in many:
        if not {"group_type", "group_value", "group_properties"} <= one.keys():
            raise Said(PlainTextResponse("missing group_type or group_value", 400))
    return many


def change(state: State, body: bytes) -> Record:
    """A change of a cohort's members; ids that are not known are skipped, as was asked for."""
    asked = _asked(body)
    cohort = state.get("amplitude.cohorts", str(asked.get("cohort_id")))
    if cohort is None:
        raise Said(JSONResponse(error(400, "Cohort not found"), 400))
    if asked.get("count_group", "User") != cohort.get("counts", "User"):
        raise Said(JSONResponse(error(400, "count_group does not match that of the cohort"), 400))
    return {
        "cohort_id": cohort["id"],
        "memberships_result": [_apply(state, cohort, one) for one in asked["memberships"]],
    }


def members_inbox(state: State) -> list[InboxItem]:
    """A card for each account in an uploaded cohort."""
    at = datetime.now(UTC).isoformat(timespec="seconds")
    return [
        InboxItem(
            "amplitude", "cohort", group, f"In the cohort {cohort['name']}", "<p>Put into it.</p>", at, None, group
        )
        for cohort in state.all("amplitude.cohorts")
        if cohort.get("counts", "User") != "User"
        for group in cohort["members"]
    ]


def _asked(body: bytes) -> Record:
    try:
        found: Record = json.loads(body)
        ok = isinstance(found["memberships"], list) and all(
            one["id_type"] == "BY_NAME" and one["operation"] in ("ADD", "REMOVE") for one in found["memberships"]
        )
    except (ValueError, LookupError, TypeError):
        ok = False
    if not ok:
        raise Said(JSONResponse(error(400, "invalid memberships"), 400))
    return found


def _apply(state: State, cohort: Record, one: Record) -> Record:
    known = {group for group in one["ids"] if state.get("amplitude.groups", group)}
    was = dict.fromkeys(cohort["members"])
    now = (
        {**was, **dict.fromkeys(one["ids"])} if one["operation"] == "ADD" else {m: None for m in was if m not in known}
    )
    members = [group for group in now if group in known or group in was]
    state.put("amplitude.cohorts", cohort["id"], {**cohort, "members": members})
    for group in known:
        state.applied("amplitude", one["operation"].lower(), f"{group}|{cohort['id']}")
    skipped = [group for group in one["ids"] if group not in known]
    return {"skipped_ids": skipped, "id_type": one["id_type"], "operation": one["operation"]}
