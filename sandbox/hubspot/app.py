"""HubSpot's CRM API with dated paths, as far as the integration uses it.

Shapes after developers.hubspot.com (2026-03) and recorded exchanges. It is never kinder than HubSpot: search lags and
lists results in its own order, unknown properties are left out of a list without a word and refused in a write, and a
batch fails as a whole unless every input has a trace id.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from random import Random
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.hubspot import associations
from sandbox.hubspot.answers import ANSWERS
from sandbox.hubspot.inbox import every, item, page, record_page
from sandbox.hubspot.limits import Limits
from sandbox.hubspot.lists import Lists
from sandbox.hubspot.lists import shown as list_shown
from sandbox.hubspot.pipelines import EVERY, shown
from sandbox.hubspot.portal import ONE, Portal, Record, now, public, written
from sandbox.hubspot.refusals import Invalid, error, missing, unreadable
from sandbox.hubspot.sample import part as sample_part
from sandbox.hubspot.search import check_search, found_by, number_of
from sandbox.hubspot.sequences import Sequences
from sandbox.kit.guard import Call, Said, guarded
from sandbox.kit.pages import page as page_of
from sandbox.kit.stand_in import InboxItem, StandIn
from sandbox.kit.state import State
from sandbox.sample import Account

TOKEN = "stand-in-token"
PORTAL_ID = 4711
VERSIONS = ("2026-03", "2026-09")
MOST_INPUTS = 100
COMPANY_CURRENCY = "USD"
# What a path is about, and the scopes for reading and writing it; the first that stands in a path counts.
SCOPES = {
    "tasks": ("crm.objects.contacts.read", "crm.objects.contacts.write"),
    "lists": ("crm.lists.read", "crm.lists.write"),
    "sequences": ("automation.sequences.read", "automation.sequences.enrollments.write"),
    "deals": ("crm.objects.deals.read", "crm.objects.deals.write"),
    "tickets": ("tickets", "tickets"),
    "contacts": ("crm.objects.contacts.read", "crm.objects.contacts.write"),
    "companies": ("crm.objects.companies.read", "crm.objects.companies.write"),
    "owners": ("crm.objects.owners.read", ""),
}
KINDS = ("tasks", "companies", "deals", "tickets", "contacts")

_MADE = "2024-01-01T00:00:00.000Z"


class HubSpot(StandIn):
    """`limits`, `portal` and `scopes` may be set by a test."""

    name = "hubspot"
    title = "HubSpot"
    answers = ANSWERS
    credentials: ClassVar = {"HUBSPOT_TOKEN": TOKEN}
    more_settings: ClassVar = {"HUBSPOT_FALLBACK_OWNER": "revops@acme.example"}
    colour = "#ef6b4a"

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.portal, self.limits = Portal(state), Limits()
        self.lists, self.sequences = Lists(self.portal), Sequences(self.portal)
        self.token, self.currency = self.credentials["HUBSPOT_TOKEN"], COMPANY_CURRENCY
        self.scopes = {scope for pair in SCOPES.values() for scope in pair if scope}
        self.associations_page = 500  # of one record

    @classmethod
    def sample(cls, customers: Sequence[Account], as_of: datetime, chance: Random) -> dict[str, Any]:
        return sample_part(customers)

    def load(self, sample: dict[str, Any]) -> None:
        part = sample.get("hubspot", {})
        for owner in part.get("owners", []):
            if self.portal.get("owners", str(owner["id"])) is None:
                defaults = {"type": "PERSON", "archived": False, "userId": int(owner["id"]) + 1}
                defaults |= {"createdAt": _MADE, "updatedAt": _MADE}
                self.portal.put("owners", defaults | owner | {"id": str(owner["id"])})
        companies = part.get("companies", [])
        types = part.get("types", {})
        self.portal.learn_properties("companies", companies, types.get("companies", {}))
        self.portal.learn_properties("tasks", [], types.get("tasks", {}))
        self.currency = part.get("currency", self.currency)
        for company in companies:
            if self.portal.get("companies", str(company["id"])) is None:
                self.portal.put("companies", _record(company))
        for kind, pipelines in part.get("pipelines", {}).items():
            self.state.put("hubspot.pipelines", kind, {"more": pipelines})
        self.lists.load(part.get("lists", []))
        self.sequences.load(part.get("sequences", []))
        for kind in ("deals", "tickets", "contacts"):
            self.portal.learn_properties(kind, part.get(kind, []), types.get(kind, {}))
            for one in part.get(kind, []):
                if self.portal.get(kind, str(one["id"])) is None:
                    self.portal.put(kind, _record(one) | _standing(one))

    def routes(self) -> list[BaseRoute]:
        objects = "/crm/objects/{version}"
        table: list[tuple[str, str, str, Call]] = [
            ("GET", f"{objects}/{{kind}}", "read", self._list),
            ("GET", f"{objects}/{{kind}}/{{id}}", "read", self._get),
            ("POST", f"{objects}/{{kind}}/batch/create", "write", self._batch_create),
            ("POST", f"{objects}/tasks/batch/upsert", "write", self._batch_upsert),
            ("POST", f"{objects}/{{kind}}/batch/read", "read", self._batch_read),
            ("POST", f"{objects}/{{kind}}/batch/update", "write", self._batch_update),
            ("POST", f"{objects}/{{kind}}/search", "read", self._search),
            ("PUT", f"{objects}/tasks/{{id}}/associations/default/companies/{{company}}", "write", self._associate),
            (
                "POST",
                "/crm/associations/{version}/tasks/companies/batch/associate/default",
                "write",
                self._associate_all,
            ),
            ("POST", "/crm/associations/{version}/{kind}/companies/batch/read", "read", self._companies_of),
            ("GET", "/crm/pipelines/{version}/{kind}", "read", self._pipelines),
            ("GET", "/crm/lists/{version}/object-type-id/{type}/name/{name}", "read", self._list_by_name),
            ("GET", "/crm/lists/{version}/records/{type}/{id}/memberships", "read", self._lists_of),
            ("GET", "/crm/lists/{version}/{id}", "read", self._list_by_id),
            ("PUT", "/crm/lists/{version}/{id}/memberships/{how}", "write", self._change_list),
            ("GET", "/automation/sequences/{version}", "read", self._list_sequences),
            ("POST", "/automation/sequences/{version}/enrollments", "write", self._enrol),
            ("GET", "/automation/sequences/{version}/enrollments/contact/{id}", "read", self._enrolment),
            ("GET", "/crm/owners/{version}", "read", self._owners),
            ("GET", "/crm/properties/{version}/{kind}", "read", self._properties),
            ("GET", "/crm/properties/{version}/{kind}/{property}", "read", self._property),
            ("GET", "/account-info/{version}/details", "", self._details),
            ("POST", "/oauth/v2/private-apps/get/access-token-info", "", self._token_info),
        ]
        api = [(method, path, self._with_scope(right, call)) for method, path, right, call in table]
        pages: list[BaseRoute] = [
            Route("/contacts/{portal}/record/0-27/{id}", self._page),
            Route("/contacts/{portal}/record/{type}/{id}", self._record_page),
        ]
        return [*guarded(api, self._admit, self._sign), *pages]

    # --- who may ask, and how often ---

    def _admit(self, request: Request) -> None:
        if request.headers.get("authorization") != f"Bearer {self.token}":
            text = "Authentication credentials not found. This API supports OAuth 2.0 authentication."
            raise Said(error(401, "INVALID_AUTHENTICATION", text))
        if request.path_params.get("version", VERSIONS[0]) not in VERSIONS:
            raise Said(error(404, "OBJECT_NOT_FOUND", "resource not found"))
        if refused := self.limits.refuse(_is_search(request)):
            raise Said(refused)

    def _sign(self, request: Request, reply: Response) -> None:
        if not _is_search(request) and reply.status_code != 429:
            reply.headers.update(self.limits.headers())

    def _with_scope(self, right: str, call: Call) -> Call:
        async def answer(request: Request) -> Response:
            if lacks := self._missing_scope(request.url.path, right):
                raise Said(missing(lacks))
            return await call(request)

        return answer

    def _missing_scope(self, path: str, right: str) -> str | None:
        kind = next((kind for kind in SCOPES if f"/{kind}" in path), None)
        if kind is None or not right:
            return None
        scope = SCOPES[kind][right == "write"]
        return None if scope in self.scopes else scope

    # --- reading ---

    async def _list(self, request: Request) -> Response:
        kind, query = _kind(request), request.query_params
        limit, after = number_of(query.get("limit", "10"), "limit"), number_of(query.get("after", "0"), "after")
        if limit > MOST_INPUTS:
            raise Invalid("INVALID_LIMIT", f"limit must be at most {MOST_INPUTS}")
        # The recycle bin is empty here: what is deleted is gone.
        rows = [] if query.get("archived") == "true" else self.portal.all(kind)
        wanted = self._known(kind, query.get("properties"))
        return _paged([public(r, kind, wanted) for r in rows], after, limit)

    def _known(self, kind: str, properties: str | None) -> list[str] | None:
        """What is asked for; a list leaves out, without a word, what is no property."""
        wanted = [p for p in (properties or "").split(",") if p]
        return [p for p in wanted if p in self.portal.properties(kind)] if wanted else None

    async def _get(self, request: Request) -> Response:
        kind, query = _kind(request), request.query_params
        name = query.get("idProperty", "hs_object_id")
        if name != "hs_object_id" and not self.portal.is_unique(kind, name):
            return error(400, "VALIDATION_ERROR", f"{name} is a non-unique property")
        record = self.portal.by_property(kind, name, request.path_params["id"])
        if record is None:
            return error(404, "OBJECT_NOT_FOUND", "resource not found")
        return JSONResponse(public(record, kind, self._known(kind, query.get("properties"))))

    async def _batch_read(self, request: Request) -> Response:
        kind, body = _kind(request), await _body(request)
        name = str(body.get("idProperty") or "hs_object_id")
        if name != "hs_object_id" and not self.portal.is_unique(kind, name):
            raise Invalid("INVALID_PROPERTY", f"{name} is a non-unique property")
        asked = [str(one.get("id")) for one in _inputs(body)]
        found = {one: self.portal.by_property(kind, name, one) for one in asked}
        results = [public(r, kind, _names(body, "properties")) for r in found.values() if r]
        missing = [one for one, r in found.items() if r is None]
        errors = [Invalid("", "Could not get some objects", "OBJECT_NOT_FOUND", ids=missing)] if missing else []
        return _batch(results, errors, 200)

    async def _search(self, request: Request) -> Response:
        kind, raw = _kind(request), await request.body()
        asked = check_search(_json(raw), len(raw), self.portal.properties(kind))
        found = found_by(asked, self.portal.searchable(kind))
        results = [public(r, kind, asked.properties) for r in found]
        return _paged(results, asked.after, asked.limit, total=len(found))

    async def _owners(self, request: Request) -> Response:
        query = request.query_params
        limit, after = number_of(query.get("limit", "100"), "limit"), number_of(query.get("after", "0"), "after")
        archived = query.get("archived") == "true"
        email = query.get("email", "").lower()
        found = [o for o in self.portal.all("owners") if o["archived"] == archived]
        return _paged([o for o in found if not email or o["email"].lower() == email], after, limit)

    async def _companies_of(self, request: Request) -> Response:
        kind, body = _kind(request), await _body(request)
        inputs = _inputs(body, associations.MOST_INPUTS)
        read = [
            associations.read(kind, self.portal.get(kind, str(one.get("id"))), one, self.associations_page)
            for one in inputs
        ]
        errors = [error for _, error in read if error]
        reply: Record = {"status": "COMPLETE", "startedAt": now(), "completedAt": now()}
        reply["results"] = [row for row, _ in read if row][::-1]
        if errors:
            reply |= {"numErrors": len(errors), "errors": errors}
        return JSONResponse(reply, 207 if errors else 200)

    async def _pipelines(self, request: Request) -> Response:
        kind = _kind(request)
        if kind not in EVERY:
            raise Invalid("", f"{kind} have no pipelines", "OBJECT_NOT_FOUND")
        return JSONResponse({"results": [shown(one, _MADE) for one in self.portal.pipelines(kind)]})

    async def _list_by_name(self, request: Request) -> Response:
        found = self.lists.by_name(request.path_params["type"], request.path_params["name"])
        return JSONResponse(list_shown(found))

    async def _list_by_id(self, request: Request) -> Response:
        return JSONResponse(list_shown(self.lists.by_id(request.path_params["id"])))

    async def _lists_of(self, request: Request) -> Response:
        return JSONResponse({"results": self.lists.of(request.path_params["type"], request.path_params["id"])})

    async def _change_list(self, request: Request) -> Response:
        how = {"add": self.lists.add, "remove": self.lists.remove}.get(request.path_params["how"])
        if how is None:
            return error(404, "OBJECT_NOT_FOUND", "resource not found")
        return JSONResponse(how(request.path_params["id"], _json(await request.body())))

    async def _list_sequences(self, request: Request) -> Response:
        query = request.query_params
        user = self.sequences.user(query.get("userId"))
        limit, after = number_of(query.get("limit", "10"), "limit"), number_of(query.get("after", "0"), "after")
        shared = [{"userId": str(user["userId"])} | one for one in self.sequences.all()]
        return _paged(shared, after, limit, total=len(shared))

    async def _enrol(self, request: Request) -> Response:
        return JSONResponse(self.sequences.enrol(request.query_params.get("userId"), await _body(request)))

    async def _enrolment(self, request: Request) -> Response:
        return JSONResponse(self.sequences.of(request.path_params["id"]))

    async def _properties(self, request: Request) -> Response:
        kind = _kind(request)
        return JSONResponse({"results": [self.portal.describe(kind, name) for name in self.portal.properties(kind)]})

    async def _property(self, request: Request) -> Response:
        kind, name = _kind(request), request.path_params["property"]
        if name not in self.portal.properties(kind):
            return error(404, "OBJECT_NOT_FOUND", f"Unable to find property {name}")
        return JSONResponse(self.portal.describe(kind, name))

    async def _details(self, request: Request) -> Response:
        details = {"portalId": PORTAL_ID, "accountType": "STANDARD", "timeZone": "US/Eastern"}
        details |= {"companyCurrency": self.currency, "additionalCurrencies": []}
        details |= {"utcOffset": "-05:00", "utcOffsetMilliseconds": -18_000_000}
        return JSONResponse(details | {"uiDomain": "app.hubspot.com", "dataHostingLocation": "na1"})

    async def _token_info(self, request: Request) -> Response:
        """Needs no scope: developers.hubspot.com, "Legacy private apps"; the shape is what several clients read.

        What it says of a token that is none is not documented; a call with such a token does not get here.
        """
        if (await _body(request)).get("tokenKey") != self.token:
            return error(400, "VALIDATION_ERROR", "tokenKey is not a token of a private app")
        info = {"userId": 1, "hubId": PORTAL_ID, "appId": 2, "scopes": sorted(self.scopes)}
        return JSONResponse(info)

    # --- writing ---

    async def _batch_create(self, request: Request) -> Response:
        kind = _kind(request)
        if kind not in ONE:
            raise Invalid("", f"{kind} are not made here", "OBJECT_NOT_FOUND")

        def create(one: Record) -> Record:
            associations, trace = one.get("associations") or [], one.get("objectWriteTraceId")
            return written(self.portal.create(kind, one.get("properties", {}), associations, trace))

        return self._each(kind, _inputs(await _body(request)), create, 201)

    async def _batch_upsert(self, request: Request) -> Response:
        inputs = _inputs(await _body(request))
        _refuse_twins(inputs)

        def upsert(one: Record) -> Record:
            name, key = str(one.get("idProperty")), str(one.get("id") or "")
            if not self.portal.is_unique("tasks", name):
                raise Invalid("INVALID_PROPERTY", f"{name} is a non-unique property")
            there = self.portal.by_property("tasks", name, key)
            if there:
                return written(self.portal.update("tasks", there["id"], one.get("properties", {}))) | {"new": False}
            given = one.get("properties", {}) | {name: key}
            return written(self.portal.create("tasks", given, [], None)) | {"new": True}

        return self._each("tasks", inputs, upsert, 200)

    async def _batch_update(self, request: Request) -> Response:
        kind, inputs = _kind(request), _inputs(await _body(request))
        _refuse_twins(inputs)
        return self._each(
            kind,
            inputs,
            lambda one: written(self.portal.update(kind, str(one.get("id")), one.get("properties", {}))),
            200,
        )

    def _each(self, kind: str, inputs: list[Record], write: Callable[[Record], Record], status: int) -> Response:
        """All or nothing, unless every input has a trace id: then each for itself, and 207 if some failed."""
        if not all(one.get("objectWriteTraceId") for one in inputs):
            with self.state.all_or_nothing(f"hubspot.{kind}", "_applied"):
                return _batch([write(one) for one in inputs][::-1], [], status)
        results, errors = [], []
        for one in inputs:
            trace = one["objectWriteTraceId"]
            try:
                results.append(write(one) | {"objectWriteTraceId": trace})
            except Invalid as error:
                error.context["objectWriteTraceId"] = [trace]
                errors.append(error)
        return _batch(list(reversed(results)), errors, status)

    async def _associate(self, request: Request) -> Response:
        self.portal.associate(request.path_params["id"], request.path_params["company"])
        return _batch([], [], 200)

    async def _associate_all(self, request: Request) -> Response:
        results, errors = [], []
        for one in _inputs(await _body(request)):
            if not isinstance(one.get("from"), dict) or not isinstance(one.get("to"), dict):
                raise Invalid("INVALID_JSON", "Invalid input JSON: Some required fields were not set: [from, to]")
            try:
                self.portal.associate(str(one["from"].get("id")), str(one["to"].get("id")))
                results.append({"from": one["from"], "to": one["to"], "associationSpec": {"associationTypeId": 192}})
            except Invalid as error:
                errors.append(error)
        return _batch(results, errors, 200)

    # --- what people see ---

    def inbox(self) -> list[InboxItem]:
        return every(self.portal, self.lists.all(), dict(self.sequences.items()))

    async def _page(self, request: Request) -> Response:
        """Where the links of tasks lead."""
        task = self.portal.get("tasks", request.path_params["id"])
        if task is None:
            return HTMLResponse("<p>This record does not exist</p>", 404)
        return HTMLResponse(page(item(self.portal, task)))

    async def _record_page(self, request: Request) -> Response:
        """Where the links of companies, contacts and deals lead."""
        kind = {"0-1": "contacts", "0-2": "companies", "0-3": "deals"}.get(request.path_params["type"], "")
        record = self.portal.get(kind, request.path_params["id"])
        return HTMLResponse(record_page(record) if record else "<p>This record does not exist</p>")


def _record(given: Record) -> Record:
    """A record of a sample; when it was made may stand in it."""
    properties = {k: None if v is None else _as_text(v) for k, v in given.get("properties", {}).items()}
    made = properties.get("createdate") or _MADE
    changed = properties.get("hs_lastmodifieddate") or made
    properties |= {"hs_object_id": str(given["id"]), "createdate": made, "hs_lastmodifieddate": changed}
    return {"id": str(given["id"]), "properties": properties, "createdAt": made, "updatedAt": changed}


def _standing(given: Record) -> Record:
    """On which companies a deal or a ticket of a sample stands."""
    primary = given.get("primary")
    companies = [str(one) for one in given.get("companies", [])]
    return {"companies": companies, "primary": None if primary is None else str(primary)}


def _as_text(value: Any) -> str:
    """HubSpot keeps every value as text."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _is_search(request: Request) -> bool:
    return request.url.path.endswith("/search")


