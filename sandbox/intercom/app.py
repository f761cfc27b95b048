"""A stand-in of Intercom's REST API, as of 2.15: contacts, companies, tags, attributes and events of one workspace.

There is no call that enrols anyone in a Series, here as there. A contact becomes eligible when it matches the entry
rule of a Series; the inbox shows by what. The sample may name the series: `{"name": …, "tag": …}`, or `attribute` or
`event` in place of `tag`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from random import Random
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.intercom import conversations as conversations
from sandbox.intercom import shapes as shapes
from sandbox.intercom.answers import ANSWERS
from sandbox.intercom.attributes import TYPES, WRITABLE, fits
from sandbox.intercom.inbox import item
from sandbox.intercom.refusals import Problem, no_such
from sandbox.intercom.sample import part as sample_part
from sandbox.intercom.search import matches
from sandbox.kit.guard import Call, guarded
from sandbox.kit.inbox import anchor
from sandbox.kit.stand_in import InboxItem, StandIn
from sandbox.kit.state import State
from sandbox.kit.window import Window
from sandbox.sample import Account

Doc = dict[str, Any]

_VERSIONS = (*(f"1.{n}" for n in range(5)), *(f"2.{n}" for n in range(18)))
_APP_VERSION = "1.4"  # what the app is set to, where a request names no version: too old for contacts
_WINDOW = 10  # seconds; a minute's limit is spread over six of them
_SEARCH_LAG = 60  # seconds until a contact made through the API can be searched; Intercom says "a few minutes"


class Intercom(StandIn):
    """`per_window` is the limit of each ten seconds; `may` is taken away from to see a 403."""

    name = "intercom"
    title = "Intercom"
    answers = ANSWERS
    credentials: ClassVar = {"INTERCOM_ACCESS_TOKEN": "stand-in-token"}  # any
    colour = "#2f6df6"
    groups_people = True

    def __init__(self, state: State, now: Callable[[], float] = time.time) -> None:
        super().__init__(state)
        self.per_window = 1667  # 10,000 a minute
        self.revoked = False
        self.may = {"contacts", "tags", "events", "companies", "data_attributes", "me", "conversations"}
        self._now = now
        self._window = Window(_WINDOW, now, by_clock=True)

    def routes(self) -> list[BaseRoute]:
        table: list[tuple[str, str, Callable[[Request, Doc], Any]]] = [
            ("GET", "/me", self._me),
            ("GET", "/contacts", self._list_contacts),
            ("POST", "/contacts", self._create_contact),
            ("POST", "/contacts/search", self._search),
            ("GET", "/contacts/find_by_external_id/{external_id}", self._by_external_id),
            ("GET", "/contacts/{id}", lambda r, _: shapes.contact(self._contact(r))),
            ("PUT", "/contacts/{id}", self._update_contact),
            ("GET", "/contacts/{id}/tags", self._tags_of),
            ("POST", "/contacts/{id}/tags", self._tag_contact),
            ("DELETE", "/contacts/{id}/tags/{tag_id}", self._untag_contact),
            ("POST", "/contacts/{id}/companies", self._attach_company),
            ("GET", "/tags", lambda r, _: {"type": "list", "data": [shapes.tag(t) for t in self._all("tags")]}),
            ("POST", "/tags", self._create_tag),
            ("POST", "/events", self._event),
            ("GET", "/companies", self._companies),
            ("POST", "/companies", lambda r, body: self._shown_company(self._set_company(body))),
            ("GET", "/companies/{id}", lambda r, _: self._shown_company(self._company(r.path_params["id"]))),
            ("GET", "/companies/{id}/contacts", self._contacts_of),
            ("GET", "/conversations", self._conversations),
            ("POST", "/conversations/search", self._search_conversations),
            ("GET", "/data_attributes", self._attributes),
            ("POST", "/data_attributes", self._create_attribute),
        ]
        api = [(method, path, self._answer(run)) for method, path, run in table]
        pages = [Route("/a/apps/{app}/users/{id}/{rest:path}", self._open), self._page()]
        return [*guarded(api, self._admit, self._sign), *pages]

    @classmethod
    def sample(cls, customers: Sequence[Account], as_of: datetime, chance: Random) -> Doc:
        return sample_part(customers)

    def load(self, sample: Doc) -> None:
        part = sample.get("intercom", {})
        names = {one["id"]: one["name"] for one in sample.get("accounts", []) if "id" in one and "name" in one}
        for company in part.get("companies", []):
            self._upsert_company(company)
        for contact in part.get("contacts", []):
            self._load_contact(contact, names)
        for model in ("attributes", "company_attributes"):
            for attribute in part.get(model, []):
                known = {"name": attribute} if isinstance(attribute, str) else attribute
                self.state.put(f"intercom.{model}", known["name"], {"data_type": "string", **known})
        for conversation in part.get("conversations", []):
            self.state.put("intercom.conversations", conversation["id"], conversation)
        for series in part.get("series", []):
            self.state.put("intercom.series", series["name"], series)

    def inbox(self) -> list[InboxItem]:
        return [item(self.state, entry) for entry in self._all("made_eligible")]

    # --- every request ------------------------------------------------------------------------------------------------

    def _answer(self, run: Callable[[Request, Doc], Any]) -> Call:
        async def answer(request: Request) -> Response:
            found = run(request, await _body(request))
            return found if isinstance(found, Response) else JSONResponse(found)

        return answer

    def _admit(self, request: Request) -> None:
        self._allow(request)
        request.state.paced = True  # strangers are told nothing of the limit
        if self._window.count() > self.per_window:
            raise Problem(429, "rate_limit_exceeded", f"Exceeded rate limit of {self.per_window} in 10_seconds")

    def _sign(self, request: Request, reply: Response) -> None:
        """A 429 has no Retry-After: only the reset says when."""
        if hasattr(request.state, "paced"):
            reply.headers["X-RateLimit-Limit"] = str(self.per_window)
            reply.headers["X-RateLimit-Remaining"] = str(max(0, self.per_window - self._window.used))
            reply.headers["X-RateLimit-Reset"] = str(int(self._window.ends))

    def _allow(self, request: Request) -> None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not token or self.revoked:
            raise Problem(401, "unauthorized", "Access Token Invalid")
        version = request.headers.get("intercom-version", _APP_VERSION)
        if version not in _VERSIONS or not version.startswith("2."):
            raise Problem(400, "intercom_version_invalid", "Requested resource is not available in current API version")
        parts = request.url.path.strip("/").split("/")
        needed = "tags" if "tags" in parts else parts[1]
        if needed not in self.may:
            raise Problem(403, "forbidden", f"The token is not authorized for {needed}")

    def _me(self, request: Request, _: Doc) -> Doc:
        app = {"type": "app", "id_code": shapes.WORKSPACE, "name": "Sandbox", "region": "US", "timezone": "UTC"}
        return {"type": "admin", "id": "1", "name": "Expansion", "email_verified": True, "app": app}

    # --- contacts -----------------------------------------------------------------------------------------------------

    def _list_contacts(self, request: Request, _: Doc) -> Doc:
        return _paged([shapes.contact(c) for c in self._all("contacts")], dict(request.query_params))

    def _create_contact(self, request: Request, body: Doc) -> Doc:
        if not body.keys() & {"email", "external_id", "role"}:
            raise Problem(400, "parameter_not_found", "one of email, external_id or role is needed")
        role = body.get("role", "user")
        for known in self._all("contacts"):
            same = body.get("external_id") and known["external_id"] == body["external_id"]
            # Users are unique by e-mail too; leads are not.
            same = same or (role == "user" == known["role"] and body.get("email") and known["email"] == body["email"])
            if same:
                message = f"A contact matching those details already exists with id={known['id']}"
                raise Problem(409, "conflict", message)
        return shapes.contact(self._new_contact({"role": role, **body}, int(self._now()) + _SEARCH_LAG))

    def _update_contact(self, request: Request, body: Doc) -> Doc:
        contact = self._contact(request)
        attributes = body.get("custom_attributes") or {}
        for name, value in attributes.items():
            known = self.state.get("intercom.attributes", name)
            if known is None:
                raise Problem(400, "parameter_invalid", f"Custom attribute '{name}' does not exist", name)
            if not fits(value, known["data_type"]):
                raise Problem(400, "parameter_invalid", f"{name} must be of type {known['data_type']}", name)
        plain: Doc = {n: body[n] for n in WRITABLE if n in body}
        changed = {n: v for n, v in attributes.items() if contact["custom_attributes"].get(n) != v}
        contact = {**contact, **plain, "custom_attributes": {**contact["custom_attributes"], **changed}}
        self._save(contact)
        for name, value in changed.items():
            self._made_eligible(contact, "attribute", f"{name}={value}")
        return shapes.contact(contact)

    def _by_external_id(self, request: Request, _: Doc) -> Doc:
        for contact in self._all("contacts"):
            if contact["external_id"] == request.path_params["external_id"]:
                return shapes.contact(contact)
        raise no_such()

    def _search(self, request: Request, body: Doc) -> Doc:
        visible = [c for c in self._all("contacts") if c["searchable_at"] <= self._now()]
        types = {one["name"]: one["data_type"] for one in self._all("attributes")}
        found = [shapes.contact(c) for c in visible if matches(body.get("query"), c, types)]
        return _paged(found, body.get("pagination") or {})

    def _contact(self, request: Request) -> Doc:
        contact = self.state.get("intercom.contacts", request.path_params["id"])
        if contact is None:
            raise no_such()
        return contact

    def _new_contact(self, body: Doc, searchable_at: int) -> Doc:
        at = int(self._now())
        contact = {
            "id": f"67{self.state.next_id('intercom.contacts'):022x}",
            "external_id": body.get("external_id"),
            "email": body.get("email"),
            "name": body.get("name"),
            "role": body.get("role", "user"),
            **{name: body.get(name) for name in WRITABLE if name not in ("email", "name", "external_id")},
            "unsubscribed_from_emails": bool(body.get("unsubscribed_from_emails")),
            "custom_attributes": {},
            "tags": [],
            "companies": [],
            "created_at": at,
            "updated_at": at,
            "searchable_at": searchable_at,
        }
        self.state.put("intercom.contacts", contact["id"], contact)
        return contact

    def _load_contact(self, sample: Doc, names: dict[str, str]) -> None:
        known = [c for c in self._all("contacts") if c["external_id"] == sample["external_id"]]
        contact = known[0] if known else self._new_contact(sample, 0)
        for ours in sample.get("companies", []):
            has = self._ours(ours)
            company = has or self._upsert_company({"company_id": ours, "name": names.get(ours, ours)})
            if company["id"] not in contact["companies"]:
                contact = {**contact, "companies": [*contact["companies"], company["id"]]}
        if not known or contact != known[0]:
            self.state.put("intercom.contacts", contact["id"], contact)

    # --- tags ---------------------------------------------------------------------------------------------------------

    def _create_tag(self, request: Request, body: Doc) -> Doc:
        """Creates the tag or gives the one of that name; with `users`, tags them."""
        if not isinstance(body.get("name"), str) or not body["name"].strip():
            raise Problem(400, "parameter_invalid", "invalid tag parameters")
        named = [tag for tag in self._all("tags") if tag["name"].lower() == body["name"].lower()]
        tag = named[0] if named else {"id": str(4_900_000 + self.state.next_id("intercom.tags")), "name": body["name"]}
        if "companies" in body:
            raise Problem(400, "not_supported", "the stand-in does not tag companies")
        contacts = [self.state.get("intercom.contacts", str(user.get("id"))) for user in body.get("users", [])]
        if None in contacts:
            raise no_such()
        self.state.put("intercom.tags", tag["id"], tag)
        for contact in filter(None, contacts):
            self._tag(contact, tag)
        return shapes.tag(tag)

    def _tag_contact(self, request: Request, body: Doc) -> Doc:
        contact, tag = self._contact(request), self.state.get("intercom.tags", str(body.get("id")))
        if tag is None:
            raise no_such("Resource")
        self._tag(contact, tag)
        return {**shapes.tag(tag), "applied_at": int(self._now()), "applied_by": {"type": "admin", "id": "1"}}

    def _tag(self, contact: Doc, tag: Doc) -> None:
        if tag["id"] in contact["tags"]:
            return
        self._save({**contact, "tags": [*contact["tags"], tag["id"]]})
        self._made_eligible(contact, "tag", tag["name"])

    def _untag_contact(self, request: Request, _: Doc) -> Doc:
        contact, tag = self._contact(request), self.state.get("intercom.tags", request.path_params["tag_id"])
        if tag is None or tag["id"] not in contact["tags"]:
            raise no_such("Resource")
        self._save({**contact, "tags": [one for one in contact["tags"] if one != tag["id"]]})
        self.state.applied("intercom", "untag", contact["external_id"] or contact["id"])
        return shapes.tag(tag)

    def _tags_of(self, request: Request, _: Doc) -> Doc:
        tags = filter(None, (self.state.get("intercom.tags", one) for one in self._contact(request)["tags"]))
        return {"type": "list", "data": [shapes.tag(tag) for tag in tags]}

    # --- events -------------------------------------------------------------------------------------------------------

    def _event(self, request: Request, body: Doc) -> Response:
        name, at = body.get("event_name"), body.get("created_at")
        if not isinstance(name, str) or not isinstance(at, int) or isinstance(at, bool):
            raise Problem(400, "parameter_invalid", "event_name and created_at are needed", "created_at")
        metadata = body.get("metadata") or {}
        if any(isinstance(value, list) for value in metadata.values()):
            raise Problem(400, "parameter_invalid", "metadata must be flat", "metadata")
        contact = self._named(body)
        # The contact, the name and the time make an event; a second one with other metadata is the same event.
        key = f"{contact['external_id'] or contact['id']}|{name}|{at}"
        if self.state.get("intercom.events", key) is None:
            kept = dict(list(metadata.items())[:10])  # further keys are ignored
            self.state.put("intercom.events", key, {"name": name, "created_at": at, "metadata": kept})
            self._made_eligible(contact, "event", name, at, kept)
        return Response(status_code=202)

    def _named(self, body: Doc) -> Doc:
        for ours, theirs in (("id", "id"), ("user_id", "external_id"), ("email", "email")):
            for contact in self._all("contacts"):
                if body.get(ours) and contact[theirs] == body[ours]:
                    return contact
        raise no_such()

    # --- companies and attributes -------------------------------------------------------------------------------------

    def _upsert_company(self, body: Doc) -> Doc:
        if not body.get("company_id"):
            raise Problem(400, "bad_request", "bad 'company_id' parameter")
        known = self._ours(body["company_id"])
        company = known or {
            "id": f"65{self.state.next_id('intercom.companies'):022x}",
            "company_id": body["company_id"],
            "created_at": int(self._now()),
        }
        company = {"name": body["company_id"], **company, **({"name": body["name"]} if body.get("name") else {})}
        self.state.put("intercom.companies", company["id"], company)
        return company

    def _set_company(self, body: Doc) -> Doc:
        """Made or changed by our id. A type is kept; a name that no attribute has becomes one, as it does there."""
        attributes = body.get("custom_attributes") or {}
        for name, value in attributes.items():
            known = self.state.get("intercom.company_attributes", name)
            if known is not None and not fits(value, known["data_type"]):
                raise Problem(400, "parameter_invalid", f"{name} must be of type {known['data_type']}", name)
        company = self._upsert_company(body)
        company = {**company, "custom_attributes": {**company.get("custom_attributes", {}), **attributes}}
        self.state.put("intercom.companies", company["id"], company)
        for name, value in attributes.items():
            key = f"{company['company_id']}|{name}={value}"
            self.state.applied("intercom", "company", key)
            entry = {
                "by": "company",
                "company": company["id"],
                "value": f"{name}={value}",
                "key": key,
                "at": self._now(),
            }
            self.state.put("intercom.made_eligible", f"company|{key}", {"contact": None, "more": {}, **entry})
        return company

    # --- conversations ------------------------------------------------------------------------------------------------

    def _conversations(self, request: Request, _: Doc) -> Doc:
        return conversations.listed(self._all("conversations"), dict(request.query_params))

    def _search_conversations(self, request: Request, body: Doc) -> Doc:
        found = [one for one in self._all("conversations") if conversations.matches(body.get("query"), one)]
        return conversations.listed(found, body.get("pagination") or {})

    def _company(self, company_id: str) -> Doc:
        company = self.state.get("intercom.companies", company_id)
        if company is None:
            raise Problem(404, "company_not_found", "Company Not Found")
        return company

    def _ours(self, company_id: str) -> Doc | None:
        return next((c for c in self._all("companies") if c["company_id"] == company_id), None)

    def _companies(self, request: Request, _: Doc) -> Doc:
        """One by our id or its name; without either, the list."""
        asked = dict(request.query_params)
        if unknown := sorted({"tag_id", "segment_id"} & asked.keys()):
            raise Problem(400, "not_supported", f"the stand-in does not filter companies by {unknown[0]}")
        if "company_id" in asked:
            return self._company_by_ours(request)
        shown = [self._shown_company(one) for one in self._all("companies")]
        if "name" in asked:
            shown = [one for one in shown if one["name"] == asked["name"]]
        return _paged(shown, asked)

    def _company_by_ours(self, request: Request) -> Doc:
        company = self._ours(request.query_params.get("company_id", ""))
        if company is None:
            raise Problem(404, "company_not_found", "Company Not Found")
        return self._shown_company(company)

    def _shown_company(self, company: Doc) -> Doc:
        return shapes.company(company, sum(company["id"] in c["companies"] for c in self._all("contacts")))

    def _contacts_of(self, request: Request, _: Doc) -> Doc:
        company = self._company(request.path_params["id"])
        mine = [shapes.contact(c) for c in self._all("contacts") if company["id"] in c["companies"]]
        return _paged(mine, dict(request.query_params))

    def _attach_company(self, request: Request, body: Doc) -> Doc:
        contact, company = self._contact(request), self._company(str(body.get("id")))
        if company["id"] not in contact["companies"]:
            self._save({**contact, "companies": [*contact["companies"], company["id"]]})
        return self._shown_company(company)

    def _attributes(self, request: Request, _: Doc) -> Doc:
        model = request.query_params.get("model", "contact")
        kept = {"contact": "attributes", "company": "company_attributes"}.get(model)
        if kept is None:
            raise Problem(400, "parameter_invalid", "model is contact or company here", "model")
        return {"type": "list", "data": [{**self._shown_attribute(one), "model": model} for one in self._all(kept)]}

    def _create_attribute(self, request: Request, body: Doc) -> Doc:
        if not body.get("name") or body.get("model") != "contact":
            raise Problem(400, "parameter_invalid", "name and model are needed")
        if body.get("data_type") not in TYPES:
            raise Problem(400, "parameter_invalid", "data_type is not one that can be made", "data_type")
        attribute = {"name": body["name"], "data_type": body.get("data_type", "string")}
        self.state.put("intercom.attributes", body["name"], attribute)
        return self._shown_attribute(attribute)

    def _shown_attribute(self, attribute: Doc) -> Doc:
        return {"type": "data_attribute", "model": "contact", "custom": True, "api_writable": True, **attribute}

    # --- parts --------------------------------------------------------------------------------------------------------

    def _all(self, what: str) -> list[Doc]:
        return self.state.all(f"intercom.{what}")

    def _save(self, contact: Doc) -> None:
        self.state.put("intercom.contacts", contact["id"], {**contact, "updated_at": int(self._now())})

    def _made_eligible(self, contact: Doc, by: str, value: str, at: int | None = None, more: Doc | None = None) -> None:
        """Count the change, and keep it for the inbox."""
        who = contact["external_id"] or contact["id"]
        key = f"{who}|{value}" + ("" if at is None else f"|{at}")
        self.state.applied("intercom", by, key)
        entry = {"contact": contact["id"], "by": by, "value": value, "key": key, "at": self._now(), "more": more or {}}
        self.state.put("intercom.made_eligible", f"{by}|{key}", entry)

    def _page(self) -> Route:
        """The page of a company: here, what reached it on the inbox page."""

        async def page(request: Request) -> Response:
            mine = [one for one in self._all("made_eligible") if one.get("company") == request.path_params["id"]]
            return RedirectResponse(f"/inbox#{anchor('intercom', mine[-1]['key'])}" if mine else "/inbox")

        return Route("/a/apps/{app}/companies/{id}", page)

    async def _open(self, request: Request) -> Response:
        """The page of a contact: here, what reached it on the inbox page."""
        mine = [entry for entry in self._all("made_eligible") if entry["contact"] == request.path_params["id"]]
        return RedirectResponse(f"/inbox#{anchor('intercom', mine[-1]['key'])}" if mine else "/inbox")


async def _body(request: Request) -> Doc:
    raw = await request.body()
    if not raw:
        return {}
    try:
        body = json.loads(raw)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Problem(400, "bad_request", "the body is not JSON")
    return body


def _paged(records: list[Doc], asked: Doc) -> Doc:
    size = str(asked.get("per_page") or 50)
    if not (size.isascii() and size.isdigit() and len(size) < 9):
        raise Problem(400, "parameter_invalid", "per_page must be a number")
    per_page = min(max(int(size), 1), 150)
    start = str(asked.get("starting_after") or "0")
    if not start.isdigit():
        raise Problem(400, "parameter_invalid", "starting_after is not a cursor")
    return shapes.listed("list", records, int(start), per_page)
