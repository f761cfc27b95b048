"""The portal behind the HubSpot stand-in: properties, companies, owners, tasks, and what it refuses."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sandbox._index import Index
from sandbox.core import State

Record = dict[str, Any]

STATUSES = ("NOT_STARTED", "IN_PROGRESS", "WAITING", "DEFERRED", "COMPLETED")
TYPES = ("TODO", "CALL", "EMAIL")
PRIORITIES = ("NONE", "LOW", "MEDIUM", "HIGH")
_SYSTEM = {"hs_object_id": "number", "hs_lastmodifieddate": "datetime", "createdate": "datetime"}
STANDARD: dict[str, dict[str, Any]] = {
    "tasks": _SYSTEM
    | {
        "hs_timestamp": "datetime",
        "hs_task_subject": "string",
        "hs_task_body": "string",
        "hs_task_status": STATUSES,
        "hs_task_priority": PRIORITIES,
        "hs_task_type": TYPES,
        "hubspot_owner_id": "owner",
    },
    "companies": _SYSTEM
    | {
        "name": "string",
        "domain": "string",
        "industry": "string",
        "numberofemployees": "number",
        "annualrevenue": "number",
        "hubspot_owner_id": "owner",
    },
}
LONGEST = 65_536


class Invalid(Exception):
    """One input is refused; alone in its batch, or with the whole batch, depends on the endpoint."""

    def __init__(self, code: str, message: str, category: str = "VALIDATION_ERROR", **context: Any) -> None:
        super().__init__(message)
        self.code, self.message, self.category, self.context = code, message, category, context

    def body(self) -> Record:
        detail = {"message": self.message, "code": self.code}
        head = self.message if self.category != "VALIDATION_ERROR" else f"Property values were not valid: [{detail}]"
        return {
            "status": "error",
            "message": head,
            "correlationId": str(uuid.uuid4()),
            "category": self.category,
            "errors": [detail],
            "context": self.context,
        }


class Portal:
    """Records and rules."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.task_key: str | None = "expansion_key"  # None: the portal has no such property
        self.task_key_unique = True
        self.lag = 0.0  # seconds until search shows a new record
        self.rules: dict[str, str] = {}  # a word in the subject -> the validation rule's message
        self.clock: Callable[[], float] = time.monotonic
        self._seen_at: dict[str, float] = {}
        self._indexes: dict[tuple[str, str], Index] = {}

    # --- properties ---

    def properties(self, kind: str) -> dict[str, Any]:
        custom = self.state.get("hubspot.custom", kind) or {}
        every = STANDARD[kind] | custom
        return every | ({self.task_key: "string"} if kind == "tasks" and self.task_key else {})

    def describe(self, kind: str, name: str) -> Record:
        what = self.properties(kind)[name]
        options = [{"label": o.title(), "value": o, "hidden": False} for o in what] if isinstance(what, tuple) else []
        unique = kind == "tasks" and name == self.task_key and self.task_key_unique
        return {
            "name": name,
            "label": name.replace("_", " "),
            "type": "enumeration" if options else ("string" if what == "owner" else what),
            "options": options,
            "hasUniqueValue": unique,
            "modificationMetadata": {"readOnlyValue": name in _SYSTEM},
        }

    def learn_properties(self, kind: str, records: list[Record]) -> None:
        names = {name for record in records for name in record.get("properties", {})} - STANDARD[kind].keys()
        self.state.put(
            "hubspot.custom", kind, (self.state.get("hubspot.custom", kind) or {}) | dict.fromkeys(names, "string")
        )

    # --- records ---

    def all(self, kind: str) -> list[Record]:
        return self.state.all(f"hubspot.{kind}")

    def get(self, kind: str, record_id: str) -> Record | None:
        return self.state.get(f"hubspot.{kind}", record_id)

    def put(self, kind: str, record: Record) -> None:
        self.state.put(f"hubspot.{kind}", record["id"], record)
        for (of, _), index in self._indexes.items():
            if of == kind:
                index.note(record["id"], record)

    def by_property(self, kind: str, name: str, value: str) -> Record | None:
        if name == "hs_object_id":
            return self.get(kind, value)
        if (kind, name) not in self._indexes:
            said = lambda record: str(record["properties"].get(name))  # noqa: E731
            self._indexes[kind, name] = Index(self.state, f"hubspot.{kind}", said)
        return next(iter(self._indexes[kind, name].find(value)), None)

    def is_unique(self, kind: str, name: str) -> bool:
        return kind == "tasks" and name == self.task_key and self.task_key_unique

    def create_task(self, given: Record, companies: list[str], trace: str | None) -> Record:
        self._refuse(given, companies, new=True)
        number = str(50_000_000_000 + self.state.next_id("hubspot.tasks"))
        now = _now()
        properties = {"hs_task_status": "NOT_STARTED", "hs_task_priority": "NONE", "hs_task_type": "TODO"} | given
        properties |= {"hs_object_id": number, "createdate": now, "hs_lastmodifieddate": now}
        record = {"id": number, "properties": properties, "companies": companies, "createdAt": now, "updatedAt": now}
        self.put("tasks", record)
        self._seen_at[number] = self.clock()
        self.state.applied("hubspot", "create_task", given.get(self.task_key or "") or trace or "")
        return record

    def update(self, kind: str, record_id: str, given: Record) -> Record:
        record = self.get(kind, record_id)
        if record is None:
            raise Invalid("OBJECT_NOT_FOUND", "resource not found", "OBJECT_NOT_FOUND", ids=[record_id])
        self.refuse_properties(kind, given)
        now = _now()
        properties = record["properties"] | given | {"hs_lastmodifieddate": now}
        record = record | {"properties": properties, "updatedAt": now}
        self.put(kind, record)
        self.state.applied("hubspot", f"update_{kind}", record_id)
        return record

    def remove(self, kind: str, record_id: str) -> None:
        """Into the recycle bin: reads do not show it any more."""
        self.state.delete(f"hubspot.{kind}", record_id)

    def associate(self, task_id: str, company_id: str) -> None:
        task = self.get("tasks", task_id)
        if task is None or self.get("companies", company_id) is None:
            raise Invalid("OBJECT_NOT_FOUND", "one of the records does not exist", "OBJECT_NOT_FOUND", ids=[task_id])
        self.put("tasks", task | {"companies": sorted({*task["companies"], company_id})})

    def searchable(self, kind: str) -> list[Record]:
        """What search shows by now."""
        ripe = self.clock() - self.lag
        return [r for r in self.all(kind) if self._seen_at.get(r["id"], ripe) <= ripe]

    # --- rules ---

    def _refuse(self, given: Record, companies: list[str], new: bool) -> None:
        self.refuse_properties("tasks", given)
        if new and not given.get("hs_timestamp"):
            raise Invalid("REQUIRED_FIELD", "Some required properties were not set: hs_timestamp")
        for word, message in self.rules.items():
            if word in given.get("hs_task_subject", ""):
                raise Invalid("INVALID_PROPERTY_VALUE", message)
        key = given.get(self.task_key or "")
        if new and key and self.task_key_unique and self.by_property("tasks", str(self.task_key), key):
            raise Invalid("CONFLICTING_UNIQUE_VALUE", f"{self.task_key} already has that value", "CONFLICT")
        for company in companies:
            if self.get("companies", company) is None:
                raise Invalid(
                    "OBJECT_NOT_FOUND", f"company {company} does not exist", "OBJECT_NOT_FOUND", ids=[company]
                )

    def refuse_properties(self, kind: str, given: Record) -> None:
        known = self.properties(kind)
        for name, value in given.items():
            if name not in known:
                raise Invalid("PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist', propertyName=[name])
            if name in _SYSTEM:
                raise Invalid("READ_ONLY_VALUE", f'"{name}" is a read only property')
            if not isinstance(value, str):
                raise Invalid("INVALID_JSON", f"Invalid input JSON: cannot deserialize {name}")
            self._refuse_value(name, known[name], value)

    def _refuse_value(self, name: str, what: Any, value: str) -> None:
        if isinstance(what, tuple) and value not in what:
            raise Invalid("INVALID_OPTION", f"{value} was not one of the allowed options for {name}")
        if what == "owner" and value and not self._active_owner(value):
            raise Invalid("INVALID_OWNER", f"{name}: owner {value} does not exist")
        if what == "datetime" and not _is_moment(value):
            raise Invalid("INVALID_DATE", f"{value} was not a valid timestamp for {name}")
        if len(value) > LONGEST:
            raise Invalid("INVALID_LENGTH", f"{name} is longer than {LONGEST} characters")

    def _active_owner(self, owner_id: str) -> bool:
        owner = self.get("owners", owner_id)
        return bool(owner and not owner["archived"])


def public(record: Record, properties: list[str] | None = None) -> Record:
    """A record as replies hold it: only the properties asked for, besides those always there."""
    shown = record["properties"]
    if properties is not None:
        wanted = {*properties, "hs_object_id", "createdate", "hs_lastmodifieddate"}
        shown = {name: shown.get(name) for name in sorted(wanted) if name in shown or name in properties}
    made = {"id": record["id"], "properties": shown, "archived": False}
    return made | {"createdAt": record["createdAt"], "updatedAt": record["updatedAt"]}


def _is_moment(value: str) -> bool:
    if value.isdigit():
        return True
    try:
        return datetime.fromisoformat(value.replace("Z", "+00:00")).tzinfo is not None
    except ValueError:
        return False


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
