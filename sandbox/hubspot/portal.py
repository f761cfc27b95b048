"""The portal behind the HubSpot stand-in: properties, companies, owners, tasks, and what it refuses."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sandbox.hubspot.associations import TYPES
from sandbox.hubspot.pipelines import EVERY
from sandbox.hubspot.refusals import Invalid, NotAssociated
from sandbox.hubspot.types import described, kept, refuse_type, several, type_of
from sandbox.kit.index import Index
from sandbox.kit.state import State

Record = dict[str, Any]

STATUSES = ("NOT_STARTED", "IN_PROGRESS", "WAITING", "DEFERRED", "COMPLETED")
TASK_TYPES = ("TODO", "CALL", "EMAIL")
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
        "hs_task_type": TASK_TYPES,
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
        "hs_merged_object_ids": {"type": "enumeration", "fieldType": "checkbox"},
    },
    "contacts": _SYSTEM
    | {
        "email": "string",
        "firstname": "string",
        "lastname": "string",
        "hs_latest_sequence_enrolled": "number",
        "hs_latest_sequence_enrolled_date": "datetime",
    },
    "deals": _SYSTEM
    | {
        "dealname": "string",
        "dealstage": "stage",
        "pipeline": "pipeline",
        "amount": {"type": "number", "showCurrencySymbol": True, "currencyPropertyName": "deal_currency_code"},
        "amount_in_home_currency": "number",
        "deal_currency_code": "string",
        "closedate": "datetime",
        "dealtype": ("newbusiness", "existingbusiness"),
        "description": "string",
        "hubspot_owner_id": "owner",
    },
    "tickets": _SYSTEM
    | {
        "subject": "string",
        "hs_pipeline": "pipeline",
        "hs_pipeline_stage": "stage",
        "hs_ticket_priority": ("LOW", "MEDIUM", "HIGH", "URGENT"),
        "hs_ticket_category": several("PRODUCT_ISSUE", "BILLING_ISSUE", "FEATURE_REQUEST", "GENERAL_INQUIRY"),
        "source_type": ("CHAT", "EMAIL", "FORM", "PHONE"),
        "hubspot_owner_id": "owner",
    },
}
# What a reply holds where no properties are asked for, besides those of every record.
DEFAULTS = {
    "companies": ("name", "domain"),
    "contacts": ("email", "firstname", "lastname"),
    "tasks": (),
    "deals": ("dealname", "dealstage", "pipeline", "amount", "closedate"),
    "tickets": ("subject", "hs_pipeline", "hs_pipeline_stage", "hs_ticket_priority"),
}
ONE = {"tasks": "task", "deals": "deal"}  # what can be made
_REQUIRED = {"tasks": ("hs_timestamp",), "deals": ("dealname", "dealstage")}
CATEGORIES = ("HUBSPOT_DEFINED", "INTEGRATOR_DEFINED", "USER_DEFINED", "WORK")
LONGEST = 65_536


class Portal:
    """Records and rules."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.task_key: str | None = "expansion_key"  # None: the portal has no such property
        self.task_key_unique = True
        self.deal_key: str = "expansion_key"
        self.lag = 0.0  # seconds until search shows a new record
        self.rules: dict[str, str] = {}  # a word in the subject -> the validation rule's message
        self.clock: Callable[[], float] = time.monotonic
        self._seen_at: dict[str, float] = {}
        self._indexes: dict[tuple[str, str], Index] = {}

    # --- properties ---

    def properties(self, kind: str) -> dict[str, Any]:
        custom = self.state.get("hubspot.custom", kind) or {}
        every = STANDARD[kind] | {
            name: tuple(what) if isinstance(what, list) else what for name, what in custom.items()
        }
        key = self.key_of(kind)
        return every | ({key: "string"} if key else {})

    def key_of(self, kind: str) -> str | None:
        """The property for our key."""
        return self.deal_key if kind == "deals" else self.task_key if kind == "tasks" else None

    def describe(self, kind: str, name: str) -> Record:
        return described(name, self.properties(kind)[name], unique=self.is_unique(kind, name))

    def learn_properties(self, kind: str, records: list[Record], types: Record) -> None:
        """Custom properties are those that the sample's records have; `types` says of what type, where that matters."""
        known = dict(self.state.get("hubspot.custom", kind) or {})
        for record in records:
            for name, value in record.get("properties", {}).items():
                if name not in STANDARD[kind] and (name not in known or value is not None):
                    known[name] = type_of(name, value)
        self.state.put("hubspot.custom", kind, known | types)

    def pipelines(self, kind: str) -> list[Record]:
        """Those that every portal has, and what a sample gave."""
        return EVERY[kind] + ((self.state.get("hubspot.pipelines", kind) or {}).get("more") or [])

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
        if kind == "tasks":
            return name == self.task_key and self.task_key_unique
        return (kind, name) in (("deals", self.deal_key), ("contacts", "email"))

    def create(self, kind: str, given: Record, associations: Any, trace: str | None) -> Record:
        companies, primary = self._companies(kind, associations)
        self._refuse(kind, given, new=True)
        number = str(50_000_000_000 + self.state.next_id("hubspot.tasks"))
        made = now()
        standard = {"hs_task_status": "NOT_STARTED", "hs_task_priority": "NONE", "hs_task_type": "TODO"}
        properties = (standard if kind == "tasks" else {}) | kept(given)
        properties |= {"hs_object_id": number, "createdate": made, "hs_lastmodifieddate": made}
        record: Record = {"id": number, "properties": properties, "createdAt": made, "updatedAt": made}
        record |= {"companies": companies, "primary": primary}
        self.put(kind, record)
        self._seen_at[number] = self.clock()
        self.state.applied("hubspot", f"create_{ONE[kind]}", given.get(self.key_of(kind) or "") or trace or "")
        return record

    def update(self, kind: str, record_id: str, given: Record) -> Record:
        record = self.get(kind, record_id)
        if record is None:
            raise Invalid("OBJECT_NOT_FOUND", "resource not found", "OBJECT_NOT_FOUND", ids=[record_id])
        self.refuse_properties(kind, given)
        made = now()
        properties = record["properties"] | kept(given) | {"hs_lastmodifieddate": made}
        record = record | {"properties": properties, "updatedAt": made}
        self.put(kind, record)
        self.state.applied("hubspot", f"update_{kind}", record_id)
        return record

    def remove(self, kind: str, record_id: str) -> None:
        """Into the recycle bin: reads do not show it any more."""
        self.state.delete(f"hubspot.{kind}", record_id)

    def merge_companies(self, primary: str, other: str) -> str:
        """One company of two, under a number of its own: neither of the two is there any more. The primary's values are
        kept, and of the others those that it has not."""
        first, second = self.get("companies", primary), self.get("companies", other)
        assert first is not None and second is not None, "both are there"
        number, made = str(70_000_000_000 + self.state.next_id("hubspot.companies")), now()
        were = [str(one["properties"].get("hs_merged_object_ids") or "") for one in (first, second)]
        ids = [primary, other, *(each for said in were for each in said.split(";") if each)]
        filled = {name: value for name, value in first["properties"].items() if value not in (None, "")}
        properties = second["properties"] | filled | {"hs_object_id": number, "hs_lastmodifieddate": made}
        properties["hs_merged_object_ids"] = ";".join(ids)
        for one in (primary, other):
            self.remove("companies", one)
        self.put("companies", first | {"id": number, "properties": properties, "updatedAt": made})
        return number

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

    def _companies(self, kind: str, associations: Any) -> tuple[list[str], str | None]:
        """The companies that a new record is to stand on, and its primary one. Refused where a type is none of its
        kind and a company."""
        if not isinstance(associations, list):
            raise Invalid("INVALID_JSON", "Invalid input JSON: associations is not a list")
        found: dict[str, bool] = {}
        for one in associations:
            to = one.get("to") if isinstance(one, dict) else None
            types = one.get("types") if isinstance(one, dict) else None
            if not isinstance(to, dict) or "id" not in to or not isinstance(types, list) or not types:
                raise Invalid("INVALID_JSON", "Invalid input JSON: Some required fields were not set: [to, types]")
            numbers = [self._type(kind, each if isinstance(each, dict) else {}) for each in types]
            found[str(to["id"])] = kind != "tasks" and TYPES[kind][1] in numbers
        gone = [company for company in found if self.get("companies", company) is None]
        if gone:
            ids = [f"COMPANY={company} is not valid" for company in gone]
            raise NotAssociated("", "One or more associations are invalid", INVALID_OBJECT_IDS=ids)
        return [*found], next((company for company, primary in found.items() if primary), None)

    def _type(self, kind: str, given: Record) -> int:
        category, number = given.get("associationCategory"), given.get("associationTypeId")
        if category not in CATEGORIES:
            raise Invalid("INVALID_JSON", f"Invalid input JSON: associationCategory is none of {list(CATEGORIES)}")
        if category != "HUBSPOT_DEFINED" or number not in TYPES[kind]:
            raise NotAssociated("", f"invalid association type {category} {number} from {kind} to object type 0-2")
        return int(number)

    def _refuse(self, kind: str, given: Record, new: bool) -> None:
        self.refuse_properties(kind, given)
        if new and (missing := [name for name in _REQUIRED[kind] if not given.get(name)]):
            raise Invalid("REQUIRED_FIELD", f"Some required properties were not set: {', '.join(missing)}")
        for word, message in self.rules.items():
            if word in str(given.get("hs_task_subject") or given.get("dealname") or ""):
                raise Invalid("INVALID_PROPERTY_VALUE", message)
        if kind == "deals":
            self._refuse_stage(given)
        key, name = given.get(self.key_of(kind) or ""), str(self.key_of(kind))
        if new and key and self.is_unique(kind, name) and self.by_property(kind, name, key):
            raise Invalid("CONFLICTING_UNIQUE_VALUE", f"{name} already has that value", "CONFLICT")

    def _refuse_stage(self, given: Record) -> None:
        """A stage is one of its pipeline's, which is the first one where none is named."""
        named = given.get("pipeline") or EVERY["deals"][0]["id"]
        known = [stage["id"] for one in self.pipelines("deals") if one["id"] == named for stage in one["stages"]]
        if given["dealstage"] not in known:
            text = f"{given['dealstage']} is not a valid pipeline stage ID for pipeline {named}"
            raise Invalid("INVALID_OPTION", text)

    def refuse_properties(self, kind: str, given: Any) -> None:
        if not isinstance(given, dict):
            raise Invalid("INVALID_JSON", "Invalid input JSON: properties is not an object")
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
        if value:
            refuse_type(name, what, value)
        if what == "owner" and value and not self._active_owner(value):
            raise Invalid("INVALID_OWNER", f"{name}: owner {value} does not exist")
        if len(value) > LONGEST:
            raise Invalid("INVALID_LENGTH", f"{name} is longer than {LONGEST} characters")

    def _active_owner(self, owner_id: str) -> bool:
        owner = self.get("owners", owner_id)
        return bool(owner and not owner["archived"])


def public(record: Record, kind: str, properties: Any = None) -> Record:
    """A record as replies hold it: the properties asked for, or a few defaults, besides those always there."""
    shown, asked = record["properties"], properties if properties is not None else DEFAULTS[kind]
    wanted = {*map(str, asked), "hs_object_id", "createdate", "hs_lastmodifieddate"}
    return written(record) | {"properties": {n: shown.get(n) for n in sorted(wanted) if n in shown or n in asked}}


def written(record: Record) -> Record:
    """A record as the reply to a write holds it: with all that it has."""
    made = {"id": record["id"], "properties": record["properties"], "archived": False}
    return made | {"createdAt": record["createdAt"], "updatedAt": record["updatedAt"]}


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
