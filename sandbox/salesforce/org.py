"""The org behind the Salesforce stand-in: its fields, its records, and the rules that refuse a record."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sandbox.kit.index import Index
from sandbox.kit.state import State
from sandbox.salesforce.campaigns import Campaigns
from sandbox.salesforce.fields import CURRENCY, NAME, PREFIX, REQUIRED, STANDARD, SYSTEM, WITH_CURRENCY
from sandbox.salesforce.refusals import RecordError, SoqlError
from sandbox.salesforce.soql import Record
from sandbox.salesforce.values import READ_ONLY, kind_of

API_USER = "00500000000INTEAAA"  # whom the integration signs in as
_CLOSED = ("Completed",)  # the values of a task's Status that close it
CASE_CLOSED = "Closed"
WON, LOST = "Closed Won", "Closed Lost"
_SHORT = 15  # characters of an id; the other three say which of them are capitals
_MASTER = "012000000000000AAA"
_ROLLED_BACK: Record = {
    "success": False,
    "errors": [
        {
            "statusCode": "ALL_OR_NONE_OPERATION_ROLLED_BACK",
            "message": "Record rolled back because not all records were valid and the request was using "
            "AllOrNone header",
            "fields": [],
        }
    ],
}
_KEY = re.compile(r"\b[0-9a-f]{64}\b")


class Org:
    """Fields, records, rules."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.key_fields: dict[str, str | None] = {"Task": "Expansion_Key__c", "Opportunity": "Expansion_Key__c"}
        self.key_unique = True
        self.formulas: set[str] = set()  # fields that Salesforce computes
        self.hidden: set[str] = set()  # fields that the integration user may not see
        self.locked: dict[str, int] = {}  # account id -> how many more writes find its row locked
        self.rules: dict[str, str] = {}  # a word in Subject or Name -> the validation rule's message
        self.writable = True
        self.permissions = {"PermissionsApiEnabled"}  # of the whole org
        self.may = {  # with objects; whoever may edit tasks may delete them
            "User": {"Read", "Edit"},  # everybody edits their own record
            "Account": {"Read", "Edit"},
            "Task": {"Read", "Create", "Edit", "Delete"},
            "Opportunity": {"Read", "Create"},
            "Case": {"Read"},
            "Contact": {"Read"},
            "Lead": {"Read"},
            "Campaign": {"Read"},
            "CampaignMemberStatus": {"Read"},
            "CampaignMember": {"Read", "Create", "Edit", "Delete"},
            "UserPermissionAccess": {"Read"},
            "CurrencyType": {"Read"},
        }
        self.record_types: dict[str, dict[str, str]] = {}  # of an object: name -> id; without any, only the master
        self._undo: list[tuple[str, str, Record | None]] | None = None
        self._done: list[tuple[str, str]] = []
        self.closed: set[str] = set()  # fields that the integration user may see and not write
        self._indexes: dict[tuple[str, str], Index] = {}
        self.campaigns = Campaigns(self)
        if state.get("salesforce.User", API_USER) is None:
            me = {"Id": API_USER, "Name": "Integration User", "Email": "integration@seller.example", "IsActive": True}
            state.put("salesforce.User", API_USER, me | {"UserType": "Standard", "Username": me["Email"]})

    # --- fields ---

    def spelt(self, sobject: str) -> str:
        """The object's name as Salesforce spells it: a query may write it in any case."""
        name = next((one for one in STANDARD if one.lower() == sobject.lower()), None)
        if name is None or "Read" not in self.may[name] or (name == "CurrencyType" and not self.has_currencies()):
            raise SoqlError("INVALID_TYPE", f"sObject type '{sobject}' is not supported.")
        return name

    def has_currencies(self) -> bool:
        """Several currencies: then records say theirs, and the org its rates."""
        return self.state.get("salesforce.org", "currencies") is not None

    def fields(self, sobject: str) -> dict[str, tuple[str, ...]]:
        sobject = self.spelt(sobject)
        custom = self.state.get("salesforce.custom", sobject) or {}
        key = self.key_fields.get(sobject)
        system = {"Id": SYSTEM["Id"]} if sobject in ("UserPermissionAccess", "CurrencyType") else SYSTEM
        every = system | STANDARD[sobject] | {name: tuple(kind) for name, kind in custom.items()}
        if key:
            every[key] = ("string", "64", "external")
        if sobject in WITH_CURRENCY and self.has_currencies():
            every["CurrencyIsoCode"] = ("picklist",)
        if sobject in self.record_types:
            every["RecordTypeId"] = ("reference", "RecordType", "RecordType")
        return {name: kind for name, kind in every.items() if name not in self.hidden}

    def describe(self, sobject: str) -> dict[str, Any]:
        sobject = self.spelt(sobject)
        fields = [self._describe_field(name, kind) for name, kind in self.fields(sobject).items()]
        flags = {"queryable": "Read", "createable": "Create", "updateable": "Edit", "deletable": "Delete"}
        may = {flag: right in self.may[sobject] for flag, right in flags.items()}
        head = {"name": sobject, "label": sobject, "keyPrefix": PREFIX[sobject]}
        return {**head, **may, "fields": fields, "recordTypeInfos": self._record_types(sobject)}

    def _record_types(self, sobject: str) -> list[dict[str, Any]]:
        """Every object has the master; it is the default where there is no other."""
        named = self.record_types.get(sobject, {})
        shared = {"available": True, "active": True}
        master = {"name": "Master", "developerName": "Master", "recordTypeId": _MASTER, "master": True}
        return [
            *(
                {**shared, "name": name, "developerName": name.replace(" ", "_"), "recordTypeId": key, "master": False}
                | {"defaultRecordTypeMapping": number == 0}
                for number, (name, key) in enumerate(named.items())
            ),
            {**shared, **master, "defaultRecordTypeMapping": not named},
        ]

    def _describe_field(self, name: str, kind: tuple[str, ...]) -> dict[str, Any]:
        external = kind[-1] == "external"
        changeable = name not in {*READ_ONLY, *self.closed} and self.writable
        values = kind[1:] if kind[0] == "picklist" else ()
        return {
            "name": name,
            "label": name.removesuffix("__c").replace("_", " "),
            "type": kind[0],
            "length": int(kind[1]) if len(kind) > 1 and kind[1].isdigit() else 0,
            "custom": name.endswith("__c"),
            "externalId": external,
            "unique": external and self.key_unique,
            "calculated": name in self.formulas,
            "filterable": kind[0] != "textarea",
            "createable": changeable,
            "updateable": changeable,
            "picklistValues": [{"value": v, "label": v, "active": True, "defaultValue": False} for v in values],
            "referenceTo": _targets(kind),
            "relationshipName": kind[2] if kind[0] == "reference" else None,
        }

    def learn_types(self, sobject: str, types: dict[str, Any]) -> None:
        """Custom fields of the org, each with its type."""
        known = self.state.get("salesforce.custom", sobject) or {}
        said = {name: [kind] if isinstance(kind, str) else list(kind) for name, kind in types.items()}
        self.state.put("salesforce.custom", sobject, known | said)
        self.state.put("salesforce.typed", sobject, said)

    def learn_fields(self, sobject: str, records: list[Record]) -> None:
        """Custom fields are also those that the sample's records have; of what type, their values say."""
        known = dict(self.state.get("salesforce.custom", sobject) or {})
        said = self.state.get("salesforce.typed", sobject) or {}
        for record in records:
            for name, value in record.items():
                if name.endswith("__c") and name not in said and (name not in known or value is not None):
                    known[name] = kind_of(name, value)
        self.state.put("salesforce.custom", sobject, known)

    def learn_currencies(self, records: list[Record], rates: dict[str, float]) -> None:
        """An org has several currencies where a record says one. A rate is known of those that the sample gives."""
        codes = {str(r["CurrencyIsoCode"]) for r in records if r.get("CurrencyIsoCode")}
        if not codes and not rates:
            return
        self.state.put("salesforce.org", "currencies", {})
        for number, (code, rate) in enumerate(rates.items()):
            row = {"Id": _id(PREFIX["CurrencyType"], number), "IsoCode": code, "ConversionRate": rate}
            self.put("CurrencyType", dict.fromkeys(CURRENCY) | row | {"IsActive": True, "IsCorporate": rate == 1})

    # --- records ---

    def all(self, sobject: str) -> list[Record]:
        if sobject == "UserPermissionAccess":
            return [{"Id": "000000000000000AAA"} | {name: name in self.permissions for name in STANDARD[sobject]}]
        return self.state.all(f"salesforce.{sobject}")

    def get(self, sobject: str, record_id: str) -> Record | None:
        """By an id of 18 characters, or by the 15 that say all."""
        collection = f"salesforce.{sobject}"
        if len(record_id) == _SHORT:
            found = (record for key, record in self.state.items(collection) if key[:_SHORT] == record_id)
            return next(found, None)
        return self.state.get(collection, record_id)

    def behind(self, sobject: str, record_id: str | None) -> Record | None:
        """The record that a reference leads to; of one to several kinds of objects, what is shown of them."""
        if not record_id:
            return None
        if sobject != NAME:
            return self.get(sobject, record_id)
        for kind in ("Account", "Opportunity", "User"):
            if found := self.get(kind, record_id):
                return {"Id": found["Id"], "Name": found.get("Name"), "Type": kind, "__type": kind}
        return None

    def put(self, sobject: str, record: Record) -> None:
        if self._undo is not None:
            self._undo.append((sobject, record["Id"], self.state.get(f"salesforce.{sobject}", record["Id"])))
        self.state.put(f"salesforce.{sobject}", record["Id"], record)
        for (kind, _), index in self._indexes.items():
            if kind == sobject:
                index.note(record["Id"], record)

    @contextmanager
    def together(self) -> Iterator[list[Record]]:
        """All or none: the results that the caller puts into the list decide whether what was written stays."""
        self._undo, self._done = [], []
        results: list[Record] = []
        try:
            yield results
            if all(result["success"] for result in results):
                for what, key in self._done:
                    self.state.applied("salesforce", what, key)
            else:
                self._take_back()
                results[:] = [_ROLLED_BACK if result["success"] else result for result in results]
        finally:
            self._undo = None

    def _take_back(self) -> None:
        for sobject, key, before in reversed(self._undo or []):
            if before is None:
                self.state.delete(f"salesforce.{sobject}", key)
            else:
                self.state.put(f"salesforce.{sobject}", key, before)

    def _applied(self, what: str, key: str) -> None:
        if self._undo is None:
            self.state.applied("salesforce", what, key)
        else:
            self._done.append((what, key))

    def matching(self, sobject: str, key_field: str, value: str) -> list[Record]:
        if (sobject, key_field) not in self._indexes:
            said = lambda record: str(record.get(key_field) or "").casefold()  # noqa: E731
            self._indexes[sobject, key_field] = Index(self.state, f"salesforce.{sobject}", said)
        return self._indexes[sobject, key_field].find(value.casefold())

    def insert(self, sobject: str, given: Record, by: str = API_USER) -> str:
        self._allow(sobject, "Create", given, by)
        self._refuse(sobject, given, creating=True)
        now = _now()
        record: Record = dict.fromkeys(self.fields(sobject)) | _defaults(sobject, by) | given
        record |= {"Id": _id(PREFIX[sobject], self.state.next_id(f"salesforce.{sobject}"))}
        record |= {"CreatedDate": now, "LastModifiedDate": now, "SystemModstamp": now, "IsDeleted": False}
        record |= {"CreatedById": by, "LastModifiedById": by}
        if sobject == "Task" and str(record["WhatId"] or "").startswith("001"):
            record["AccountId"] = record["WhatId"]
        record = self.campaigns.filled(record) if sobject == "CampaignMember" else record
        self.put(sobject, computed(sobject, record))
        key = self.campaigns.mark(record) if sobject == "CampaignMember" else self.key_of(sobject, record)
        self._applied(f"create_{sobject.lower()}", key)
        return str(record["Id"])

    def update(self, sobject: str, record_id: str, given: Record, by: str = API_USER) -> str:
        """`by`: whose change it is; a test plays the seller with it."""
        record = self.get(sobject, record_id)
        if record is None:
            raise RecordError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
        self._allow(sobject, "Edit", given, by)
        self._refuse(sobject, record | given, creating=False, own_id=str(record["Id"]))
        now = _now()
        stamp = {"LastModifiedDate": now, "SystemModstamp": now, "LastModifiedById": by}
        changed = record | given
        if sobject == "Opportunity" and changed.get("StageName") != record.get("StageName"):
            changed["LastStageChangeDate"] = now
        changed = self.campaigns.filled(changed) if sobject == "CampaignMember" else changed
        self.put(sobject, computed(sobject, changed) | stamp)
        self._applied(f"update_{sobject.lower()}", str(record["Id"]))
        return str(record["Id"])

    def delete(self, sobject: str, record_id: str, by: str = API_USER) -> str:
        """As the integration user does it."""
        record = self.get(sobject, record_id)
        if record is None:
            raise RecordError("ENTITY_IS_DELETED", "entity is deleted")
        self._allow(sobject, "Delete", {}, by)
        self.remove(sobject, record_id)
        self._applied(f"delete_{sobject.lower()}", str(record["Id"]))
        return str(record["Id"])

    def remove(self, sobject: str, record_id: str) -> None:
        """Into the recycle bin: queries do not show it any more."""
        if (record := self.get(sobject, record_id)) is not None:
            self._bin(sobject, record, None)

    def merge(self, kept_id: str, lost_id: str, given: Record | None = None) -> None:
        """One account of two, as people make it; `given` is what of the other's fields they chose for the one that is
        kept. The other lies in the recycle bin, as it was."""
        kept, lost = self.get("Account", kept_id), self.get("Account", lost_id)
        assert kept is not None and lost is not None, "both are there"
        self._bin("Account", lost, kept["Id"])
        self.put("Account", kept | (given or {}) | {"LastModifiedDate": _now(), "SystemModstamp": _now()})
        for sobject in ("Task", "Opportunity", "Case"):
            for record in self.all(sobject):
                if record.get("AccountId") == lost["Id"]:
                    self.put(sobject, record | {"AccountId": kept["Id"]})

    def gone(self, sobject: str) -> list[Record]:
        """What lies in the recycle bin."""
        there = {record["Id"] for record in self.all(sobject)}
        return [one for one in self.state.all(f"salesforce.bin.{sobject}") if one["Id"] not in there]

    def _bin(self, sobject: str, record: Record, master: str | None) -> None:
        self.state.delete(f"salesforce.{sobject}", record["Id"])
        deleted = {"IsDeleted": True, "MasterRecordId": master, "SystemModstamp": _now()}
        self.state.put(f"salesforce.bin.{sobject}", record["Id"], record | deleted)

    def key_of(self, sobject: str, record: Record) -> str:
        key = record.get(self.key_fields.get(sobject) or "")
        found = _KEY.search(str(record.get("Description") or ""))
        return str(key or (found[0] if found else ""))

    def _allow(self, sobject: str, right: str, given: Record, by: str) -> None:
        """What the integration user may not do. The code is that of a failing trigger, as integrators report it."""
        if by != API_USER:
            return
        if right not in self.may[sobject]:
            done = {"Create": "inserted", "Edit": "updated", "Delete": "deleted"}[right]
            raise RecordError("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", f"entity type cannot be {done}: {sobject}")
        if shut := sorted(self.closed & given.keys()):
            text = (
                f"Unable to create/update fields: {', '.join(shut)}. Please check the security settings of this field"
            )
            raise RecordError("INVALID_FIELD_FOR_INSERT_UPDATE", text, *shut)

    def _refuse(self, sobject: str, record: Record, creating: bool, own_id: str | None = None) -> None:
        if creating and (missing := [f for f in REQUIRED[sobject] if record.get(f) in (None, "")]):
            raise RecordError(
                "REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(missing)}]", *missing
            )
        self._refuse_long_text(sobject, record)
        self._refuse_references(sobject, record)
        for word, message in self.rules.items():
            if word in f"{record.get('Subject')} {record.get('Name')}":
                raise RecordError("FIELD_CUSTOM_VALIDATION_EXCEPTION", message)
        self._refuse_twins(sobject, record, own_id)
        if sobject == "CampaignMember" and creating:
            self.campaigns.refuse(record)

    def _refuse_long_text(self, sobject: str, record: Record) -> None:
        for name, kind in self.fields(sobject).items():
            if len(kind) > 1 and kind[1].isdigit() and len(str(record.get(name) or "")) > int(kind[1]):
                text = f"{name}: data value too large: {str(record[name])[:40]} (max length={kind[1]})"
                raise RecordError("STRING_TOO_LONG", text, name)

    def _refuse_references(self, sobject: str, record: Record) -> None:
        if (kind := record.get("RecordTypeId")) and kind not in self.record_types.get(sobject, {}).values():
            text = "Record Type ID: this ID value isn't valid for the user: " + str(kind)
            raise RecordError("INVALID_CROSS_REFERENCE_KEY", text, "RecordTypeId")
        owner = self.get("User", record["OwnerId"]) if record.get("OwnerId") else None
        if record.get("OwnerId") and owner is None:
            raise RecordError("INVALID_CROSS_REFERENCE_KEY", "Owner ID: owner cannot be blank", "OwnerId")
        if owner and not owner["IsActive"]:
            text = f"operation performed with inactive user [{owner['Id']}] as owner of {sobject.lower()}"
            raise RecordError("INACTIVE_OWNER_OR_USER", text)
        account = (
            record.get("WhatId") or record.get("AccountId") or (record.get("Id") if sobject == "Account" else None)
        )
        if account and not (self.get("Account", account) or self.get("Opportunity", account)):
            raise RecordError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
        if account and self.locked.get(account, 0) > 0:
            self.locked[account] -= 1
            text = f"unable to obtain exclusive access to this record or 1 records: {account}"
            raise RecordError("UNABLE_TO_LOCK_ROW", text)

    def _refuse_twins(self, sobject: str, record: Record, own_id: str | None) -> None:
        key_field = self.key_fields.get(sobject)
        if not (key_field and self.key_unique and record.get(key_field)):
            return
        twins = [r for r in self.matching(sobject, key_field, record[key_field]) if r["Id"] != own_id]
        if twins:
            text = f"duplicate value found: {key_field} duplicates value on record with id: {twins[0]['Id']}"
            raise RecordError("DUPLICATE_VALUE", text)


