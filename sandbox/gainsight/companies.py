"""Companies and users: queries with limits, and updates that are refused as a whole where one record is wrong."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sandbox.gainsight.fields import COMPANY
from sandbox.gainsight.query import fitting, selected, whole
from sandbox.gainsight.refusals import Problem
from sandbox.kit.state import State

Doc = dict[str, Any]

_COLLECTIONS = {"Company": "companies", "GsUser": "users", "activity_timeline": "activities"}
_USER = {"Gsid", "Name", "Email", "IsActiveUser"}
_ACTIVITY = {"Gsid", "ExternalId", "Subject", "ContextName"}
_MOST = 5000
_LONGEST = 500
_NUMBERS = ("NUMBER", "CURRENCY", "PERCENTAGE")


class Companies:
    """`gone`: fields that the tenant has no more."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.gone: set[str] = set()

    def described(self) -> list[Doc]:
        return [field for field in COMPANY if field["fieldName"] not in self.gone]

    def query(self, thing: str, body: Doc) -> list[Doc]:
        if thing not in _COLLECTIONS:
            raise Problem(400, "OBJECT_NOT_FOUND", "Requested object not found")
        limit = whole(body.get("limit", _MOST), 1, _MOST, "GSOBJ_1003", "limit")
        offset = whole(body.get("offset", 0), 0, 10**9, "GSOBJ_1003", "offset")
        rows = fitting(self.state.all(f"gainsight.{_COLLECTIONS[thing]}"), body.get("where"), "name")
        for name, direction in (body.get("orderBy") or {}).items():
            rows = sorted(rows, key=lambda row: str(row.get(name)), reverse=direction == "desc")
        some = rows[offset : offset + limit]
        return selected(some, body.get("select"), lambda name: self._knows(thing, name), "GSOBJ_1005")

    def _knows(self, thing: str, name: str) -> bool:
        if thing != "Company":
            return name in (_USER if thing == "GsUser" else _ACTIVITY)
        names = {field["fieldName"] for field in self.described()}
        return name in names or ("__gr." in name and name.partition("__gr")[0] in names)

    def update(self, keys: str, records: Sequence[Doc]) -> Doc:
        if keys != "Gsid" or not 1 <= len(records) <= 50:
            raise Problem(400, "GSOBJ_1007", "keys name the fields to match by, and 50 records are the most")
        wrong = [found for record in records if (found := self._wrong(record))]
        if wrong:
            first, errors = wrong[0][0], [[{"success": False, "errors": found}] for found in wrong]
            data = {"count": 0, "errors": errors, "records": None}
            raise Problem(400, first["errorCode"], first["errorMessage"], data)
        done = [record for record in records if self._set(record)]
        return {"count": len(done), "errors": None, "records": [{"Gsid": one["Gsid"]} for one in done]}

    def _wrong(self, record: Doc) -> list[Doc]:
        known = {field["fieldName"]: field for field in self.described()}
        found = []
        for name, value in record.items():
            if name == "Gsid":
                continue
            if why := _why_not(known.get(name), value):
                found.append({"errorMessage": why, "errorCode": "GSOBJ_1006", "fieldName": name, "invalidValue": value})
        return found

    def _set(self, record: Doc) -> bool:
        company = self.state.get("gainsight.companies", str(record.get("Gsid")))
        if company is None:
            return False
        self.state.put("gainsight.companies", company["Gsid"], {**company, **record})
        self.state.applied("gainsight", "update_company", company["Gsid"])
        return True


def _why_not(field: Doc | None, value: Any) -> str | None:
    """Why a field does not take this value; None where it does."""
    if field is None:
        return "Invalid field"
    if field["meta"]["readOnly"]:
        return "Field is not updateable"
    if value is None:
        return None
    kind = field["dataType"]
    if kind in _NUMBERS:
        return None if isinstance(value, int | float) and not isinstance(value, bool) else "Invalid number format"
    if kind == "DATE":
        return None if re.fullmatch(r"\d{4}-\d\d-\d\d", str(value)) else "Invalid dateTime format"
    if kind == "PICKLIST" and value not in [option["label"] for option in field["options"]]:
        return "Invalid picklist value"
    return None if isinstance(value, str) and len(value) <= _LONGEST else "Invalid string"