def _kind(request: Request) -> str:
    kind = str(request.path_params["kind"])
    if kind not in KINDS:
        raise Invalid("", f"Unable to infer object type from: {kind}", "OBJECT_NOT_FOUND")
    return kind


def _inputs(body: Any, most: int = MOST_INPUTS) -> list[Record]:
    inputs = body.get("inputs") if isinstance(body, dict) else None
    if not isinstance(inputs, list) or not inputs:
        raise Invalid("INVALID_JSON", "Invalid input JSON: inputs is missing")
    if len(inputs) > most:
        raise Invalid("INVALID_LIMIT", f"The maximum number of inputs supported in a batch request is {most}")
    if not all(isinstance(one, dict) and isinstance(one.get("properties", {}), dict) for one in inputs):
        raise Invalid("INVALID_JSON", "Invalid input JSON: an input is not an object")
    return inputs


def _names(body: Record, what: str) -> list[str] | None:
    named = body.get(what)
    if named is not None and not isinstance(named, list):
        raise Invalid("INVALID_JSON", f"Invalid input JSON: {what} is not a list")
    return named


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:  # also of bytes that are no text
        raise Said(unreadable()) from None


async def _body(request: Request) -> Record:
    found = _json(await request.body())
    if not isinstance(found, dict):
        raise Invalid("INVALID_JSON", "Invalid input JSON: it is not an object")
    return found


def _refuse_twins(inputs: list[Record]) -> None:
    ids = [str(one.get("id")) for one in inputs]
    if twice := sorted({i for i in ids if ids.count(i) > 1}):
        raise Invalid("DUPLICATE_ID", f"Duplicate IDs found in batch input: {twice}")


def _paged(results: list[Record], after: int, limit: int, total: int | None = None) -> Response:
    part = page_of(results, after, limit)
    body: Record = {"results": part.items}
    if total is not None:
        body["total"] = total
    if part.next:
        body["paging"] = {"next": {"after": str(part.next), "link": f"?after={part.next}"}}
    return JSONResponse(body)


def _batch(results: list[Record], errors: list[Invalid], status: int) -> Response:
    body: Record = {"status": "COMPLETE", "results": results, "startedAt": now(), "completedAt": now()}
    if errors:
        body |= {"numErrors": len(errors), "errors": [error.body() for error in errors]}
    return JSONResponse(body, 207 if errors else status)