def _defaults(sobject: str, by: str) -> Record:
    """What Salesforce fills in: the caller owns what names no owner."""
    return {"OwnerId": by} | ({"Status": "Not Started", "Priority": "Normal"} if sobject == "Task" else {})


def computed(sobject: str, record: Record) -> Record:
    """With what Salesforce works out itself."""
    if sobject == "Task":
        return record | {"IsClosed": record.get("Status") in _CLOSED}
    if sobject == "Opportunity":
        return record | {"IsClosed": record.get("StageName") in (WON, LOST), "IsWon": record.get("StageName") == WON}
    if sobject == "Case":
        closed = record.get("Status") == CASE_CLOSED
        return record | {"IsClosed": closed, "ClosedDate": (record.get("ClosedDate") or _now()) if closed else None}
    return record


def _targets(kind: tuple[str, ...]) -> list[str]:
    if kind[0] != "reference":
        return []
    return ["Account", "Opportunity"] if kind[1] == NAME else [kind[1]]


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def _id(prefix: str, number: int) -> str:
    """An 18-character id: the last three say which of the first 15 are capitals."""
    short = f"{prefix}{number:012d}"
    parts = [short[i : i + 5] for i in (0, 5, 10)]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
    return short + "".join(alphabet[sum(1 << i for i, c in enumerate(part) if c.isupper())] for part in parts)
